/**
 * Pictures of digits as people have them: MNIST images that were made thicker, thinner, moved, inverted or photographed,
 * from a fixed seed. The settings of `--fit ink` were chosen on training images; the test images are drawn for the
 * record alone.
 *   node build/bench/distorted.js FOLDER [test|train] [COUNT]     COUNT to a distortion, default 10 test images
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import type { DataSet, Split } from '../src/data/index.js'
import { loadDataSet } from '../src/data/load.node.js'
import { resampled } from '../src/data/picture.js'
import { stream } from '../src/random/stream.js'

/** A grey picture, [height, width], from 0 (dark) to 1. */
interface Grey {
  readonly width: number
  readonly height: number
  readonly values: Float32Array
}

type Uniform = (from: number, to: number) => number

/** An image of 28 x 28, ink light on black, in a frame of `side` pixels: turned, scaled, and moved from the middle. */
function placed(
  image: Grey,
  frame: { width: number; height: number },
  at: { x: number; y: number; scale: number; turn: number },
): Grey {
  const { width, height } = frame
  // Fine first, so that lines stay smooth.
  const fine = 8
  const whole = { left: 0, top: 0, width: image.width, height: image.height }
  const large = resampled(image, whole, image.height * fine, image.width * fine, 0)
  const [cos, sin] = [Math.cos(at.turn), Math.sin(at.turn)]
  const values = new Float32Array(width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [(x + 0.5 - at.x) / at.scale, (y + 0.5 - at.y) / at.scale]
      const column = Math.floor((cos * dx + sin * dy + image.width / 2) * fine)
      const row = Math.floor((cos * dy - sin * dx + image.height / 2) * fine)
      const isInside = column >= 0 && row >= 0 && column < image.width * fine && row < image.height * fine
      values[y * width + x] = isInside ? large[row * image.width * fine + column]! : 0
    }
  return { width, height, values }
}

/** Every pixel becomes the largest (thicker) or smallest (thinner) within `radius`. */
function stroked({ width, height, values }: Grey, radius: number, pick: (a: number, b: number) => number): Grey {
  const reach = Math.floor(radius)
  return {
    ...{ width, height },
    values: values.map((own, i) => {
      const [x, y] = [i % width, Math.floor(i / width)]
      let value = own
      for (let dy = -reach; dy <= reach; dy++)
        for (let dx = -reach; dx <= reach; dx++) {
          const [column, row] = [x + dx, y + dy]
          if (dx * dx + dy * dy > radius * radius || column < 0 || row < 0 || column >= width || row >= height) continue
          value = pick(value, values[row * width + column]!)
        }
      return value
    }),
  }
}

const inverted = ({ width, height, values }: Grey): Grey => ({
  width,
  height,
  values: values.map((value) => 1 - value),
})

const MIDDLE = { x: 56, y: 56, scale: 4, turn: 0 }
const SQUARE = { width: 112, height: 112 }

/** Pencil on paper under uneven light, somewhere in a frame of 400 x 300, a little turned, with grain. */
function photographed(image: Grey, uniform: Uniform, normal: () => number): Grey {
  const frame = { width: 400, height: 300 }
  const scale = uniform(3, 7)
  const reach = 14 * scale
  const at = { x: uniform(reach, 400 - reach), y: uniform(reach, 300 - reach), scale, turn: uniform(-0.14, 0.14) }
  const ink = placed(image, frame, at)
  const [level, across, down, bend] = [uniform(0.62, 0.8), uniform(-0.3, 0.3), uniform(-0.3, 0.3), uniform(0, 0.3)]
  const dark = uniform(0.55, 0.85)
  return {
    ...frame,
    values: ink.values.map((strength, i) => {
      const [x, y] = [(i % 400) / 400 - 0.5, Math.floor(i / 400) / 300 - 0.5]
      const paper = level + across * x + down * y - bend * (x * x + y * y)
      return paper * (1 - dark * strength) + 0.015 * normal()
    }),
  }
}

/** What is done to the pictures, and the format in which each is kept. */
const DISTORTIONS: Readonly<
  Record<
    string,
    { readonly ending: 'png' | 'jpg'; readonly make: (image: Grey, uniform: Uniform, normal: () => number) => Grey }
  >
> = {
  thick: { ending: 'png', make: (image, uniform) => stroked(placed(image, SQUARE, MIDDLE), uniform(3, 6), Math.max) },
  thin: { ending: 'png', make: (image, uniform) => stroked(placed(image, SQUARE, MIDDLE), uniform(2, 4), Math.min) },
  'off centre': {
    ending: 'png',
    make(image, uniform) {
      const scale = uniform(1.5, 3)
      const place = () => uniform(12 * scale, 112 - 12 * scale)
      return placed(image, SQUARE, { x: place(), y: place(), scale, turn: 0 })
    },
  },
  inverted: { ending: 'png', make: (image) => inverted(image) },
  photographed: { ending: 'jpg', make: photographed },
}

export const KINDS = Object.keys(DISTORTIONS)

/** A distorted picture of the sample at `place` of a split, as the bytes of a file. */
async function distorted(split: Split, place: number, kind: string, seed: number): Promise<Uint8Array> {
  const image = {
    width: 28,
    height: 28,
    values: Float32Array.from(split.inputs.subarray(784 * place, 784 * (place + 1)), (level) => level / 255),
  }
  const random = stream(seed, place, kind)
  const one = new Float32Array(1)
  const uniform: Uniform = (from, to) => {
    random.uniform(one)
    return from + (to - from) * one[0]!
  }
  const grain = new Float32Array(120_000)
  random.normal(grain)
  let used = 0
  const { ending, make } = DISTORTIONS[kind]!
  const { width, height, values } = make(image, uniform, () => grain[used++]!)
  const data = Uint8Array.from(values, (value) => Math.round(255 * Math.min(1, Math.max(0, value))))
  const picture = sharp(data, { raw: { width, height, channels: 1 } }).toColourspace('b-w')
  return await (ending === 'png' ? picture.png() : picture.blur(0.8).jpeg({ quality: 80 })).toBuffer()
}

/** One file of the pictures, and what it shows. */
export interface Distorted {
  readonly path: string
  readonly kind: string
  readonly label: number
}

const SEED = 20_261_129

/** Writes `count` pictures to a distortion, no sample twice; the samples are drawn at random. */
export async function writeDistorted(
  folder: string,
  data: DataSet,
  part: 'train' | 'test',
  count: number,
): Promise<Distorted[]> {
  const split = data[part]
  const keys = new Uint32Array(split.count)
  stream(SEED, 0, `which ${part} images`).words(keys)
  const drawn = [...keys.keys()].sort((a, b) => keys[a]! - keys[b]! || a - b)
  mkdirSync(folder, { recursive: true })
  const all: Distorted[] = []
  for (const [k, kind] of KINDS.entries())
    for (const place of drawn.slice(k * count, (k + 1) * count)) {
      const path = join(folder, `${kind.replace(' ', '-')}-${place}.${DISTORTIONS[kind]!.ending}`)
      writeFileSync(path, await distorted(split, place, kind, SEED))
      all.push({ path, kind, label: split.targets![place]! })
    }
  return all
}

if (process.argv[1]?.endsWith('distorted.js')) {
  const [folder, part = 'test', count = '10'] = process.argv.slice(2)
  if (folder === undefined || (part !== 'test' && part !== 'train')) {
    console.error('node build/bench/distorted.js FOLDER [test|train] [COUNT]')
    process.exit(2)
  }
  const all = await writeDistorted(folder, await loadDataSet('mnist'), part, Number(count))
  for (const { path, label } of all) console.log(`${label}  ${path}`)
}
