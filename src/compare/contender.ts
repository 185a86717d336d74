import type { Values } from '../options/index.js'
import type { AnyRule } from '../rules/contract.js'
import type { Criterion } from '../train/events.js'
import type { Settings } from '../train/options.js'
import type { StateTensor } from '../train/roles.js'

/** A rule that is to be compared, as it was asked for. */
export interface Arm {
  /** As it is told everywhere: `forward-forward@quick:units=100,100`. */
  readonly name: string
  readonly rule: AnyRule
  readonly preset?: string
  /** Over the preset. */
  readonly hyper: Values
}

/** An arm on its data: how it is trained, the seed apart, and what its graph says. */
export interface Contender extends Arm {
  readonly settings: Settings
  readonly criterion: Criterion
  /** The tensors of its state. */
  readonly tensors: readonly StateTensor[]
  readonly parameters: number
  /** Of products and convolutions, for each sample of a training step. */
  readonly flopPerSample: number
  /** Layers that learn one after the other, each for all epochs; 1 where all learn at once. */
  readonly phases: number
  /** Samples that an epoch of one phase reads. */
  readonly samplesPerEpoch: number
}
