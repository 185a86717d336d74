import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type DataSet, imageShapeOf, type Samples } from '../../data/index.js'
import { UserError } from '../../errors.js'
import { checkModel } from '../../export/check.node.js'
import { exportModel } from '../../export/model.js'
import { sizeOf } from '../../graph/types.js'
import { unknownName } from '../../names.js'
import { compile, loadDataSet, openRun, readCheckpoint, readConfig } from '../../node.js'
import { stream } from '../../random/stream.js'
import { findRule } from '../../rules/registry.js'
import { int8IsExact } from '../../runtime/doctor.node.js'
import { targetKind } from '../../targets/index.js'
import { type Checkpoint, stateRecord } from '../../train/checkpoint.js'
import { taskOf } from '../../train/course.js'
import { fileError } from '../../train/files.node.js'
import { columns } from '../output/columns.js'
import { bytes } from '../output/numbers.js'
import { print } from '../output/print.js'

export interface ExportFlags {
  readonly format: string
  readonly out?: string
  readonly dataDir?: string
  readonly json?: true
}

/** `onward export RUN`: writes the trained network as one file, after that file, run alone, scored as the network does. */
export async function exportCommand(run: string, flags: ExportFlags): Promise<void> {
  if (flags.format !== 'onnx') throw unknownName('format', flags.format, ['onnx'])
  const { hyper, options } = readConfig(run)
  const { checkpoint } = readCheckpoint(run)
  const { samples, state } = checkpoint
  const task = await taskOf(samples, options, { compile, exactInt8: int8IsExact })
  const model = exportModel(findRule(checkpoint.rule), task, hyper, stateRecord(state), samples)

  const { shape, levels } = samples.input

  const out = flags.out ?? join(run, 'model.onnx')
  const part = `${out}.part`
  const sample = await testInputs(checkpoint, flags.dataDir)
  try {
    writeFile(part, model.bytes)
    await checkModel(part, model, {
      x: Float32Array.from(
        sample.inputs.flatMap((input) => [...input]),
        (number) => (levels === undefined ? number : number / (levels - 1)),
      ),
      shape,
      scores: await scoresOf(run, sample.inputs),
      // Rounding to 8 bits makes steps of values that two orders of summation put on either side of a border.
      tolerance: options.precision === 'int8' ? 0.05 : 1e-4,
    })
    renameSync(part, out)
  } finally {
    rmSync(part, { force: true })
  }
  const facts = { file: out, format: 'onnx', bytes: model.bytes.length, batch: model.batch, checkedOn: sample.what }
  if (flags.json) print(JSON.stringify(facts))
  else print(...describe(facts, samples))
}

function describe(
  { file, bytes: size, batch, checkedOn }: { file: string; bytes: number; batch: 'any' | number; checkedOn: string },
  samples: Samples,
): string[] {
  const { input, target, names } = samples
  const count = batch === 'any' ? 'N' : batch
  const said = targetKind(target).exported(samples)
  const levels = imageShapeOf(input) ? 'pixels from 0 to 1' : 'levels from 0 to 1'
  const read = input.levels === undefined ? 'real numbers in their own units' : levels
  return [
    `${file}: ${bytes(size)}, checked by running it alone on ${checkedOn}.`,
    ...columns([
      ['  input', 'x', `float32 [${[count, ...input.shape].join(', ')}], ${read}`],
      ['  output', 'scores', `float32 [${count}, ${names.length}], ${targetKind(target).scores}`],
      ['  output', said.name, `${said.dtype} [${[count, ...said.shape].join(', ')}], ${said.what}`],
    ]),
    ...(batch === 'any' ? [] : [`It takes ${batch} samples at a time: this rule's prediction depends on the batch.`]),
  ]
}

/** As many inputs as the network takes at a time: of the test set if it is here, or else random ones. */
async function testInputs(
  { data, samples, settings }: Checkpoint,
  dataDir: string | undefined,
): Promise<{ inputs: (Uint8Array | Float32Array)[]; what: string }> {
  const { batch } = settings.options
  const { shape, levels } = samples.input
  const size = sizeOf(shape)
  let known: DataSet | undefined
  try {
    known = await loadDataSet(data, { offline: true, ...(dataDir !== undefined && { dataDir }) })
  } catch (error) {
    if (!(error instanceof UserError) || dataDir !== undefined) throw error
  }
  if (known) {
    const { inputs, count } = known.test
    const row = (i: number) => inputs.subarray((i % count) * size, ((i % count) + 1) * size)
    return { inputs: Array.from({ length: batch }, (_, i) => row(i)), what: `${batch} test samples` }
  }
  const random = Array.from({ length: batch }, (_, i) => {
    const numbers = new Float32Array(size)
    stream(1, i, 'export').uniform(numbers)
    return levels === undefined ? numbers : numbers.map((number) => Math.floor(number * levels))
  })
  return { inputs: random, what: `${batch} random inputs (${data} is not on this machine)` }
}

async function scoresOf(run: string, inputs: readonly (Uint8Array | Float32Array)[]): Promise<Float32Array> {
  const network = await openRun(run)
  try {
    return Float32Array.from((await network.predict(inputs)).flatMap(({ scores }) => scores))
  } finally {
    await network.close()
  }
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
