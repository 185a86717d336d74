import type { Emitter } from '../onnx/emitter.js'
import { emitterFor } from '../onnx/lowerings.js'
import { type Message, proto } from '../onnx/schema.js'
import { sameBytes } from '../typed-arrays.js'

/** Nodes and constants of a graph; its input is named `x`, its first axis the batch. */
export interface Part {
  readonly nodes: readonly Message[]
  readonly initializers: readonly Message[]
}

interface TensorProto {
  readonly name: string
  readonly dataType: number
  readonly dims: readonly bigint[]
  readonly rawData: Uint8Array
}

const INT64 = 7

/** Something other than a multiple of the batch differs. */
class Fixed extends Error {}

/** How many times the batch a size is, from its values at the two batches; undefined for one that is the same. */
type Multiple = (x: bigint, y: bigint) => bigint | undefined

/**
 * One graph for any batch, from the graphs of one network traced at two batch sizes. They may differ in sizes alone,
 * and each size that differs must be the same multiple of both batches: it is then computed from the shape of `x`.
 * Undefined where anything else depends on the batch.
 */
export function freeBatch(a: Part, b: Part, [first, second]: readonly [number, number]): Part | undefined {
  const multiple: Multiple = (x, y) => {
    if (x === y) return undefined
    const times = x / BigInt(first)
    if (times * BigInt(first) !== x || times * BigInt(second) !== y) throw new Fixed()
    return times
  }
  try {
    const nodes = zip(a.nodes, b.nodes).map(([x, y]) => merge(x, y, multiple) as Message)
    const sizes = emitterFor('cpu')
    sizes.raw('Shape', ['x'], ['batch'], { start: 0, end: 1 })
    const kept = zip(a.initializers, b.initializers).filter(([x, y]) => !computed(x, y, multiple, sizes))
    return {
      nodes: [...sizes.takeNodes(), ...nodes],
      initializers: [...sizes.initializers, ...kept.map(([x]) => x)],
    }
  } catch (error) {
    if (error instanceof Fixed) return undefined
    throw error
  }
}

function zip<T>(a: readonly T[], b: readonly T[]): [T, T][] {
  if (a.length !== b.length) throw new Fixed()
  return a.map((x, i) => [x, b[i]!])
}

/** What both are, but for dimensions, which may be free. */
function merge(x: unknown, y: unknown, multiple: Multiple): unknown {
  if (x instanceof Uint8Array && y instanceof Uint8Array) {
    if (!sameBytes(x, y)) throw new Fixed()
    return x
  }
  if (Array.isArray(x) && Array.isArray(y)) return zip(x, y).map(([p, q]) => merge(p, q, multiple))
  if (isMessage(x) && isMessage(y)) {
    if (x.$typeName === 'onnx.Dimension') return dimension(x, y, multiple)
    const fields = zip(Object.entries(x), Object.entries(y))
    return proto(
      x.$typeName.replace('onnx.', ''),
      Object.fromEntries(
        fields.filter(([[key]]) => !key.startsWith('$')).map(([[key, p], [, q]]) => [key, merge(p, q, multiple)]),
      ),
    )
  }
  if (x !== y) throw new Fixed()
  return x
}

const isMessage = (x: unknown): x is Message => typeof x === 'object' && x !== null && '$typeName' in x

function dimension(x: Message, y: Message, multiple: Multiple): Message {
  const sizes = [x, y].map((message) => (message as Message & { readonly dimValue: bigint }).dimValue)
  const times = multiple(sizes[0]!, sizes[1]!)
  return times === undefined ? x : proto('Dimension', { dimParam: times === 1n ? 'N' : `${times}N` })
}

/** Emits the sizes that a constant holds, if they depend on the batch; false if it is a constant indeed. */
function computed(x: Message, y: Message, multiple: Multiple, emitter: Emitter): boolean {
  const [one, other] = [x, y].map((message) => message as unknown as TensorProto) as [TensorProto, TensorProto]
  if (one.name !== other.name || one.dataType !== other.dataType || `${one.dims}` !== `${other.dims}`) throw new Fixed()
  if (one.dataType !== INT64) {
    merge(one.rawData, other.rawData, multiple)
    return false
  }
  const sizes = zip(int64s(one.rawData), int64s(other.rawData)).map(([p, q]) => ({ size: p, times: multiple(p, q) }))
  if (sizes.every(({ times }) => times === undefined)) return false
  const vector = sizes.map(({ size, times }, i) => {
    const name = `${one.name}.${i}`
    const value = int64(name, times ?? size)
    if (times === 1n) return 'batch'
    emitter.initializers.push(value)
    if (times !== undefined) emitter.raw('Mul', ['batch', name], [`${name}.size`])
    return times === undefined ? name : `${name}.size`
  })
  if (one.dims.length === 0) emitter.raw('Squeeze', vector, [one.name])
  else emitter.raw('Concat', vector, [one.name], { axis: 0 })
  return true
}

const int64s = (bytes: Uint8Array): bigint[] => [...new BigInt64Array(bytes.slice().buffer)]

const int64 = (name: string, value: bigint): Message =>
  proto('TensorProto', {
    name,
    dataType: INT64,
    dims: [1n],
    rawData: new Uint8Array(BigInt64Array.of(value).buffer),
  })
