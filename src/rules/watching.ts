import type { Tensor } from '../graph/index.js'

/** How something reaches a layer: the arrows that the certificate tells apart. */
export type Way = 'input' | 'label' | 'derivative' | 'choice' | 'broadcast' | 'feedback'

/** A part of a training step as it is shown to people. Nothing is computed by it. */
export interface Phase {
  readonly name: string
  /** One plain sentence. */
  readonly says: string
  /** The arrows that carry something in it. */
  readonly ways: readonly Way[]
  /** Whether layers change their weights in it. */
  readonly learns?: true
}

/** What a block holds in a phase: the activity, the target, or [N] numbers such as the goodness. */
export interface Sight {
  /** The name of the phase. */
  readonly phase: string
  /** In the field's words: 'activity', 'goodness', 'target', 'error'. */
  readonly what: string
  /** Of each sample, [N, ...]. */
  readonly values: Tensor
}

/** By the name of the block. */
export type Sights = Readonly<Record<string, readonly Sight[]>>
