import { UsageError } from '../errors.js'

/** A whole number of a flag, at least `least`. */
export function wholeNumber(flag: string, least: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (Number.isInteger(value) && value >= least) return value
    throw new UsageError(`${flag} takes a whole number from ${least}, got "${text}".`)
  }
}
