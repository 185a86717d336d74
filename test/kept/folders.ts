import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backprop } from '../../src/rules/backprop.js'
import type { TrainEvent } from '../../src/train/events.js'
import { resolve, type TrainInput } from '../../src/train/options.js'
import { createRun, type RunConfig } from '../../src/train/run-folder.node.js'
import { DONE, EPOCH, START } from '../cli/fake-run.js'
import { lines } from '../train/fixtures.js'

export const workFolder = (): string => mkdtempSync(join(tmpdir(), 'onward-kept-'))

/** Writes a run without weights, as a training would: its settings by `wishes`, and these events. */
export async function fakeRun(
  path: string,
  wishes: TrainInput & Partial<Pick<RunConfig, 'rule' | 'data'>> = {},
  events: readonly TrainEvent[] = [START, EPOCH, DONE],
): Promise<string> {
  const { rule = 'backprop', data = 'lines', ...input } = wishes
  const preset = input.preset === undefined ? {} : { preset: input.preset }
  const run = createRun(path, { rule, data, ...preset, ...resolve(backprop, lines(), input), mostThreads: 2 })
  for (const event of events) run.record(event)
  await run.saveCheckpoint(Uint8Array.of(1, 2))
  run.close()
  return path
}

/** The last event of a run that came to this accuracy on the test samples. */
export const doneWith = (accuracy: number): TrainEvent => ({ ...DONE, test: { network: { accuracy } } })
