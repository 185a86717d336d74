import { UserError } from '../errors.js'
import { show, sizeOf } from '../graph/types.js'
import { arePartsOfOne, checkFlat, type FlatSplit, flatSplit } from './check-split.js'
import { type DataSet, type DataSetParts, imageShapeOf, outputCount, type Samples } from './dataset.js'
import { groundOf } from './ground.js'
import { scaleOf } from './scale.js'

/**
 * The data set of `parts`, checked, with the scales of its real numbers; names that are left out are numbers. Throws a
 * UserError that says what does not fit.
 */
export function dataSet(parts: DataSetParts): DataSet {
  const { inputScale: _, targetScale: __, ...own } = parts as GivenDataSet
  return checkDataSet(own)
}

/** Data sets that need no second look. */
const checked = new WeakSet<object>()

/** A data set as a program hands it over; scales of its real numbers that are left out are those of its training split. */
export type GivenDataSet = DataSetParts & Pick<Samples, 'inputScale' | 'targetScale'>

/**
 * The data set as the library keeps it, of what a program hands over; see `checkSplit`. Throws a UserError that says
 * what does not fit: its description, or one of its numbers.
 */
export function checkDataSet(data: GivenDataSet): DataSet {
  if (checked.has(data)) return data as DataSet
  if (typeof data !== 'object' || data === null)
    throw new UserError(
      `a data set is { name, input, target, train, test }, and not ${data === null ? null : typeof data}`,
    )
  const { input, target, name = 'the data set' } = data
  checkInput(input, name)
  checkTarget(target, name)
  const count = outputCount(target)
  const names = data.names ?? Array.from({ length: count }, (_, i) => `${i}`)
  checkNames(names, target, name)
  const { train, test } = splitsOf(data, name)
  const { inputScale, targetScale } = data
  const shape = imageShapeOf(input)
  const ground = shape && groundOf(train, shape, input.levels!)
  const own: DataSet = {
    ...data,
    ...{ name, names, train, test },
    ...(input.levels === undefined && {
      inputScale: inputScale ?? scaleOf(train.inputs, input.shape[0] ?? 1, sizeOf(input.shape)),
    }),
    ...(ground && { ground }),
    ...(target.kind === 'values' && { targetScale: targetScale ?? scaleOf(train.targets!, count, count) }),
  }
  checked.add(own)
  return own
}

/** Both splits, checked. Whether their inputs are parts of 1 is asked of both together. */
function splitsOf(data: GivenDataSet, name: string): Pick<DataSet, 'train' | 'test'> {
  const where = { train: `the training split of ${name}`, test: `the test split of ${name}` }
  const [train, test] = [flatSplit(data.train, where.train), flatSplit(data.test, where.test)]
  const fractions = [train, test].flatMap(({ inputs }) => (inputs.mayBeFractions ? [inputs] : []))
  const areParts = data.input.levels !== undefined && arePartsOfOne(...fractions)
  const own = (split: FlatSplit, which: string) =>
    checkFlat(split, data, which, areParts && split.inputs.mayBeFractions)
  return { train: own(train, where.train), test: own(test, where.test) }
}

const NAMED = { class: 'classes', labels: 'labels', values: 'values', none: 'targets' }

/** The most levels: those of 16 bits. */
const MOST_LEVELS = 65_536

function checkNames(names: readonly string[], target: Samples['target'], name: string): void {
  const count = outputCount(target)
  if (names.length !== count)
    throw new UserError(`${name} has ${names.length} names, but ${count} ${NAMED[target.kind]}: give one name each`)
  const twice = names.find((own, i) => names.indexOf(own) !== i)
  if (twice !== undefined) throw new UserError(`${name} names two of its ${NAMED[target.kind]} "${twice}"`)
}

const isWhole = (n: unknown, least: number): boolean => Number.isInteger(n) && (n as number) >= least

function checkInput(input: Samples['input'] | undefined, name: string): void {
  if (!Array.isArray(input?.shape))
    throw new UserError(
      `${name} does not say what its inputs are: give input, such as { shape: [1, 28, 28], levels: 256 }`,
    )
  const { shape, levels } = input
  if (!shape.every((size) => isWhole(size, 1)))
    throw new UserError(`the inputs of ${name} have the shape ${show(shape)}: its sizes are whole numbers from 1`)
  if (levels !== undefined && !(isWhole(levels, 2) && levels <= MOST_LEVELS))
    throw new UserError(
      `the inputs of ${name} have ${levels} levels: a whole number from 2 to ${MOST_LEVELS}, or none for real numbers`,
    )
}

function checkTarget(target: Samples['target'] | undefined, name: string): void {
  if (target === undefined)
    throw new UserError(`${name} does not say what its targets are: give target, such as { kind: 'class', count: 10 }`)
  if (target?.kind === 'class' && target.count === 1)
    throw new UserError(`${name} has one class alone: there is nothing to tell apart, so give at least 2`)
  if (!(target?.kind in NAMED) || (target.kind !== 'none' && !isWhole(target.count, 1)))
    throw new UserError(
      `the target of ${name} is ${JSON.stringify(target)}: its kind is one of ${Object.keys(NAMED).join(', ')}, ` +
        'its count a whole number from 1',
    )
}
