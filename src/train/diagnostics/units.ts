import { type Node, reachable, type Tensor } from '../../graph/index.js'
import type { StepGraph } from '../../onnx/index.js'
import type { Block } from '../../rules/contract.js'
import { blockOf } from '../roles.js'

/** What the units of a block do on a few held-out samples: a unit of a dense layer, or a channel. */
export interface Units {
  readonly count: number
  /** Those that have the same number for every sample and place: they tell nothing of the input. */
  readonly dead: number
}

const PRODUCTS: readonly string[] = ['matmul', 'conv2d', 'quantizedMatmul', 'quantizedConv2d']
const ACTIVATIONS: readonly string[] = ['relu', 'tanh', 'sigmoid', 'maximum', 'minimum']

/** What a tensor was computed from on its way from the input. */
interface Origin {
  /** The block of the last product, and the product's number of units; undefined before the first, or after several. */
  readonly last: { readonly block: number; readonly units: number } | undefined
  readonly readsInput: boolean
}

/**
 * The activities of each block as a graph predicts: the output of the first activation after the block's first product,
 * [rows, units, ...]. Blocks are left out whose units are not seen there: those without activation, or that run in a
 * loop, or lie in a stack of equal layers.
 */
export function activitiesOf(predict: StepGraph, blocks: readonly Block[]): ReadonlyMap<string, Tensor> {
  const whole = blocks.map(({ name, parameters }) => ({
    name,
    parameters: parameters.filter((path) => typeof path === 'string'),
  }))
  const owners = new Map(predict.state.map(({ name, input }) => [input.node, blockOf(whole, name)]))
  const weights = new Map<Node, number>()
  const origins = new Map<Node, Origin>()
  const found = new Map<string, Tensor>()
  for (const node of reachable(predict.metrics.map(({ output }) => output))) {
    const sources = node.inputs.map((x) => origins.get(x.node)!)
    const readsInput = node.op === 'input' ? !owners.has(node) : sources.some((own) => own.readsInput)
    // What depends on weights of one block and on no sample is such weights: transposed, reshaped, scaled by statistics.
    const owned = new Set(node.inputs.flatMap((x) => weights.get(x.node) ?? []))
    const owner = owners.get(node) ?? -1
    if (owner >= 0) weights.set(node, owner)
    else if (!readsInput && owned.size === 1) weights.set(node, [...owned][0]!)
    const out = node.outputs[0]!
    const [block] = owned
    if (PRODUCTS.includes(node.op) && readsInput && owned.size === 1 && block !== undefined)
      origins.set(node, { readsInput, last: { block, units: unitsOf(out) } })
    else {
      const lasts = new Map(sources.flatMap(({ last }) => (last ? [[last.block, last]] : [])))
      origins.set(node, { readsInput, last: lasts.size === 1 ? [...lasts.values()][0] : undefined })
    }
    const { last } = origins.get(node)!
    // The larger of two activities is no activation; that of one and a bound is.
    const isBetween = sources.filter((own) => own.readsInput).length > 1
    if (!last || !ACTIVATIONS.includes(node.op) || isBetween || node.scope) continue
    const { name } = blocks[last.block]!
    if (!found.has(name) && isStack(out) && unitsOf(out) === last.units) found.set(name, out)
  }
  return found
}

const isStack = ({ rank }: Tensor): boolean => rank === 2 || rank === 4
const unitsOf = ({ shape }: Tensor): number => shape[1] ?? 0

const [MOST, LEAST] = ['most/', 'least/']

/** The largest and the smallest activity of each unit as a program of its own; undefined where no units are seen. */
export function unitsGraph(predict: StepGraph, blocks: readonly Block[]): StepGraph | undefined {
  const activities = activitiesOf(predict, blocks)
  if (activities.size === 0) return undefined
  const metrics = [...activities].flatMap(([name, a]) => {
    const axes = a.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]))
    return [
      { name: MOST + name, output: a.max(axes) },
      { name: LEAST + name, output: a.min(axes) },
    ]
  })
  const used = new Set(reachable(metrics.map(({ output }) => output)))
  return {
    state: predict.state,
    batch: predict.batch.filter(({ name, input }) => name === 'x' || used.has(input.node)),
    metrics,
  }
}

/** A part of its size by which a unit's number may vary and still count as the same: float32 rounds by less. */
const SAME = 1e-6

/** Counts the units of each block from what the program measured in one call of several batches. */
export function countUnits(
  measured: Readonly<Record<string, ArrayLike<number>>>,
  batches: number,
): Record<string, Units> {
  const names = Object.keys(measured).filter((name) => name.startsWith(MOST))
  return Object.fromEntries(
    names.map((name): [string, Units] => {
      const block = name.slice(MOST.length)
      const [most, least] = [measured[name]!, measured[LEAST + block]!]
      const count = most.length / batches
      let dead = 0
      for (let unit = 0; unit < count; unit++) {
        const all = (of: ArrayLike<number>) => Array.from({ length: batches }, (_, k) => of[k * count + unit]!)
        const [high, low] = [Math.max(...all(most)), Math.min(...all(least))]
        if (high - low <= SAME * Math.max(Math.abs(high), Math.abs(low))) dead++
      }
      return [block, { count, dead }]
    }),
  )
}
