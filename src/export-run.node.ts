import { renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type DataSet, imageSize } from './data/index.js'
import { type LoadOptions, loadDataSet } from './data/load.node.js'
import { UserError } from './errors.js'
import { checkModel } from './export/check.node.js'
import { exportModel } from './export/model.js'
import type { AnyRule } from './rules/contract.js'
import { type Checkpoint, type ImageKind, stateRecord } from './train/checkpoint.js'
import { taskOf } from './train/course.js'
import { fileError } from './train/files.node.js'
import type { Network } from './train/network.js'
import type { Platform } from './train/platform.js'
import { readCheckpoint, readConfig } from './train/run-folder.node.js'

/** A network that was written as an ONNX file. */
export interface ExportedFile {
  readonly file: string
  readonly bytes: number
  /** The number of images that it takes at a time: any, or just so many. */
  readonly batch: 'any' | number
  /** The images that it was run on alone, in words. */
  readonly checkedOn: string
  readonly images: ImageKind
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
  const { images, state } = checkpoint
  const model = exportModel(rule, await taskOf(images, options, platform), hyper, stateRecord(state))
  const file = own.out ?? join(run, 'model.onnx')
  const part = `${file}.part`
  const sample = await sampleImages(checkpoint, own.data, load ?? {})
  try {
    writeFile(part, model.bytes)
    await checkModel(part, model, {
      x: Float32Array.from(
        sample.images.flatMap((image) => [...image]),
        (pixel) => pixel / images.maximum,
      ),
      shape: images.shape,
      scores: Float32Array.from((await network.predict(sample.images)).flatMap(({ scores }) => scores)),
      // Rounding to 8 bits makes steps of values that two orders of summation put on either side of a border.
      tolerance: options.precision === 'int8' ? 0.05 : 1e-4,
    })
    renameSync(part, file)
  } finally {
    rmSync(part, { force: true })
  }
  return { file, bytes: model.bytes.length, batch: model.batch, checkedOn: sample.what, images }
}

/** As many images as the network takes at a time: of the test set if it is here, or else of random pixels. */
async function sampleImages(
  { data, images, settings }: Checkpoint,
  given: DataSet | undefined,
  load: LoadOptions,
): Promise<{ images: Uint8Array[]; what: string }> {
  const { batch } = settings.options
  const size = imageSize(images.shape)
  let known = given
  try {
    known ??= await loadDataSet(data, { ...load, offline: true })
  } catch (error) {
    if (!(error instanceof UserError) || load.dataDir !== undefined) throw error
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
