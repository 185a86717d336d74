/// <reference lib="webworker" />
import type { ImageShape } from '../../../src/data/image-shape.js'
import { fromImageData, toShape } from '../../../src/data/picture.js'
import { andMore, heldOut } from './classes.js'
import type { Made, Order } from './order.js'

// Reads pictures and brings them to one size, away from the page's own thread. It is loaded where somebody picks some.

const scope = self as unknown as DedicatedWorkerGlobalScope

/** Larger pictures are drawn smaller first: so many pixels are enough for the sizes here. */
const MOST_SIDE = 512

async function read(file: File, shape: ImageShape): Promise<Uint8Array> {
  const bitmap = await createImageBitmap(file)
  const scale = Math.min(1, MOST_SIDE / Math.max(bitmap.width, bitmap.height))
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale))) as [
    number,
    number,
  ]
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })!
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, 0, 0, width, height)
  bitmap.close()
  const image = toShape(fromImageData(context.getImageData(0, 0, width, height)), shape)
  return Uint8Array.from(image, (value) => Math.round(255 * value))
}

scope.onmessage = async ({ data: { classes, size, colour } }: MessageEvent<Order>) => {
  const shape: ImageShape = [colour ? 3 : 1, size, size]
  const parts = {
    train: { images: [] as Uint8Array[], targets: [] as number[] },
    test: { images: [] as Uint8Array[], targets: [] as number[] },
  }
  const unread: string[] = []
  let done = 0
  for (const [target, { pictures }] of classes.entries()) {
    const images: Uint8Array[] = []
    for (const { path, file } of pictures) {
      try {
        images.push(await read(file, shape))
      } catch {
        unread.push(path)
      }
      scope.postMessage({ done: ++done })
    }
    const held = heldOut(images.length)
    for (const [i, image] of images.entries()) {
      const part = held.has(i) ? parts.test : parts.train
      part.images.push(image)
      part.targets.push(target)
    }
  }
  const split = ({ images, targets }: (typeof parts)['train']) => {
    const inputs = new Uint8Array(images.length * shape[0] * size * size)
    for (const [i, image] of images.entries()) inputs.set(image, i * image.length)
    return { inputs, targets: Uint8Array.from(targets), count: images.length }
  }
  const made: Made = {
    shape,
    ...{ train: split(parts.train), test: split(parts.test) },
    problems:
      unread.length > 0 ? [`${unread[0]} cannot be read as a picture and is left out${andMore(unread.length)}.`] : [],
  }
  scope.postMessage({ made }, [made.train.inputs.buffer, made.test.inputs.buffer])
}
