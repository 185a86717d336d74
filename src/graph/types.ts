/** The element types of programs. float64 exists only in the interpreter. */
export type DType = 'float32' | 'int32' | 'bool'

export type Shape = readonly number[]

export interface TensorType {
  readonly shape: Shape
  readonly dtype: DType
}

export const BYTES: Record<DType, number> = { float32: 4, int32: 4, bool: 1 }

export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)

export const byteLength = (type: TensorType): number => sizeOf(type.shape) * BYTES[type.dtype]

export const sameShape = (a: Shape, b: Shape): boolean => a.length === b.length && a.every((size, i) => size === b[i])

export const show = (shape: Shape): string => `[${shape.join(', ')}]`

/** The shape two operands broadcast to (trailing axes aligned, 1 stretches), or undefined where they do not fit. */
export function broadcastShapes(a: Shape, b: Shape): number[] | undefined {
  const rank = Math.max(a.length, b.length)
  const result: number[] = []
  for (let i = 0; i < rank; i++) {
    const x = a[a.length - rank + i] ?? 1
    const y = b[b.length - rank + i] ?? 1
    if (x !== y && x !== 1 && y !== 1) return undefined
    result.push(x === 1 ? y : x)
  }
  return result
}

/** Lower than every activity, and finite: a cell that never wins. */
export const LOWEST = -3e38

/** Row-major strides, in elements. */
export const stridesOf = (shape: Shape): number[] => shape.map((_, i) => sizeOf(shape.slice(i + 1)))

/** For every element of `shape`, in order, its offset from `start` where a step along each axis is `strides` long. */
export function offsetsOf(shape: Shape, strides: readonly number[], start = 0): Int32Array {
  const offsets = new Int32Array(sizeOf(shape)).fill(start)
  for (let i = 0; i < offsets.length; i++) {
    let rest = i
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      offsets[i]! += (rest % shape[axis]!) * strides[axis]!
      rest = Math.floor(rest / shape[axis]!)
    }
  }
  return offsets
}

/** Axes made non-negative, sorted; throws on an axis that the rank does not have, or that comes twice. */
export function normalizeAxes(axes: readonly number[] | number | undefined, rank: number): number[] {
  const list = axes === undefined ? Array.from({ length: rank }, (_, i) => i) : typeof axes === 'number' ? [axes] : axes
  const own = list.map((axis) => {
    if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
      throw new GraphError(`axis ${axis} does not exist in a tensor of rank ${rank}`)
    return axis < 0 ? axis + rank : axis
  })
  if (new Set(own).size < own.length) throw new GraphError(`the axes ${show(list)} of rank ${rank} name one twice`)
  return own.sort((a, b) => a - b)
}

const folderOf = (line = ''): string => /[^\s(]*[/\\]/.exec(line)?.[0] ?? ''

/** The folder of the graph floor, as lines of a stack name it. */
const FLOOR = folderOf(new Error().stack?.split('\n')[1])

/** A mistake in a traced graph. The message ends with the first caller outside of the graph floor. */
export class GraphError extends Error {
  override readonly name = 'GraphError'

  constructor(message: string) {
    super(message)
    const caller = this.stack
      ?.split('\n')
      .find((line) => /:\d+:\d+\)?$/.test(line) && !folderOf(line).startsWith(FLOOR))
    if (caller) this.message += ` (${caller.trim()})`
  }
}
