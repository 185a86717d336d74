import { grad, Tensor } from '../../graph/index.js'
import { zeros } from '../../nn/initialize.js'
import { descend } from '../../nn/optimizers.js'
import { leaves, type Tree } from '../../nn/tree.js'
import type { Batch } from '../contract.js'
import type { Head, LayerwiseDesign, LocalLayer, Loss, Passed, Seen, Stack } from './design.js'
import type { LayerPass } from './pass.js'

type Scalars = Readonly<Record<string, Tensor>>

/** The loss of a layer or head, and all that is shown of it. */
function measured(result: Loss): { loss: Tensor; metrics: Scalars } {
  const { loss, metrics } = result instanceof Tensor ? { loss: result, metrics: {} } : result
  return { loss, metrics: { loss, ...metrics } }
}

/** The layers that the loss of `layer` reaches, its own first. */
export const reached = (layer: number, window: number): number[] =>
  Array.from({ length: Math.min(window, layer + 1) }, (_, k) => layer - k)

/** Of the parameters of layer `layer` what the loss of layer `from` moves. */
function movable<P extends Tree>(p: P, { ownAlone = [] }: { ownAlone?: readonly string[] }, isOwn: boolean): P {
  if (isOwn || ownAlone.length === 0) return p
  return Object.fromEntries(Object.entries(p).filter(([name]) => !ownAlone.includes(name))) as unknown as P
}

const joined = <P extends Tree>(whole: P, part: P): P => (part === whole ? part : ({ ...whole, ...part } as P))

/** What the optimiser of layer (or loss) `i` moves, as a tree. */
export const learners = <P extends Tree>(
  layers: readonly P[],
  i: number,
  { layers: own, window = 1, optimizerOf = 'layer' }: Pick<LayerwiseDesign<P>, 'window' | 'optimizerOf'> & {
    readonly layers: readonly { readonly ownAlone?: readonly string[] }[]
  },
): P[] =>
  optimizerOf === 'layer' ? [layers[i]!] : reached(i, window).map((j) => movable(layers[j]!, own[j]!, j === i))
