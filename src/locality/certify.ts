import { gradientOf, type Tensor } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import type { Certificate, LayerCertificate } from './certificate.js'
import { type Flow, flowOf } from './flow.js'
import { sameKind, stateAlone, summedAxis, type TrainableProduct, trainableProducts } from './products.js'

/** The parameters under these dotted paths learn together. */
export interface Block {
  readonly name: string
  readonly parameters: readonly string[]
}

type Reached = Map<Tensor, Tensor | undefined>

/**
 * Reads from traced steps what each block's update depends on.
 *
 * Blocks are listed from below. The walk goes backwards from the new values of a block's parameters, through loops and
 * through all state that belongs to no block (moments, running statistics, scales, buffers), to a fixpoint. It stops at
 * the parameters of blocks, since what flows into those is in their own block's row. Throws an Error if a trained
 * tensor that products use belongs to no block: then a network could hide in it.
 */
export function certify(steps: readonly StepGraph[], blocks: readonly Block[]): Certificate {
  const flow = flowOf(steps)
  const owner = (name: string): number =>
    blocks.findIndex(({ parameters }) => parameters.some((path) => name === path || name.startsWith(`${path}.`)))
  const products = trainableProducts(flow)
  for (const { node, names } of products)
    if (names.every((name) => owner(name) < 0))
      throw new Error(`certify: ${names.join(', ')} is trained and used in a ${node.op}, but belongs to no block`)
  const layers = blocks.map((block, layer) => certifyBlock(layer, block.name, flow, products, owner))
  const local = blocks.length > 1 && layers.every(({ window, reads }) => window === 1 && reads.feedback.length === 0)
  return { local, layers }
}

function certifyBlock(
  layer: number,
  name: string,
  flow: Flow,
  products: readonly TrainableProduct[],
  owner: (name: string) => number,
): LayerCertificate {
  const mine = flow.names.filter((state) => owner(state) === layer)
  const updates = mine.flatMap((state) => flow.written(state))
  const isBlock = (x: Tensor): boolean => owner(flow.stateName(x) ?? '') >= 0
  const back = (x: Tensor): readonly Tensor[] => {
    const state = flow.stateName(x)
    if (state === undefined) return flow.sources(x)
    return owner(state) >= 0 ? [] : flow.written(state)
  }

  // The derivatives that the update uses: gradients of the block's own parameters, followed along their adjoints.
  const ofOwn = (x: Tensor): boolean =>
    gradientOf(x).some((source) => stateAlone(source, flow)?.some((state) => owner(state) === layer) ?? false)
  const isAdjoint = (x: Tensor): boolean => x.node.adjoint !== undefined
  const values = walk(updates, back, (x) => ofOwn(x) || isBlock(x))
  const roots = [...values.keys()].filter(ofOwn)
  const along = (x: Tensor): readonly Tensor[] =>
    flow.sources(x).filter((y) => isAdjoint(y) && y.node.adjoint!.call === x.node.adjoint?.call)
  const adjoints = walk(roots, along, () => false)
  const blocksOf = ({ names }: TrainableProduct): number[] => names.map(owner).filter((block) => block >= 0)
  const window = new Set([layer])
  for (const x of adjoints.keys())
    for (const product of products)
      if (x.node.adjoint?.of === product.node) for (const block of blocksOf(product)) window.add(block)

  // Everything else that the update reads: values on the way to it, and what those derivatives are computed from.
  const primal = [...adjoints.keys()].flatMap((x) => flow.sources(x).filter((y) => !adjoints.has(y)))
  const reads = (stop: (x: Tensor) => boolean, through: (x: Tensor) => boolean): Reached => {
    const free = [...updates, ...primal].filter((x) => through(x) && !stop(x))
    return walk(free, (x) => back(x).filter((y) => through(y) && !stop(y) && !adjoints.has(y)), isBlock)
  }
  const above = (x: Tensor): boolean => {
    const block = owner(flow.stateName(x) ?? '')
    return block > layer && !window.has(block)
  }
  const namesAbove = (reached: Reached): string[] =>
    [...new Set([...reached.keys()].filter(above).map((x) => flow.stateName(x)!))].sort()
  const byValue = reads(
    () => false,
    (x) => x.dtype === 'float32' || isAdjoint(x),
  )
  const all = reads(
    () => false,
    () => true,
  )
  const feedback = namesAbove(byValue)
  const fed = products.filter((p) => !p.backwards && blocksOf(p).includes(layer))
  const data = new Set(fed.flatMap((p) => p.data))
  const isLabels = (x: Tensor): boolean => x.node.op === 'input' && x.node.attributes.kind === 'labels'
  const past = reads(
    (x) => data.has(x),
    () => true,
  )
  return {
    layer,
    name,
    learns: mine.some((state) => flow.written(state).some((x) => flow.stateName(x) !== state)),
    window: window.size,
    depth: depthOf(roots, along, products),
    reads: {
      labels: [...past.keys()].some(isLabels) ? 'loss' : [...all.keys()].some(isLabels) ? 'input' : 'none',
      choice: namesAbove(all).filter((state) => !feedback.includes(state)),
      feedback,
      transport: feedback.some((state) => isTransported(state, byValue, flow, products)),
      global: globals(byValue, above, flow),
    },
  }
}

/** Everything that `next` leads to, each with the tensor from which it was reached; `stop` is reached, not passed. */
function walk(start: readonly Tensor[], next: (x: Tensor) => readonly Tensor[], stop: (x: Tensor) => boolean): Reached {
  const reached: Reached = new Map(start.map((x) => [x, undefined]))
  const queue = [...start]
  for (let x = queue.shift(); x; x = queue.shift()) {
    if (stop(x)) continue
    for (const y of next(x))
      if (!reached.has(y)) {
        reached.set(y, x)
        queue.push(y)
      }
  }
  return reached
}

/** The most trainable products that one chain of adjoints crosses; a loop's body counts once. */
function depthOf(
  roots: readonly Tensor[],
  along: (x: Tensor) => readonly Tensor[],
  products: readonly TrainableProduct[],
): number {
  const counted = new Set(products.filter(({ node }) => node.op !== 'gather').map(({ node }) => node))
  const depths = new Map<Tensor, number>()
  const depth = (x: Tensor): number => {
    const known = depths.get(x)
    if (known !== undefined) return known
    depths.set(x, 0)
    const own = x.node.adjoint!.of
    let most = counted.has(own) ? 1 : 0
    for (const y of along(x)) {
      const step = counted.has(own) && y.node.adjoint!.of !== own ? 1 : 0
      most = Math.max(most, depth(y) + step)
    }
    depths.set(x, most)
    return most
  }
  return roots.filter((x) => x.node.adjoint).reduce((most, x) => Math.max(most, depth(x)), 0)
}

/** Whether a product on the way multiplies a forward weight of a block above along its other axis. */
function isTransported(state: string, reached: Reached, flow: Flow, products: readonly TrainableProduct[]): boolean {
  const forward = products.find(({ names, backwards }) => !backwards && names.includes(state))
  if (!forward) return false
  const axis = summedAxis(forward.node, state, flow)
  const nodes = new Set([...reached.keys()].map(({ node }) => node))
  return [...nodes].some((node) => {
    if (!sameKind(node, forward.node) || node === forward.node) return false
    const own = summedAxis(node, state, flow)
    return own !== undefined && own !== axis
  })
}

/** Single numbers on the way from a block above, by the name of the state that holds them: a reward, a scale. */
function globals(reached: Reached, above: (x: Tensor) => boolean, flow: Flow): string[] {
  const names = new Set<string>()
  for (const source of [...reached.keys()].filter(above)) {
    const single: Tensor[] = []
    for (let x = reached.get(source); x; x = reached.get(x)) if (x.size === 1) single.push(x)
    const named = single.map((x) => flow.stateName(x)).filter((name) => name !== undefined)
    if (single.length > 0) names.add(named[0] ?? single[0]!.node.op)
  }
  return [...names].sort()
}
