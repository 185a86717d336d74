import { UsageError } from '../../errors.js'
import { type Shape, show, sizeOf } from '../../graph/types.js'
import type { Split } from '../dataset.js'
import type { Arrays, Found, NamedArray, OwnOptions } from './content.js'
import { inColour, layoutOf } from './layout.js'
import { asRead, isBlackAndWhite, noteOn, type Reading, readingOf, unfit } from './levels.js'
import type { Meant } from './meaning.js'
import { type Role, roleOf } from './names.js'
import { checkSinglePrecision } from './single-precision.js'
import { sideBySide, type TargetNumbers, targetsOf } from './targets.js'

/** The arrays of one split. */
interface Part {
  readonly input: NamedArray
  readonly targets: readonly NamedArray[]
}

/**
 * Samples of named arrays: their inputs and targets are told by their usual names (x_train, labels, arr_0), or the
 * targets by `options.target`. Throws a UsageError that says which flag to give where names or shapes do not tell.
 */
export function meaningOfArrays(found: Found<Arrays>, options: OwnOptions): Meant {
  const named = byName(found.train.arrays, options)
  const train = named.train
  const test = found.test ? byName(found.test.arrays, options).train : named.test
  const parts = test ? [train, test] : [train]
  for (const part of parts) checkCounts(part)
  const layout = layoutOf(train.input, options)
  for (const { input } of parts) checkShape(input, train.input)
  const reading = readingOf(
    parts.map(({ input }) => input.numbers),
    layout.isPicture,
  )
  if (reading.levels === undefined) checkReal(train.input, layout.shape)
  const hasTarget = train.targets.length > 0 && options.task !== 'none'
  if (options.task !== undefined && options.task !== 'none' && train.targets.length === 0)
    throw new UsageError(
      `--task ${options.task} needs targets, and there is only ${train.input.name}: add --target NAME.`,
    )
  const targets = hasTarget
    ? parts.map(({ input, targets }) => sideBySide(targets.map(numbersOf), input.shape[0]!))
    : undefined
  const meant = targets && targetsOf(targets, options, found.train.classes)
  const inputs = parts.map(({ input }) =>
    inColour(asRead(layout.arrange(input.numbers), reading), layout.shape, options.colour),
  )
  const splits = parts.map(({ input }, i): Split => {
    const own = meant?.convert(targets![i]!.numbers)
    return { inputs: inputs[i]!.inputs, ...(own && { targets: own }), count: input.shape[0]! }
  })
  const unlabelled = hasTarget || options.task === 'none' ? [] : ['no labels were found: there is no target']
  return {
    input: { shape: inputs[0]!.shape, ...(reading.levels !== undefined && { levels: reading.levels }) },
    target: meant?.target ?? { kind: 'none' },
    names: meant?.names ?? [],
    train: splits[0]!,
    ...(splits[1] && { test: splits[1] }),
    notes: [
      ...(found.notes ?? []),
      ...leftOut(found.train.arrays),
      ...[layout.note, noteOn(reading)].filter((note) => note !== undefined),
      ...(meant?.notes ?? unlabelled),
    ],
    encoding: { reading },
  }
}

/**
 * The inputs of further arrays, read as those of a data set were whose `reading` this is. Throws a UsageError where
 * they hold other numbers.
 */
export function inputsOfArrays({ arrays }: Arrays, options: OwnOptions, reading: Reading): Split & { shape: Shape } {
  const { input } = byName(arrays, { ...options, task: 'none' }).train
  const layout = layoutOf(input, options)
  const wrong = unfit(input.numbers, reading)
  if (wrong !== undefined)
    throw new UsageError(
      `the array ${input.name} ${show(input.shape)} holds ${wrong}, and the network reads ` +
        `${reading.isShare ? 'bytes divided by 255' : `whole numbers from 0 to ${reading.levels! - 1}`}.`,
    )
  if (isBlackAndWhite(input.numbers, reading))
    throw new UsageError(
      `the array ${input.name} ${show(input.shape)} holds 0 and 1 alone, and of the ${reading.levels} levels that the ` +
        'network reads 1 is nearly black: white is ' +
        `${reading.isShare ? '1 of a type of floats, or ' : ''}${reading.levels! - 1}.`,
    )
  const numbers = asRead(layout.arrange(input.numbers), reading)
  return { ...inColour(numbers, layout.shape, options.colour), count: input.shape[0]! }
}

/** Rows have a scale for each of their numbers, others one for all. */
function checkReal({ name, numbers }: NamedArray, shape: Shape): void {
  const width = shape.length === 1 ? shape[0]! : 1
  for (let k = 0; k < width; k++)
    checkSinglePrecision(width === 1 ? name : `column ${k + 1} of ${name}`, numbers, k, width)
}

/** Onward holds its own samples out of the training part: one for validation is not needed. */
function leftOut(arrays: readonly NamedArray[]): string[] {
  const names = arrays.map(({ name }) => name).filter((name) => roleOf(name).part === 'validation')
  return names.length === 0 ? [] : [`${names.join(', ')}: left out, for validation takes samples of the training part`]
}

interface Known {
  readonly array: NamedArray
  readonly role: Role
}

/** Tells inputs and targets of each split apart. */
function byName(arrays: readonly NamedArray[], { target, task }: OwnOptions): { train: Part; test?: Part } {
  const known = withRoles(arrays)
  const isTarget = ({ array, role }: Known): boolean =>
    target ? target.some((name) => isNamed(array, role, name)) : role.what === 'target'
  const missing = target?.find((name) => !known.some(({ array, role }) => isNamed(array, role, name)))
  if (missing !== undefined && arrays.length > 1)
    throw new UsageError(`there is no array ${missing}: ${list(arrays)} are there; name targets of these (--target).`)
  const inPart = (part: 'train' | 'test') =>
    known.filter(({ role }) => role.part === part || (part === 'train' && role.part === undefined))
  const pick = (own: readonly Known[]): Part => {
    const targets = own.filter(isTarget).map(({ array }) => array)
    const others = own.filter((one) => !isTarget(one))
    const inputs = others.filter(({ role }) => role.what === 'input')
    const input = inputs.length === 1 ? inputs[0] : others.length === 1 ? others[0] : undefined
    if (!input)
      throw new UsageError(
        `${list(own.map(({ array }) => array))}: which are inputs and which are targets cannot be told by these names; ` +
          'name the targets (--target NAME), and keep one array of inputs beside them.',
      )
    if (targets.length === 0 && own.length > 1 && task !== 'none')
      throw new UsageError(`${list(own.map(({ array }) => array))}: say which are targets (--target NAME).`)
    const isSeveral = targets.length > 1 && target === undefined
    if (isSeveral && task !== 'none')
      throw new UsageError(`${list(targets)} may be the target: say which (--target NAME).`)
    return { input: input.array, targets: task === 'none' ? [] : targets }
  }
  const [train, test] = [inPart('train'), inPart('test')]
  if (train.length === 0) return { train: pick(test) }
  return { train: pick(train), ...(test.length > 0 && { test: pick(test) }) }
}

const list = (arrays: readonly NamedArray[]): string =>
  arrays.map(({ name, shape }) => `${name} ${show(shape)}`).join(', ')

/** Whether `wanted` names an array: by its name, or by what is special of it (`fine` names fine_labels). */
const isNamed = ({ name }: NamedArray, role: Role, wanted: string): boolean => {
  const other = roleOf(wanted)
  const isStem = role.stem !== '' && role.stem === other.stem && (role.what ?? 'target') === 'target'
  // y_train names y_test in the other part.
  const isTwin = other.part !== undefined && role.part !== undefined && other.what === role.what
  return name === wanted || isStem || (isTwin && role.stem === other.stem)
}

/** Arrays that NumPy named by their places: inputs, targets, and the same again for testing. */
function withRoles(arrays: readonly NamedArray[]): Known[] {
  const places = ['x train', 'y train', 'x test', 'y test']
  const isPlaced = arrays.every(({ name }, i) => name === `arr_${i}`) && (arrays.length === 2 || arrays.length === 4)
  const fits = (i: number): boolean => {
    const [inputs, targets] = [arrays[i]!, arrays[i + 1]!]
    return (
      inputs.shape[0] === targets.shape[0] && inputs.shape.length > 1 && sizeOf(targets.shape) < sizeOf(inputs.shape)
    )
  }
  const byPlace = isPlaced && arrays.every((_, i) => i % 2 === 1 || fits(i))
  return arrays.map((array, i) => ({ array, role: roleOf(byPlace ? places[i]! : array.name) }))
}

function numbersOf({ name, shape, numbers }: NamedArray): TargetNumbers {
  return { name, columns: [], width: sizeOf(shape.slice(1)), numbers }
}

function checkCounts({ input, targets }: Part): void {
  if (input.shape.length === 0) throw new UsageError(`the array ${input.name} is one number: it holds no samples.`)
  const other = targets.find(({ shape }) => shape[0] !== input.shape[0])
  if (other)
    throw new UsageError(
      `${input.name} holds ${input.shape[0]} samples, but ${other.name} holds ${other.shape[0] ?? 1}: ` +
        'each input needs its target.',
    )
}

function checkShape(input: NamedArray, other: NamedArray): void {
  if (show(input.shape.slice(1)) !== show(other.shape.slice(1)))
    throw new UsageError(
      `the inputs ${input.name} ${show(input.shape)} for testing have another shape than ${other.name} ` +
        `${show(other.shape)}.`,
    )
}
