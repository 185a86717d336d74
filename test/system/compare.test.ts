// At most 90 s: five processes that train.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { onwardAlone, start, workFolder } from '../cli/onward.js'

const ARGS = [
  ...['compare', 'ff:units=20', 'bp:units=20', '--data', 'glyphs', '--limit', '500', '--batch', '10', '--threads', '1'],
  ...['--seeds', '2', '--budget', 'epochs=4', '--format', 'csv'],
]

/** The figures, without what depends on the clock and the folder. */
const figures = (csv: string): string[] =>
  csv
    .trimEnd()
    .split('\n')
    .map((line) => line.split(',').slice(0, 3).join())

test('killed twice with -9, a comparison goes on to the figures of an undisturbed one', async () => {
  const folder = workFolder()
  const whole = await onwardAlone(folder, ...ARGS, '--out', 'whole')
  assert.equal(whole.code, 0, whole.stderr)
  /** Kills it as soon as a run has begun. */
  const killed = async (run: string): Promise<void> => {
    const child = start(folder, [...ARGS, '--out', 'killed'])
    while (!existsSync(join(folder, 'killed', 'runs', run, 'checkpoint.safetensors'))) await wait(20)
    child.signal('SIGKILL')
    await child.ended
  }
  await killed(join('1-forward-forward-units=20', 'seed-0'))
  await killed(join('2-backprop-units=20', 'seed-1'))
  const again = await onwardAlone(folder, ...ARGS, '--out', 'killed')
  assert.equal(again.code, 0, again.stderr)
  assert.deepEqual(figures(again.stdout), figures(whole.stdout))
  const kept = await onwardAlone(folder, ...ARGS, '--out', 'killed')
  assert.equal((kept.stderr.match(/\(kept\)$/gm) ?? []).length, 4)
})
