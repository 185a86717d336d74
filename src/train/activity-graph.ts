import { type Node, reachable, type Tensor } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import type { Block } from '../rules/contract.js'

/** What a tensor is computed from: the state of which blocks, samples, and what only a training has: their targets. */
interface Origin {
  readonly blocks: ReadonlySet<number>
  readonly fromSamples: boolean
  readonly fromTargets: boolean
}

/**
 * What each block hands up, read from the graph of a prediction of one sample: of all that is computed from the
 * samples, the block and the blocks below it, and that something above reads, the largest tensor; of several the last.
 * Where nothing above reads of it, the largest that it makes. Blocks that are computed together, in a loop that others
 * are in as well, have none.
 */
export function activityGraph({ state, batch, metrics }: StepGraph, blocks: readonly Block[]): StepGraph {
  const owners = new Map(state.map(({ name, input }) => [input, ownerOf(name, blocks)]))
  const origins = new Map<Node, Origin>()
  const originOf = (x: Tensor): Origin => {
    const owner = owners.get(x)
    if (x.node.op !== 'input') return origins.get(x.node)!
    return {
      blocks: new Set(owner === undefined || owner < 0 ? [] : [owner]),
      fromSamples: x.node.attributes.kind === 'data',
      fromTargets: x.node.attributes.kind === 'labels',
    }
  }
  const nodes = reachable(metrics.map(({ output }) => output))
  const handed = new Map<number, Tensor>()
  const made = new Map<number, Tensor>()
  const offer = (to: Map<number, Tensor>, block: number, x: Tensor): void => {
    const before = to.get(block)
    if (!before || x.size >= before.size) to.set(block, x)
  }
  for (const node of nodes) {
    const inputs = node.inputs.map((x) => [x, originOf(x)] as const)
    const all = new Set(inputs.flatMap(([, origin]) => [...origin.blocks]))
    origins.set(node, {
      blocks: all,
      fromSamples: inputs.some(([, { fromSamples }]) => fromSamples),
      fromTargets: inputs.some(([, { fromTargets }]) => fromTargets),
    })
    const highest = Math.max(-1, ...all)
    for (const [x, origin] of inputs) {
      const own = Math.max(-1, ...origin.blocks)
      if (own >= 0 && own < highest && isActivity(x, origin)) offer(handed, own, x)
    }
    const isTogether = node.op === 'loop' && all.size > 1
    for (const x of node.outputs)
      if (highest >= 0 && !isTogether && isActivity(x, origins.get(node)!)) offer(made, highest, x)
  }
  const found = blocks.flatMap(({ name }, i) => {
    const output = handed.get(i) ?? made.get(i)
    return output ? [{ name, output }] : []
  })
  const used = new Set(reachable(found.map(({ output }) => output)))
  return {
    state,
    batch: batch.filter(({ name, input }) => name === 'x' || used.has(input.node)),
    metrics: found,
  }
}

const isActivity = ({ dtype, rank }: Tensor, { fromSamples, fromTargets }: Origin): boolean =>
  fromSamples && !fromTargets && dtype === 'float32' && rank >= 2

/** The number of the block that a tensor of the state belongs to, statistics included; -1: none. */
const ownerOf = (name: string, blocks: readonly Block[]): number =>
  blocks.findIndex(({ parameters, statistics = [] }) =>
    [...parameters.map((own) => (typeof own === 'string' ? own : own.path)), ...statistics].some(
      (path) => name === path || name.startsWith(`${path}.`),
    ),
  )
