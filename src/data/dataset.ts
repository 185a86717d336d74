import { UserError } from '../errors.js'
import { type Shape, show, sizeOf } from '../graph/types.js'
import { type Ground, groundOf } from './ground.js'
import type { ImageShape } from './image-shape.js'
import type { Provenance } from './own/provenance.js'
import { type Scale, scaleOf } from './scale.js'

/** What a network reads: arrays of one shape, without the batch axis. */
export interface TaskInput {
  /** Of any rank; images are [C, H, W]. */
  readonly shape: Shape
  /**
   * The number of levels of quantised inputs, such as 256 of 8-bit pixels: `x` is then a level / (levels - 1), in [0,
   * 1]. Absent: real numbers, standardised by the training data for each place of the first axis.
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
  readonly inputs: Uint8Array | Float32Array
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

/** All of a data set but what follows from its samples. */
export type DataSetParts = Omit<DataSet, 'names' | 'inputScale' | 'targetScale' | 'ground'> &
  Partial<Pick<DataSet, 'names'>>

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

/**
 * The data set of `parts`, checked, with the scales of its real numbers; names that are left out are numbers. Throws a
 * UserError that says what does not fit.
 */
export function dataSet(parts: DataSetParts): DataSet {
  const { input, target, train } = parts
  const count = outputCount(target)
  const complete = { ...parts, names: parts.names ?? Array.from({ length: count }, (_, i) => `${i}`) }
  checkDataSet(complete)
  const shape = imageShapeOf(input)
  const ground = shape && groundOf(train, shape, input.levels!)
  const made = {
    ...complete,
    ...(input.levels === undefined && { inputScale: scaleOf(train.inputs, input.shape[0] ?? 1, sizeOf(input.shape)) }),
    ...(target.kind === 'values' && { targetScale: scaleOf(train.targets!, count, count) }),
    ...(ground && { ground }),
  }
  checked.add(made)
  return made
}

/** Data sets that need no second look. */
const checked = new WeakSet<object>()

/** Throws a UserError that says what does not fit in a data set: its description, or one of its numbers. */
export function checkDataSet(data: Omit<DataSet, 'inputScale' | 'targetScale' | 'ground'>): void {
  if (checked.has(data)) return
  const { name, train, test, ...samples } = data
  const { input, target, names } = samples
  const [{ shape, levels }, count] = [input, outputCount(target)]
  const isWhole = (n: number, least: number): boolean => Number.isInteger(n) && n >= least
  if (!shape.every((size) => isWhole(size, 1)))
    throw new UserError(`the inputs of ${name} have the shape ${show(shape)}: its sizes are whole numbers from 1`)
  if (levels !== undefined && !isWhole(levels, 2))
    throw new UserError(`the inputs of ${name} have ${levels} levels: a whole number from 2, or none for real numbers`)
  if (!(target.kind in NAMED) || (target.kind !== 'none' && !isWhole(count, 1)))
    throw new UserError(
      `the target of ${name} is ${JSON.stringify(target)}: its kind is one of ${Object.keys(NAMED).join(', ')}, ` +
        'its count a whole number from 1',
    )
  if (names.length !== count)
    throw new UserError(`${name} has ${names.length} names, but ${count} ${NAMED[target.kind]}: give one name each`)
  const twice = names.find((own, i) => names.indexOf(own) !== i)
  if (twice !== undefined) throw new UserError(`${name} names two of its ${NAMED[target.kind]} "${twice}"`)
  checkSplit(train, samples, `the training split of ${name}`)
  checkSplit(test, samples, `the test split of ${name}`)
}

const NAMED = { class: 'classes', labels: 'labels', values: 'values', none: 'targets' }

/** What one number may be, and in words. */
interface Allowed {
  readonly fits: (number: number) => boolean
  readonly words: string
}

const finite: Allowed = { fits: Number.isFinite, words: 'a finite number' }
const whole = (what: string, count: number): Allowed => ({
  fits: (n) => Number.isInteger(n) && n >= 0 && n < count,
  words: `a ${what} from 0 to ${count - 1}`,
})

function allowedOf(target: Target): Allowed {
  if (target.kind === 'class') return whole('class', target.count)
  return target.kind === 'labels' ? { fits: (n) => n === 0 || n === 1, words: '0 or 1' } : finite
}

export function checkSplit(
  { inputs, targets, count }: Split,
  { input, target }: Pick<Samples, 'input' | 'target'>,
  where: string,
): void {
  const { shape, levels } = input
  const size = target.kind === 'class' ? 1 : outputCount(target)
  if (!Number.isInteger(count) || count < 0) throw new UserError(`${where}: the count of its samples is ${count}`)
  for (const numbers of [inputs, targets ?? inputs])
    if (!ArrayBuffer.isView(numbers)) throw new UserError(`${where}: its numbers must lie in typed arrays`)
  // Every byte is one of 256 levels, and there may be many: they are not looked at.
  const isAny = levels === 256 && inputs instanceof Uint8Array
  const level = levels === undefined ? finite : whole('level', levels)
  checkNumbers(inputs, count, sizeOf(shape), isAny ? undefined : level, where, 'input')
  checkNumbers(targets ?? new Uint8Array(), count, size, allowedOf(target), where, 'target')
}

/** Throws a UserError unless these are `size` numbers for each sample, all allowed. */
function checkNumbers(
  numbers: Split['inputs'] | Int32Array,
  count: number,
  size: number,
  allowed: Allowed | undefined,
  where: string,
  what: string,
): void {
  if (numbers.length !== count * size)
    throw new UserError(`${where}: ${count} samples need ${count * size} numbers of ${what}s, not ${numbers.length}`)
  const wrong = allowed ? numbers.findIndex((number) => !allowed.fits(number)) : -1
  if (wrong >= 0)
    throw new UserError(
      `${where}: ${what} ${Math.floor(wrong / size)} holds ${numbers[wrong]}, which is not ${allowed!.words}`,
    )
}
