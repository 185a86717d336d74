import type { Shape } from '../graph/types.js'
import type { GivenSplit } from './given.js'
import type { Ground } from './ground.js'
import type { ImageShape } from './image-shape.js'
import type { Provenance } from './own/provenance.js'
import type { Scale } from './scale.js'

/** What a network reads: arrays of one shape, without the batch axis. */
export interface TaskInput {
  /** Of any rank; images are [C, H, W]. */
  readonly shape: Shape
  /**
   * The number of levels of quantised inputs, such as 256 of 8-bit pixels: `x` is then a level / (levels - 1), in [0,
   * 1]; at most 65,536. Absent: real numbers, standardised by the training data for each place of the first axis.
   */
  readonly levels?: number
}

/** What a network is to say of its input. `src/targets` has what each kind means for batches, figures and export. */
export type Target =
  /** One of `count` classes: int32 [N]. */
  | { readonly kind: 'class'; readonly count: number }
  /** Any number of `count` labels, each 0 or 1: float32 [N, count]. */
  | { readonly kind: 'labels'; readonly count: number }
  /** `count` real numbers, standardised by the training data: float32 [N, count]. */
  | { readonly kind: 'values'; readonly count: number }
  | { readonly kind: 'none' }

/** What the samples of a data set are: enough to feed a network that was trained on it, and to name what it says. */
export interface Samples {
  readonly input: TaskInput
  readonly target: Target
  /** Of each class, label or value. */
  readonly names: readonly string[]
  /** Of real inputs in the training split, for each place of their first axis. */
  readonly inputScale?: Scale
  /** Of each value in the training split. */
  readonly targetScale?: Scale
  /** Of images of ink on a plain ground: how they lie in the training split. */
  readonly ground?: Ground
}

/** Samples in a fixed order. */
export interface Split {
  /** [count, ...shape]: levels from 0 to `levels - 1`, or real numbers as they were measured. */
  readonly inputs: Uint8Array | Uint16Array | Float32Array
  /**
   * Classes [count], labels (0 or 1) [count, K], or values in their own units [count, K]; absent where there is no
   * target.
   */
  readonly targets?: Uint8Array | Int32Array | Float32Array
  readonly count: number
}

/** Pixels and classes, one byte each. */
export interface ByteSplit extends Split {
  readonly inputs: Uint8Array
  readonly targets: Uint8Array
}

/** A data set, whole in memory. */
export interface DataSet extends Samples {
  readonly name: string
  readonly train: Split
  /** Never read while anything is still being chosen; see `holdOut` for validation. */
  readonly test: Split
  /** Of one's own data: where they are and how they were read. */
  readonly own?: Provenance
  /** SHA-256 of its content, where no published hash tells it. */
  readonly fingerprint?: string
}

/** All of a data set but what follows from its samples, as a program hands it over. */
export type DataSetParts = Pick<DataSet, 'name' | 'input' | 'target' | 'own' | 'fingerprint'> &
  Partial<Pick<DataSet, 'names'>> & { readonly train: GivenSplit; readonly test: GivenSplit }

/** The description of images [C, H, W] of which each has one class. */
export const labelledImages = (shape: ImageShape, names: readonly string[], levels = 256) => ({
  input: { shape, levels },
  target: { kind: 'class', count: names.length } as const,
  names,
})

export type { ImageShape }

/** The shape of inputs that are images, of quantised pixels; undefined for others. */
export function imageShapeOf({ shape, levels }: TaskInput): ImageShape | undefined {
  const [channels, height, width] = shape
  return shape.length === 3 && levels !== undefined ? [channels!, height!, width!] : undefined
}

export const outputCount = (target: Target): number => (target.kind === 'none' ? 0 : target.count)
