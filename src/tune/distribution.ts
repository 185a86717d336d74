/** A value of a categorical parameter: what Optuna's storages keep of one. A list of numbers is its text: "500,500". */
export type Choice = string | number | boolean

/** Where a parameter is searched. Both ends belong to it; `log`: equally likely in each octave. */
export type Numeric =
  | {
      readonly kind: 'float'
      readonly low: number
      readonly high: number
      readonly log: boolean
      readonly step?: number
    }
  | { readonly kind: 'int'; readonly low: number; readonly high: number; readonly log: boolean; readonly step: number }

export type Distribution = Numeric | { readonly kind: 'choice'; readonly choices: readonly Choice[] }

/** One number for each parameter: its value, or the place of its choice in the list, as Optuna's journal has it. */
export type Params = Readonly<Record<string, number>>

/** The value that a number of `Params` stands for. */
export const choiceOf = (distribution: Distribution, number: number): Choice =>
  distribution.kind === 'choice' ? distribution.choices[number]! : number

/** The number that stands for a value; undefined where the distribution does not hold it. */
export function numberOf(distribution: Distribution, value: unknown): number | undefined {
  if (distribution.kind === 'choice') {
    const place = distribution.choices.indexOf(value as Choice)
    return place < 0 ? undefined : place
  }
  const { low, high, step } = distribution
  if (typeof value !== 'number' || !(value >= low && value <= high)) return undefined
  const steps = step === undefined ? 0 : (value - low) / step
  return Math.abs(steps - Math.round(steps)) < 1e-8 ? value : undefined
}

/** A number on its axis: the logarithm where the distribution goes by it. */
export const toAxis = ({ log }: Numeric, value: number): number => (log ? Math.log(value) : value)

/** The whole of a distribution on its axis: where values have steps, half a step wider on both sides. */
export function bounds(distribution: Numeric): readonly [low: number, high: number] {
  const { low, high, step = 0 } = distribution
  return [toAxis(distribution, low - step / 2), toAxis(distribution, high + step / 2)]
}

/** The value that a place on the axis stands for: the nearest one where values have steps. */
export function fromAxis(distribution: Numeric, place: number): number {
  const { low, high, log, step } = distribution
  const value = log ? Math.exp(place) : place
  const stepped = step === undefined ? value : rounded(low + Math.round((value - low) / step) * step, step)
  return Math.min(high, Math.max(low, stepped))
}

/** Without the dust of binary fractions: 0.3, not 0.30000000000000004. */
const rounded = (value: number, step: number): number =>
  Number.isInteger(step) ? value : Number(value.toPrecision(12))

/** Between which places on the axis a stepped value lies. */
export function cell(distribution: Numeric & { readonly step: number }, value: number): readonly [number, number] {
  const { step } = distribution
  return [toAxis(distribution, value - step / 2), toAxis(distribution, value + step / 2)]
}

/** How many values there are. */
export function sizeOfDistribution(distribution: Distribution): number {
  if (distribution.kind === 'choice') return distribution.choices.length
  const { low, high, step } = distribution
  if (step === undefined) return low === high ? 1 : Number.POSITIVE_INFINITY
  return 1 + Math.floor((high - low) / step + 1e-9)
}

/** All values of a distribution that has few, as numbers. */
export function numbersOf(distribution: Distribution): number[] {
  if (distribution.kind === 'choice') return distribution.choices.map((_, place) => place)
  const { low, step = 1 } = distribution
  return Array.from({ length: sizeOfDistribution(distribution) }, (_, i) => rounded(low + i * step, step))
}
