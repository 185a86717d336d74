import './no-telemetry.node.js'
import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { DataSet, Samples, Split } from './data/index.js'
import { UserError } from './errors.js'
import type { ExportedModel } from './export/model.js'
import type { ScoresRequest } from './export/scores-worker.node.js'
import { fileError, partOf } from './files.node.js'
import { sizeOf } from './graph/types.js'
import { stream } from './random/stream.js'
import type { Checkpoint } from './train/checkpoint.js'
import type { Network } from './train/network.js'
import { readCheckpoint } from './train/run-folder.node.js'

/** A network that was written as an ONNX file. */
export interface ExportedFile {
  readonly file: string
  readonly bytes: number
  /** The number of samples that it takes at a time: any, or just so many. */
  readonly batch: 'any' | number
  /** The inputs that it was run on alone, in words. */
  readonly checkedOn: string
  readonly samples: Samples
}

/**
 * Writes the network of a run as a file; what is there already stays until the new one has been checked. `data` loads
 * its data set: where that fails, random inputs check the file, unless somebody has named the place of the data.
 */
export async function exportTo(
  run: string,
  network: Network,
  { out, data, isNamed }: { out?: string | undefined; data: () => Promise<DataSet>; isNamed: boolean },
): Promise<ExportedFile> {
  const { checkpoint } = readCheckpoint(run)
  const { samples, settings } = checkpoint
  const { shape, levels } = samples.input
  const model = network.exported()
  const file = out ?? join(run, 'model.onnx')
  const part = partOf(file)
  const { inputs, what } = await testInputs(checkpoint, data, isNamed)
  try {
    writing(file, () => writeFileSync(part, model.bytes))
    await checkModel(part, model, {
      x: Float32Array.from(
        inputs.flatMap((input) => [...input]),
        (number) => (levels === undefined ? number : number / (levels - 1)),
      ),
      shape,
      scores: Float32Array.from((await network.predict(inputs)).flatMap(({ scores }) => scores)),
      // Rounding to 8 bits makes steps of values that two orders of summation put on either side of a border.
      tolerance: settings.options.precision === 'int8' ? 0.05 : 1e-4,
    })
    writing(file, () => renameSync(part, file))
  } finally {
    rmSync(part, { force: true })
  }
  return { file, bytes: model.bytes.length, batch: model.batch, checkedOn: what, samples }
}

function writing(file: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    throw fileError(`${file} could not be written`, error)
  }
}

/** As many inputs as the network takes at a time: of the test set, over again if it is small, or else random ones. */
async function testInputs(
  { data, samples, settings }: Checkpoint,
  load: () => Promise<DataSet>,
  isNamed: boolean,
): Promise<{ inputs: Split['inputs'][]; what: string }> {
  const { batch } = settings.options
  const { shape, levels } = samples.input
  const size = sizeOf(shape)
  let known: DataSet | undefined
  try {
    known = await load()
  } catch (error) {
    if (!(error instanceof UserError) || isNamed) throw error
  }
  if (known && known.test.count > 0) {
    const { inputs, count } = known.test
    const row = (i: number) => inputs.subarray((i % count) * size, ((i % count) + 1) * size)
    return { inputs: Array.from({ length: batch }, (_, i) => row(i)), what: `${Math.min(batch, count)} test samples` }
  }
  const random = Array.from({ length: batch }, (_, i) => {
    const numbers = new Float32Array(size)
    stream(1, i, 'export').uniform(numbers)
    return levels === undefined ? numbers : Uint16Array.from(numbers, (number) => Math.floor(number * levels))
  })
  return { inputs: random, what: `${batch} random inputs (there are no test samples of ${data} on this machine)` }
}

/** Inputs and what the trained network makes of them. */
interface Expected {
  /** [N, ...shape], as the model reads them. */
  readonly x: Float32Array
  readonly shape: readonly number[]
  /** [N, K]. */
  readonly scores: Float32Array
  /** The largest difference that is allowed, as a part of the largest score. */
  readonly tolerance: number
}

/**
 * Runs the model in a file, alone, and holds its scores to those of the network; a model of any batch also with one
 * sample. Throws a UserError if they differ, or if the file does not run.
 */
async function checkModel(path: string, { batch }: ExportedModel, expected: Expected): Promise<void> {
  const { x, shape, scores, tolerance } = expected
  const rows = x.length / sizeOf(shape)
  const counts = batch === 'any' ? [rows, 1] : [rows]
  const calls = counts.map((count) => ({ x: x.slice(0, (x.length / rows) * count), shape: [count, ...shape] }))
  for (const [i, got] of (await scoresOf({ path, calls })).entries()) {
    const want = scores.subarray(0, (scores.length / rows) * counts[i]!)
    const largest = want.reduce((most, score) => Math.max(most, Math.abs(score)), 1e-30)
    const apart = want.reduce((most, score, k) => Math.max(most, Math.abs(score - got[k]!)), 0)
    if (!(apart <= tolerance * largest))
      throw new UserError(
        `The exported model differs from the network on ${counts[i]} images (by ${apart.toExponential(1)} in scores up ` +
          `to ${largest.toPrecision(3)}), so it was not kept; please report this.`,
      )
  }
}

/** The scores of each call. */
function scoresOf(workerData: ScoresRequest): Promise<readonly Float32Array[]> {
  const worker = new Worker(new URL('./export/scores-worker.node.js', import.meta.url), { workerData, execArgv: [] })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', () =>
      reject(new UserError('The thread that ran the exported model ended; please report this.')),
    )
  })
}
