import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type DataSet, imageSize } from '../../data/index.js'
import { UserError } from '../../errors.js'
import { checkModel } from '../../export/check.node.js'
import { exportModel } from '../../export/model.js'
import { unknownName } from '../../names.js'
import { compile, loadDataSet, openRun, readCheckpoint, readConfig } from '../../node.js'
import { findRule } from '../../rules/registry.js'
import { int8IsExact } from '../../runtime/doctor.node.js'
import { type Checkpoint, stateRecord } from '../../train/checkpoint.js'
import { taskOf } from '../../train/course.js'
import { fileError } from '../../train/files.node.js'
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
  const { images, state } = checkpoint
  const task = await taskOf(images, options, { compile, exactInt8: int8IsExact })
  const model = exportModel(findRule(checkpoint.rule), task, hyper, stateRecord(state))

  const out = flags.out ?? join(run, 'model.onnx')
  const part = `${out}.part`
  const sample = await sampleImages(checkpoint, flags.dataDir)
  try {
    writeFile(part, model.bytes)
    await checkModel(part, model, {
      x: Float32Array.from(
        sample.images.flatMap((image) => [...image]),
        (pixel) => pixel / images.maximum,
      ),
      shape: images.shape,
      scores: await scoresOf(run, sample.images),
      // Rounding to 8 bits makes steps of values that two orders of summation put on either side of a border.
      tolerance: options.precision === 'int8' ? 0.05 : 1e-4,
    })
    renameSync(part, out)
  } finally {
    rmSync(part, { force: true })
  }
  const facts = { file: out, format: 'onnx', bytes: model.bytes.length, batch: model.batch, checkedOn: sample.what }
  if (flags.json) print(JSON.stringify(facts))
  else print(...describe(facts, images))
}

function describe(
  { file, bytes: size, batch, checkedOn }: { file: string; bytes: number; batch: 'any' | number; checkedOn: string },
  { shape, classNames }: Checkpoint['images'],
): string[] {
  const count = batch === 'any' ? 'N' : batch
  return [
    `${file}: ${bytes(size)}, checked by running it alone on ${checkedOn}.`,
    `  input   x       float32 [${[count, ...shape].join(', ')}], pixels from 0 to 1`,
    `  output  scores  float32 [${count}, ${classNames.length}], the larger the likelier`,
    `  output  label   int64 [${count}], the class: ${classNames.join(', ')}`,
    ...(batch === 'any' ? [] : [`It takes ${batch} images at a time: this rule's prediction depends on the batch.`]),
  ]
}

/** As many images as the network takes at a time: of the test set if it is here, or else of random pixels. */
async function sampleImages(
  { data, images, settings }: Checkpoint,
  dataDir: string | undefined,
): Promise<{ images: Uint8Array[]; what: string }> {
  const { batch } = settings.options
  const size = imageSize(images.shape)
  let known: DataSet | undefined
  try {
    known = await loadDataSet(data, { offline: true, ...(dataDir !== undefined && { dataDir }) })
  } catch (error) {
    if (!(error instanceof UserError) || dataDir !== undefined) throw error
  }
  if (known) {
    const { test } = known
    const row = (i: number): Uint8Array => test.images.subarray((i % test.count) * size, ((i % test.count) + 1) * size)
    return { images: Array.from({ length: batch }, (_, i) => row(i)), what: `${batch} test images` }
  }
  let word = 1
  const pixel = (): number => {
    word = (Math.imul(word, 1664525) + 1013904223) >>> 0
    return Math.floor((word / 2 ** 32) * (images.maximum + 1))
  }
  const random = Array.from({ length: batch }, () => Uint8Array.from({ length: size }, pixel))
  return { images: random, what: `${batch} images of random pixels (${data} is not on this machine)` }
}

async function scoresOf(run: string, images: readonly Uint8Array[]): Promise<Float32Array> {
  const network = await openRun(run)
  try {
    return Float32Array.from((await network.predict(images)).flatMap(({ scores }) => scores))
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
