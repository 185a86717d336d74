import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DataSet, Samples } from './data/index.js'
import { type LoadOptions, loadDataSet } from './data/load.node.js'
import { UserError } from './errors.js'
import { checkModel } from './export/check.node.js'
import { exportModel } from './export/model.js'
import { sizeOf } from './graph/types.js'
import { stream } from './random/stream.js'
import type { AnyRule } from './rules/contract.js'
import { type Checkpoint, stateRecord } from './train/checkpoint.js'
import { taskOf } from './train/course.js'
import { fileError } from './train/files.node.js'
import type { Network } from './train/network.js'
import type { Platform } from './train/platform.js'
import { readCheckpoint, readConfig } from './train/run-folder.node.js'

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

interface Export {
  readonly rule: AnyRule
  readonly network: Network
  readonly platform: Platform
  readonly out?: string | undefined
  readonly data?: DataSet | undefined
  readonly load?: LoadOptions | undefined
}

/** Writes the network of a run as a file; what is there already stays until the new one has been checked. */
export async function exportTo(run: string, { rule, network, platform, load, ...own }: Export): Promise<ExportedFile> {
  const { hyper, options } = readConfig(run)
  const { checkpoint } = readCheckpoint(run)
  const { samples, state } = checkpoint
  const { shape, levels } = samples.input
  const task = await taskOf(samples, options, platform)
  const model = exportModel(rule, task, hyper, stateRecord(state), samples)
  const file = own.out ?? join(run, 'model.onnx')
  const part = `${file}.part`
  const { inputs, what } = await testInputs(checkpoint, own.data, load ?? {})
  try {
    writeFile(part, model.bytes)
    await checkModel(part, model, {
      x: Float32Array.from(
        inputs.flatMap((input) => [...input]),
        (number) => (levels === undefined ? number : number / (levels - 1)),
      ),
      shape,
      scores: Float32Array.from((await network.predict(inputs)).flatMap(({ scores }) => scores)),
      // Rounding to 8 bits makes steps of values that two orders of summation put on either side of a border.
      tolerance: options.precision === 'int8' ? 0.05 : 1e-4,
    })
    renameSync(part, file)
  } finally {
    rmSync(part, { force: true })
  }
  return { file, bytes: model.bytes.length, batch: model.batch, checkedOn: what, samples }
}

/** As many inputs as the network takes at a time: of the test set if it is here, or else random ones. */
async function testInputs(
  { data, samples, settings }: Checkpoint,
  given: DataSet | undefined,
  load: LoadOptions,
): Promise<{ inputs: (Uint8Array | Float32Array)[]; what: string }> {
  const { batch } = settings.options
  const { shape, levels } = samples.input
  const size = sizeOf(shape)
  let known = given
  try {
    known ??= await loadDataSet(data, { ...load, offline: true })
  } catch (error) {
    if (!(error instanceof UserError) || load.dataDir !== undefined) throw error
  }
  if (known && known.test.count > 0) {
    const { inputs, count } = known.test
    const row = (i: number) => inputs.subarray((i % count) * size, ((i % count) + 1) * size)
    return { inputs: Array.from({ length: batch }, (_, i) => row(i)), what: `${batch} test samples` }
  }
  const random = Array.from({ length: batch }, (_, i) => {
    const numbers = new Float32Array(size)
    stream(1, i, 'export').uniform(numbers)
    return levels === undefined ? numbers : numbers.map((number) => Math.floor(number * levels))
  })
  return { inputs: random, what: `${batch} random inputs (there are no test samples of ${data} on this machine)` }
}

function writeFile(path: string, content: Uint8Array): void {
  try {
    writeFileSync(path, content)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT')
      throw new UserError(`The folder ${dirname(path)} does not exist: make it, or name another file.`)
    throw fileError(`${path} could not be written`, error)
  }
}
