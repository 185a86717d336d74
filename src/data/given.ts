import { UserError } from '../errors.js'
import { type AnyTypedArray, kindOfObject, ofThisRealm } from '../typed-arrays.js'

/**
 * Numbers as programs have them: a typed array of any kind and realm, a list of numbers, or a list of such arrays and
 * lists, one after the other, all of one length.
 */
export type GivenNumbers = AnyTypedArray | readonly number[] | readonly bigint[] | readonly GivenNumbers[]

/** A split as a program may hand it over; `checkSplit` makes a `Split` of it. */
export interface GivenSplit {
  readonly inputs: GivenNumbers
  readonly targets?: GivenNumbers | undefined
  readonly count: number
}

/** Given numbers, one after the other, in this realm. */
export interface Flat {
  readonly numbers: Exclude<AnyTypedArray, BigInt64Array | BigUint64Array> | readonly number[]
  /** Whether they may be fractions: their kind does not say that they are whole. */
  readonly mayBeFractions: boolean
}

/** `what` names them in messages: 'the inputs of the training split of letters'. Throws a UserError for other things. */
export function flatNumbers(given: unknown, what: string): Flat {
  const typed = ofThisRealm(given)
  if (typed) {
    const kind = kindOfObject(typed)
    const numbers = kind.startsWith('Big')
      ? Float64Array.from(typed as BigInt64Array, Number)
      : (typed as Exclude<AnyTypedArray, BigInt64Array | BigUint64Array>)
    return { numbers, mayBeFractions: kind.startsWith('Float') }
  }
  // Float16Array is younger than the oldest Node that runs this.
  if (kindOfObject(given) === 'Float16Array')
    return { numbers: Float32Array.from(given as ArrayLike<number>), mayBeFractions: true }
  if (!Array.isArray(given)) throw new UserError(`${what} ${are(given)}: hand over a typed array or a list of numbers`)
  if (given.length > 0 && typeof given[0] === 'object' && given[0] !== null) return flattened(given, what)
  const wrong = given.findIndex((number) => typeof number !== 'number' && typeof number !== 'bigint')
  if (wrong >= 0) throw new UserError(`${what} hold ${show(given[wrong])} at place ${wrong}: hand over numbers`)
  return { numbers: typeof given[0] === 'bigint' ? given.map(Number) : given, mayBeFractions: true }
}

function flattened(given: readonly unknown[], what: string): Flat {
  const parts = given.map((part, i) => flatNumbers(part, `${what}, at place ${i},`))
  const size = parts[0]!.numbers.length
  const other = parts.findIndex(({ numbers }) => numbers.length !== size)
  if (other >= 0)
    throw new UserError(
      `${what} differ in their size: ${size} numbers at place 0, ${parts[other]!.numbers.length} at place ${other}`,
    )
  const first = parts[0]!.numbers
  // Of one kind they stay so: in the place of many bytes, eight times as many would be held.
  const isOneKind =
    ArrayBuffer.isView(first) && parts.every(({ numbers: own }) => own.constructor === first.constructor)
  const kind = (isOneKind ? first.constructor : Float64Array) as Float64ArrayConstructor
  const numbers = new kind(size * parts.length)
  for (const [i, part] of parts.entries()) numbers.set(part.numbers, i * size)
  return { numbers, mayBeFractions: parts.some(({ mayBeFractions }) => mayBeFractions) }
}

/** What came in the place of numbers, in words. */
function are(given: unknown): string {
  if (given === undefined || given === null) return 'are missing'
  if (typeof given !== 'object') return `are ${show(given)}`
  const kind = kindOfObject(given)
  if (/ArrayBuffer$/.test(kind)) return `are an ${kind}, which does not say of which type its numbers are`
  return `are ${kind === 'Object' ? `an object (${(given as object).constructor?.name ?? 'Object'})` : `a ${kind}`}`
}

const show = (value: unknown): string => (typeof value === 'string' ? JSON.stringify(value) : String(value))
