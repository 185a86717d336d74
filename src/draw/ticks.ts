/** Round numbers within a range, about so many: steps of 1, 2 or 5 times a power of ten. */
export function ticksOf(low: number, high: number, about: number): number[] {
  const rough = (high - low) / about
  return rough > 0 && Number.isFinite(rough) ? multiples(roundUp(rough), low, high) : [low]
}

/** The same of what is counted: whole numbers alone, so that none stands there twice. */
export const wholeTicks = (low: number, high: number, about: number): number[] =>
  multiples(high > low ? Math.max(1, roundUp((high - low) / about)) : 1, low, high)

/** The next of 1, 2 and 5 times a power of ten. */
function roundUp(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  return power * ([1, 2, 5].find((own) => own * power >= rough * 0.999) ?? 10)
}

function multiples(step: number, low: number, high: number): number[] {
  const first = Math.ceil(low / step - 1e-9)
  const count = Math.floor(high / step + 1e-9) - first + 1
  return Array.from({ length: Math.max(0, count) }, (_, i) => (first + i) * step)
}

/**
 * How numbers of an axis are written: all with as many digits as tell neighbours apart, and very small or large ones
 * as powers of ten.
 */
export function tickFormat(values: ArrayLike<number>): (value: number) => string {
  const known = Array.from(values)
  const largest = Math.max(...known.map(Math.abs))
  const sorted = [...new Set(known)].sort((a, b) => a - b)
  const gaps = sorted.slice(1).map((value, i) => value - sorted[i]!)
  const gap = gaps.length > 0 ? Math.min(...gaps) : largest || 1
  // Decimals that the gap needs: of 0.25 two, of 0.2 one.
  const decimalsOf = (x: number): number => {
    const exponent = Math.floor(Math.log10(x) + 1e-9)
    const digits = Number((x / 10 ** exponent).toPrecision(2))
    return Math.max(0, -exponent + (Number.isInteger(digits) ? 0 : 1))
  }
  if (largest > 0 && (largest < 1e-4 || largest >= 1e6)) {
    const exponent = Math.floor(Math.log10(largest) + 1e-9)
    const digits = decimalsOf(gap / 10 ** exponent)
    return (value) => (value === 0 ? '0' : `${plain(value / 10 ** exponent, digits)}e${exponent}`)
  }
  const decimals = decimalsOf(gap)
  return (value) => plain(value, decimals)
}

/** In English, without a minus before zero. */
const plain = (value: number, decimals: number): string =>
  (Number(value.toFixed(decimals)) + 0).toLocaleString('en', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  })

/** The same for an axis of a plot, which hands each tick together with all of them. */
export const tickText =
  (unit = '') =>
  (value: number, _: number, all?: ArrayLike<number>): string =>
    tickFormat(all ?? [value])(value) + unit
