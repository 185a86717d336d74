import {
  fromImageData,
  imageShapeOf,
  inkImage,
  type Samples,
  type TaskInput,
  toShape,
} from '../../../src/data/index.js'
import type { Block } from '../../../src/rules/contract.js'
import type { TensorRecord } from '../../../src/runtime/program.js'
import { blockOf, type StateTensor } from '../../../src/train/roles.js'
import type { Watched } from '../../../src/train/watch.js'
import type { Drawing, Glance, Images } from './protocol.js'

/** Samples of a batch that are shown with their activities; of single numbers all are. */
const SHOWN = 8
/** Filters of a block that are shown. */
const FILTERS = 12

/** What the page needs of what is seen: the first samples, or, where each has one number, all of them. */
export const glancesOf = (watched: readonly Watched[]): Glance[] =>
  watched.map(({ block, phase, what, shape: [rows = 0, ...shape], values }) => {
    const size = shape.reduce((a, b) => a * b, 1)
    const samples = size === 1 ? rows : Math.min(rows, SHOWN)
    return { block, phase, what, shape, samples, values: values.slice(0, samples * size) }
  })

/** The first samples as images; undefined where they are none. */
export function imagesOf(input: TaskInput, x: Float32Array): Images | undefined {
  const shape = imageShapeOf(input)
  if (!shape) return undefined
  const size = shape[0] * shape[1] * shape[2]
  const count = Math.min(SHOWN, x.length / size)
  return { count, shape: [shape[0], shape[1], shape[2]], pixels: x.slice(0, count * size) }
}

/** The weights of the first units that read the input, by block, each scaled by its own largest: 0.5 is a weight of 0. */
export function filtersOf(
  blocks: readonly Block[],
  tensors: readonly StateTensor[],
  state: TensorRecord,
  input: TaskInput,
): Record<string, Images> {
  const shape = imageShapeOf(input)
  if (!shape) return {}
  const found: Record<string, Images> = {}
  for (const { name, shape: own, role } of tensors) {
    const block = blocks[blockOf(blocks, name)]?.name
    if (role !== 'model' || block === undefined || block in found) continue
    const images = readsPixels(own, shape) ?? looksThroughWindows(own, shape)
    if (images) found[block] = filters(state[name] as Float32Array, own, images)
  }
  return found
}

interface Layout {
  readonly count: number
  readonly shape: readonly [number, number, number]
  /** Whether the numbers of a filter lie one after the other. */
  readonly isRow: boolean
  /** So many of the first pixels have no weight. */
  readonly grey: number
}

function readsPixels(own: readonly number[], shape: readonly number[]): Layout | undefined {
  const size = shape.reduce((a, b) => a * b, 1)
  // Where a label's code takes the first pixels, their weights lie elsewhere: those pixels stay grey.
  const grey = size - own[0]!
  const isPixels = own.length === 2 && own[1]! > 1 && grey >= 0 && grey < size / 10
  return isPixels ? { count: own[1]!, shape: [shape[0]!, shape[1]!, shape[2]!], isRow: false, grey } : undefined
}

function looksThroughWindows(own: readonly number[], shape: readonly number[]): Layout | undefined {
  const [outputs, inputs, height, width] = own
  if (own.length !== 4 || height! < 2 || inputs! < shape[0]!) return undefined
  return { count: outputs!, shape: [1, height!, width!], isRow: true, grey: 0 }
}

function filters(weights: Float32Array, own: readonly number[], { count, shape, isRow, grey }: Layout): Images {
  const shown = Math.min(count, FILTERS)
  const size = shape[0] * shape[1] * shape[2]
  const stride = isRow ? own[1]! * own[2]! * own[3]! : 1
  const pixels = new Float32Array(shown * size)
  for (let i = 0; i < shown; i++) {
    let largest = 1e-12
    for (let k = grey; k < size; k++) {
      const w = weights[isRow ? i * stride + k : (k - grey) * count + i]!
      pixels[i * size + k] = w
      largest = Math.max(largest, Math.abs(w))
    }
    for (let k = i * size; k < (i + 1) * size; k++) pixels[k] = 0.5 + pixels[k]! / (2 * largest)
  }
  return { count: shown, shape, pixels }
}

/** A drawing as the network reads it; undefined where nothing is drawn. */
export function seenOf(drawing: Drawing, { input, ground }: Pick<Samples, 'input' | 'ground'>): Images | undefined {
  const shape = imageShapeOf(input)
  if (!shape) return undefined
  const picture = fromImageData(drawing)
  const pixels = ground ? inkImage(picture, shape, ground)?.pixels : toShape(picture, shape, { fit: 'contain' })
  return pixels && { count: 1, shape: [shape[0], shape[1], shape[2]], pixels }
}
