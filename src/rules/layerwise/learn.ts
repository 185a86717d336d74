import { UserError } from '../../errors.js'
import { grad, Tensor } from '../../graph/index.js'
import { zeros } from '../../nn/initialize.js'
import { descend } from '../../nn/optimizers.js'
import { type Tree, tensorsOf } from '../../nn/tree.js'
import type { Batch, Metrics } from '../contract.js'
import type { AnyDesign, AnyStack, Loss } from './design.js'
import type { LayerPass } from './pass.js'

type Scalars = Readonly<Record<string, Tensor>>
type Blocks = NonNullable<Metrics['blocks']>

export const nameOf = ({ layers }: AnyDesign, layer: number): string => layers[layer]!.name ?? `layer ${layer}`
export const HEAD = 'head'

/** A loss, and all that is shown of it. */
function measured(result: Loss): { loss: Tensor; shown: Scalars } {
  const { loss, metrics } = result instanceof Tensor ? { loss: result, metrics: {} } : result
  return { loss, shown: { loss, ...metrics } }
}

/** What the loss of layer `loss` moves of each layer that it reaches, its own first. */
function reached({ layers, window = 1 }: AnyDesign, parameters: readonly Tree[], loss: number): Map<number, Tree> {
  const parts = new Map<number, Tree>()
  for (let i = loss; i >= 0 && i > loss - window; i--) {
    const { ownAlone = [] } = layers[i]!
    const shared = Object.entries(parameters[i]!).filter(([name]) => !ownAlone.includes(name))
    parts.set(i, i === loss || ownAlone.length === 0 ? parameters[i]! : Object.fromEntries(shared))
  }
  return parts
}

/** What optimiser i moves, by layer. */
export const learners = (design: AnyDesign, parameters: readonly Tree[], i: number): Map<number, Tree> =>
  design.optimizerOf === 'loss' ? reached(design, parameters, i) : new Map([[i, parameters[i]!]])

/**
 * The layers of `hasLoss` learn from what all of them make of a batch. Each loss is followed by its gradients, and a layer
 * moves once no loss further up reaches it, before the next layer runs: so a step needs no more memory than its windows do.
 */
export function learnLayers(
  design: AnyDesign,
  stack: AnyStack,
  running: Iterable<readonly [number, LayerPass]>,
  batch: Batch,
  hasLoss: (layer: number) => boolean,
): { stack: AnyStack; blocks: Blocks; passes: ReadonlyMap<number, LayerPass> } {
  const { window = 1, optimizerOf } = design
  const passes = new Map<number, LayerPass>()
  const blocks: Record<string, Scalars> = {}
  const layers = [...stack.layers]
  const optimizers = [...stack.optimizers]
  const move = (i: number, gradients: readonly Tensor[]): void => {
    const { optimizer = design.optimizer, rate = design.rate } = design.layers[i]!
    const own = learners(design, layers, i)
    const [moved, state] = optimizer.update([...own.values()], gradients, optimizers[i]!, rate(batch.progress))
    optimizers[i] = state
    for (const [k, [j, before]] of [...own].entries())
      layers[j] = before === layers[j] ? moved[k]! : { ...(layers[j] as object), ...(moved[k] as object) }
  }
  /** The sum of the gradients of all losses that reach a parameter. */
  const sums = new Map<Tensor, Tensor>()
  const learn = (i: number, loss: Tensor): void => {
    const sources = tensorsOf([...reached(design, stack.layers, i).values()])
    const gradients = grad(loss, sources)
    if (optimizerOf === 'loss') move(i, gradients)
    else for (const [k, p] of sources.entries()) sums.set(p, sums.get(p)?.add(gradients[k]!) ?? gradients[k]!)
  }
  let next = 0
  const moveUpTo = (end: number): void => {
    for (; next < end; next++) {
      const own = tensorsOf(stack.layers[next]!)
      const gradients = own.map((p) => sums.get(p) ?? zeros(p.shape))
      if (own.some((p) => sums.has(p))) move(next, gradients)
    }
  }
  for (const [i, pass] of running) {
    passes.set(i, pass)
    const { loss: lossOf } = design.layers[i]!
    if (lossOf && hasLoss(i)) {
      const learning = { ...pass, parameters: stack.layers[i]!, output: pass.made.output, batch }
      const { loss, shown } = measured(lossOf(learning))
      blocks[nameOf(design, i)] = shown
      learn(i, loss)
    }
    moveUpTo(i - window + 2)
  }
  moveUpTo(layers.length)
  const state = {
    ...stack,
    layers,
    optimizers,
    running: stack.running.map((own, i) => handedOn(design, i, own, passes.get(i))),
  }
  return { stack: state, blocks, passes }
}

/** The running values of a layer after a batch; those of a layer that did not run stay. */
function handedOn(design: AnyDesign, layer: number, own: Tree, pass: LayerPass | undefined): Tree {
  if (!pass || tensorsOf(own).length === 0) return own
  if (pass.made.running) return pass.made.running
  throw new UserError(
    `layerwise: ${nameOf(design, layer)} has running values, and its forward returns none: return { output, running }, ` +
      'with those that it was given where they stay',
  )
}

/** The head learns from what the layers handed up. */
export function learnHead(
  design: AnyDesign,
  stack: AnyStack,
  input: Tensor,
  batch: Batch,
  given?: unknown,
): { head: NonNullable<AnyStack['head']>; blocks: Blocks } {
  const { name = HEAD, optimizer = design.optimizer, rate = design.rate, loss: lossOf } = design.head!
  const { parameters, optimizer: moments } = stack.head!
  const { loss, shown } = measured(lossOf({ parameters, input: input.stopGradient(), batch, given }))
  const [next, state] = descend(optimizer, parameters, loss, moments, rate(batch.progress))
  return { head: { parameters: next, optimizer: state }, blocks: { [name]: shown } }
}
