import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Worker } from 'node:worker_threads'
import { imageShapeOf, type Samples } from '../data/index.js'
import { UsageError, UserError } from '../errors.js'
import { hashOf } from '../files.node.js'
import { ownFile } from '../own-files.node.js'
import { shortHash } from './classifier.js'
import type { Features } from './features.js'
import { isInception } from './inception.js'
import { modelImages, modelInput } from './onnx-input.js'
import type { FromModel, Port, ToModel } from './onnx-worker.node.js'

/** Images at a time, where the model takes any number. */
const BATCH = 32
const INCEPTION = { side: 299, size: 2048 }
const MOST = 4096

/**
 * The features that an ONNX model gives for images, pixels in [0, 1]: its first output of real numbers, all of it. Images are
 * brought to the size that it reads. Throws a UsageError where the file is no model that runs here, or reads other
 * images.
 */
export async function onnxFeatures(file: string, { input }: Samples): Promise<Features> {
  if (!existsSync(file)) throw new UsageError(`there is no file ${file}: --features takes an ONNX model, or a run.`)
  const bytes = readFileSync(file)
  const sha256 = hashOf(bytes)
  const model = await openModel(file)
  try {
    const [read] = model.inputs
    const given = model.outputs.find(({ type }) => type === 'float32')
    if (model.inputs.length !== 1 || read!.type !== 'float32' || !given)
      throw new UsageError(
        `${file} reads ${portsOf(model.inputs)} and gives ${portsOf(model.outputs)}: a network of features reads one tensor of ` +
          'float32 pixels and gives float32 numbers.',
      )
    const images = imageShapeOf(input)!
    const isKnown = isInception(bytes)
    const wanted = modelInput(read!.shape, images, { where: file, side: isKnown ? INCEPTION.side : undefined })
    const of = async (own: Float32Array, count: number): Promise<Float32Array> => {
      const batch = wanted.batch ?? Math.min(BATCH, count)
      const parts: Float32Array[] = []
      const pixels = own.length / count
      for (let first = 0; first < count; first += batch) {
        const some = Math.min(batch, count - first)
        // A model of a fixed batch gets black images after the last one.
        const padded = wanted.batch ?? some
        const part = new Float32Array(padded * pixels)
        part.set(own.subarray(first * pixels, (first + some) * pixels))
        const [channels, height, width] = wanted.shape
        const shape = wanted.isLast ? [padded, height, width, channels] : [padded, channels, height, width]
        const x = modelImages(part, padded, images, wanted)
        const made = await model.run({ input: read!.name, output: given.name, x, shape })
        if (made.shape[0] !== padded)
          throw new UsageError(
            `${file} gives [${made.shape.join(', ')}] for ${padded} images: the first size must be theirs.`,
          )
        parts.push(made.data.subarray(0, (made.data.length / padded) * some))
      }
      const out = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0))
      let at = 0
      for (const part of parts) {
        out.set(part, at)
        at += part.length
      }
      return out
    }
    const size = (await of(new Float32Array(images[0] * images[1] * images[2]), 1)).length
    if (size > MOST)
      throw new UsageError(`${file} gives ${size} numbers for an image; features are ${MOST} at most: pool them first.`)
    const named = basename(file, '.onnx').replaceAll(/[^\w.-]+/g, '-')
    const isTheOne = isKnown && size === INCEPTION.size && images[1] <= INCEPTION.side && images[2] <= INCEPTION.side
    return {
      name: `${named}@${shortHash(sha256)}`,
      says: isTheOne
        ? `the ${size} pooled features of the Inception v3 of 2015 (${file}, known by its structure)`
        : `the ${size} numbers that ${file} gives for an image`,
      ...{ size, sha256, of },
      ...(isTheOne && { isInception: true }),
      close: model.close,
    }
  } catch (error) {
    await model.close()
    throw error
  }
}

const portsOf = (ports: readonly Port[]): string =>
  ports.map(({ name, type, shape }) => `${name} (${type} [${shape?.join(', ')}])`).join(', ')

/** A model in a thread of its own; it runs one call after the other. */
async function openModel(file: string) {
  const worker = new Worker(ownFile('./onnx-worker.node.js', import.meta.url, 'judge'), {
    workerData: file,
    execArgv: [],
  })
  const next = (): Promise<FromModel> =>
    new Promise((resolve, reject) => {
      const ended = (): void => reject(new UserError(`the thread that ran ${file} ended; please report this`))
      worker.once('exit', ended)
      worker.once('error', reject)
      worker.once('message', (message: FromModel) => {
        worker.off('exit', ended)
        worker.off('error', reject)
        resolve(message)
      })
    })
  const close = async (): Promise<void> => void (await worker.terminate())
  const opened = await next()
  if (opened.kind !== 'open') {
    await close()
    throw new UsageError(`${file} is no ONNX model that runs here: ${opened.kind === 'failed' ? opened.message : ''}`)
  }
  return {
    ...{ inputs: opened.inputs, outputs: opened.outputs, close },
    async run(request: ToModel): Promise<Extract<FromModel, { kind: 'made' }>> {
      const made = next()
      worker.postMessage(request)
      const told = await made
      if (told.kind === 'made') return told
      throw new UsageError(`${file} does not run on these images: ${told.kind === 'failed' ? told.message : ''}`)
    },
  }
}
