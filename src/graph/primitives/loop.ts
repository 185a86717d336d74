import { pullback, reachable } from '../gradient.js'
import { interpret } from '../interpreter.js'
import { type LoopAttributes, resultsOf, scan, within } from '../loop.js'
import type { Primitive, Value } from '../primitive.js'
import { apply, asAdjointOf, constant, type Node, type Tensor } from '../tensor.js'
import { GraphError, sizeOf, type TensorType } from '../types.js'

const stack = (count: number, { shape, dtype }: TensorType): TensorType => ({ shape: [count, ...shape], dtype })

/** Copies a loop's body with other tensors in place of some, its parameters among them. */
function instantiate({ results, stacked, scope }: LoopAttributes, replaced: Iterable<[Tensor, Tensor]>) {
  const copies = new Map(replaced)
  const copy = (x: Tensor): Tensor => copies.get(x) ?? x
  for (const node of reachable([...results, ...stacked], ({ scope: inner }) => within(inner, scope))) {
    if (node.op === 'input') continue
    const outputs = apply(node.op, node.inputs.map(copy), node.attributes)
    node.outputs.forEach((y, i) => {
      copies.set(y, outputs[i]!)
    })
  }
  return { results: results.map(copy), stacked: stacked.map(copy) }
}

/**
 * The outputs of a loop: the carried values at the end, what each iteration put out, stacked, and (with a fixed count)
 * the carried values before each iteration, stacked. What nobody reads is left out of the compiled loop.
 */
export const looping: Record<'loop', Primitive> = {
  loop: {
    infer: (_, { count, parameters, stacked, condition }: LoopAttributes) => [
      ...parameters.map(({ shape, dtype }) => ({ shape, dtype })),
      ...stacked.map((x) => stack(count, x)),
      ...(condition ? [] : parameters.map((x) => stack(count, x))),
    ],
    evaluate: (inputs, body: LoopAttributes, outputs) => {
      const { parameters, captured, condition } = body
      const bindings = new Map<Tensor, Value>(captured.map((x, i) => [x, inputs[parameters.length + i]!]))
      let carried = inputs.slice(0, parameters.length)
      const kept = outputs.slice(parameters.length).map(({ shape }) => new Float64Array(sizeOf(shape)))
      for (let i = 0; i < body.count; i++) {
        bindings.set(body.index, { shape: [], dtype: 'int32', data: Float64Array.of(i) })
        parameters.forEach((p, k) => {
          bindings.set(p, carried[k]!)
        })
        const values = interpret(resultsOf(body), bindings)
        const parts = [...values.slice(parameters.length, parameters.length + body.stacked.length), ...carried]
        kept.forEach((whole, k) => {
          whole.set(parts[k]!.data, i * parts[k]!.data.length)
        })
        carried = values.slice(0, parameters.length)
        if (condition && !values.at(-1)!.data[0]) break
      }
      return [...carried.map((x) => x.data), ...kept]
    },
    gradient: loopGradient,
  },
}

/** The iterations backwards: each is traced again from the state before it, and pulled back. */
function loopGradient(node: Node, cotangents: readonly (Tensor | undefined)[]): (Tensor | undefined)[] {
  const { inputs, outputs, attributes } = node
  const body: LoopAttributes = attributes
  const { count, parameters, stacked, captured } = body
  if (body.condition) throw new GraphError('grad: a loop that stops by a condition has no derivative; use scan')
  const size = parameters.length
  const history = outputs.slice(size + stacked.length)
  const float = (x: Tensor): boolean => x.dtype === 'float32'
  const zeros = ({ shape }: Tensor): Tensor => constant(0).broadcastTo(shape)
  /** Puts a list, one entry for each float32 input, to the places that these have among all inputs. */
  const spread = (list: readonly (Tensor | undefined)[]): (Tensor | undefined)[] => {
    let next = 0
    return inputs.map((x) => (float(x) ? list[next++] : undefined))
  }
  // Carried: the cotangents of the state, which begin at those of the results, and of the captured, summed up from
  // zero.
  const start = inputs.map((x, i) => (i < size && cotangents[i]) || zeros(x)).filter((_, i) => float(inputs[i]!))
  const { carried } = scan(count, start, (own, index) => {
    const before = spread(own)
    const at = constant(count - 1, [], 'int32').sub(index)
    // The iteration, traced again, is no derivative, and not marked as one. It reads copies of the captured tensors:
    // what one of them passes on to another is differentiated outside, and must not count here as well.
    const [reads, copy] = asAdjointOf(undefined, () => {
      const outside = inputs.slice(size).map((x) => apply('reshape', [x], { shape: x.shape })[0]!)
      const reads = [...history.map((states) => states.gather(at)), ...outside]
      const pairs = [...parameters, ...captured].map((x, i): [Tensor, Tensor] => [x, reads[i]!])
      return [reads, instantiate(body, [[body.index, at], ...pairs])]
    })
    const seeds = [...before.slice(0, size), ...stacked.map((_, i) => cotangents[size + i]?.gather(at))]
    const pulled = spread(pullback([...copy.results, ...copy.stacked], seeds, reads.filter(float)))
    const after = inputs.map((x, i) => {
      const more = i < size ? cotangents[size + stacked.length + i]?.gather(at) : before[i]
      const part = pulled[i]
      return (part && more ? part.add(more) : (part ?? more)) ?? zeros(x)
    })
    return { carried: after.filter((_, i) => float(inputs[i]!)) }
  })
  return spread(carried)
}
