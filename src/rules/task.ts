import { findDataSet, type Samples } from '../data/index.js'
import { UsageError, UserError } from '../errors.js'
import { constant, type Shape, sizeOf, type Tensor } from '../graph/index.js'
import { show } from '../graph/types.js'
import type { Precision } from '../nn/dense.js'
import { stream } from '../random/stream.js'
import type { Task } from './contract.js'

/** A task on samples such as a data set holds, or on those of the data set of that name, `batch` at a time. */
export function taskFor(
  data: string | Pick<Samples, 'input' | 'target'>,
  {
    batch = 100,
    precision = { bits: 32 },
    seed = 0,
  }: { readonly batch?: number; readonly precision?: Precision; readonly seed?: number } = {},
): Task {
  const { input, target } = typeof data === 'string' ? findDataSet(data) : data
  return { input, target, batch, precision, structure: (name) => stream(seed, 0, `structure ${name}`) }
}

/**
 * The number of classes that a rule is to tell apart. `because`: of a rule that learns other targets too, the setting that
 * needs classes, and the one that does not.
 */
export function classesOf(
  { target }: Pick<Task, 'target'>,
  because?: { readonly setting: string; readonly instead: string },
): number {
  if (target.kind === 'class') return target.count
  if (because)
    throw new UsageError(
      `${because.setting} needs one class a sample, not ${target.kind}: choose ${because.instead}, or a data set with classes`,
    )
  throw new UserError(`this rule learns one class a sample, not ${target.kind}: choose a data set with classes`)
}

/** The number of levels of the inputs, which are parts of 1 then. */
export function levelsOf({ input: { levels } }: Pick<Task, 'input'>): number {
  if (levels !== undefined) return levels
  throw new UserError(
    'this rule draws numbers from 0 to 1, and learns from inputs in levels, such as pixels, not from real numbers: choose a ' +
      'data set of images, or the rule nice, which learns real numbers too',
  )
}

/** The shape of inputs that are images. */
export function imageShape({ input: { shape } }: Pick<Task, 'input'>): readonly [number, number, number] {
  const [channels, height, width] = shape
  if (shape.length === 3) return [channels!, height!, width!]
  throw new UserError(
    `this rule learns from images [channels, height, width], not from inputs of shape ${show(shape)}: choose a data set of ` +
      'images, or another rule',
  )
}

/** Normal numbers of the network's structure: constants of the program, drawn from the seed, and no state. */
export function fixedNormals(task: Pick<Task, 'structure'>, name: string, shape: Shape, deviation: number): Tensor {
  const numbers = new Float32Array(sizeOf(shape))
  task.structure(name).normal(numbers)
  return constant(numbers, shape).mul(deviation)
}
