import { zeros } from '../../nn/initialize.js'
import { mapTree } from '../../nn/tree.js'
import type { Step } from '../contract.js'
import type { AnyStack, Snapshot } from './design.js'

/** The name of the step that keeps the network as it is. */
export const SNAPSHOT = 'snapshot'

const predicting = ({ layers, running, head }: AnyStack): Snapshot => ({
  layers,
  running,
  ...(head && { head: { parameters: head.parameters } }),
})

/** For the first epoch: with all weights zero, a network that knows nothing. */
export const emptySnapshot = (stack: AnyStack): Snapshot => mapTree(predicting(stack), ({ shape }) => zeros(shape))

export const takeSnapshot: Step<AnyStack> = (stack) => [{ ...stack, snapshot: predicting(stack) }, {}]

/** What `between` of a rule names before an epoch, where its design keeps snapshots. */
export const snapshotBefore = (epoch: number): readonly { readonly step: string; readonly times: number }[] =>
  epoch === 0 ? [] : [{ step: SNAPSHOT, times: 1 }]
