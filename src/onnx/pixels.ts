import type { Tensor } from '../graph/tensor.js'
import type { Emitter } from './emitter.js'

const KERNELS: ReadonlyMap<string, string> = new Map([
  ['0,1,3,5,2,4', 'SpaceToDepth'],
  ['0,1,4,2,5,3', 'DepthToSpace'],
])

/**
 * Blocks of pixels to channels, [N, C, H, b, W, b] to [N, C, b, b, H, W], or back, by the CPU's own kernels: as
 * transpositions of six axes they took seven times as long. Undefined for what is no such move.
 */
export function moveBlocks(emit: Emitter, x: Tensor, y: Tensor, order: readonly number[]): string | undefined {
  const kernel = KERNELS.get(`${order}`)
  if (!kernel || x.dtype !== 'float32' || emit.device !== 'cpu') return undefined
  const pixels = kernel === 'SpaceToDepth' ? x : y
  const [n, c, h, b, w, b2] = pixels.shape as [number, number, number, number, number, number]
  if (b !== b2) return undefined
  const given = pixels === x ? [n * c, 1, h * b, w * b] : [n * c, b * b, h, w]
  return emit.reshape(emit.one(kernel, [emit.reshape(x, given)], { blocksize: b }), y.shape)
}

/** With longer steps, a split makes too many numbers that nobody reads. */
const LONGEST_STEP = 8

/** Every `step`-th number of the last axis, by a split: a third of a slice's time. Undefined for other slices. */
export function everyOther(emit: Emitter, x: Tensor, y: Tensor, start: number, step: number): string | undefined {
  if (emit.device !== 'cpu' || step === 1 || step > LONGEST_STEP || x.shape.at(-1)! !== y.shape.at(-1)! * step)
    return undefined
  const blocks = emit.reshape(x, [-1, step])
  return emit.reshape(emit.node('Split', [blocks], { axis: 1, num_outputs: step }, step)[start]!, y.shape)
}

/** Each pixel repeated as a block, [N, C, H, 1, W, 1] to [N, C, H, b, W, b]; undefined for other broadcasts. */
export function repeatPixels(emit: Emitter, x: Tensor, y: Tensor): string | undefined {
  const [n, c, h, rows, w, columns] = y.shape as [number, number, number, number, number, number]
  const isBlock = y.rank === 6 && `${x.shape}` === `${[n, c, h, 1, w, 1]}` && rows * columns > 1
  if (!isBlock || x.dtype !== 'float32' || emit.device !== 'cpu') return undefined
  const scales = emit.initializer({ data: [1, 1, rows, columns], shape: [4], dtype: 'float32' })
  const how = { mode: 'nearest', nearest_mode: 'floor', coordinate_transformation_mode: 'asymmetric' }
  return emit.reshape(emit.one('Resize', [emit.reshape(x, [n, c, h, w]), '', scales], how), y.shape)
}
