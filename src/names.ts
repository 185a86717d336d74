import leven from 'leven'
import { UsageError } from './errors.js'

const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]/g, '')

const initials = (name: string): string =>
  name
    .split(/[-_ ]/)
    .map(([first]) => first)
    .join('')
    .toLowerCase()

const digits = (text: string): string => text.replaceAll(/\D/g, '')

/**
 * How far a word is from a name, in slips of the fingers; infinite where they are two names that only look alike. A name
 * that differs in its first letter or its number is another thing: EMNIST is not MNIST, CIFAR-100 not CIFAR-10.
 */
function distance(word: string, name: string): number {
  const [a, b] = [plain(word), plain(name)]
  if (a.length > 1 && a === initials(name)) return 0
  const short = Math.min(a.length, b.length)
  // An abbreviation: `forward`, `gpu` for `webgpu`; but ELU is not ReLU.
  const at = b.indexOf(a)
  if (short >= 3 && (at === 0 || at >= 3) && (digits(a) === '' || digits(a) === digits(b)))
    return b.length - a.length > 2 ? 0.5 : 0.25
  if (a[0] !== b[0] || digits(a) !== digits(b)) return Number.POSITIVE_INFINITY
  // AdamW is not Adam, though `rates` and `ratee` are `rate`.
  const rest = a.startsWith(b) ? a.slice(b.length) : ''
  if (rest.length === 1 && rest !== 's' && rest !== b.at(-1)) return Number.POSITIVE_INFINITY
  // Abbreviations and long forms with a slip are nearer than their length says: `forwad`, `backpropagation`.
  const cut = short < 5 ? Number.POSITIVE_INFINITY : 1 + leven(a.slice(0, short), b.slice(0, short))
  // Two letters that changed places are one slip.
  const swapped = [...a].sort().join('') === [...b].sort().join('') && leven(a, b) === 2
  return swapped ? 1 : Math.min(leven(a, b), cut)
}

/** The candidates that the word most likely meant: those that are nearest, and near; often none. */
export function nearest(word: string, candidates: readonly string[]): string[] {
  const ranked = candidates.map((candidate) => ({ candidate, distance: distance(word, candidate) }))
  const least = Math.min(plain(word).length / 3, ...ranked.map(({ distance }) => distance))
  return ranked.filter(({ distance }) => distance <= least).map(({ candidate }) => candidate)
}

/** " Did you mean "a" or "b"?", or nothing where nothing is near. */
export function didYouMean(word: string, candidates: readonly string[]): string {
  const meant = nearest(word, candidates)
  return meant.length === 0 ? '' : ` Did you mean ${meant.map((name) => `"${name}"`).join(' or ')}?`
}

/** A UsageError: there is no `what` named `word`, which one was meant, and which ones there are. */
export function unknownName(what: string, word: string, candidates: readonly string[]): UsageError {
  const known = candidates.length === 0 ? 'There are none.' : `Known: ${candidates.join(', ')}.`
  return new UsageError(`There is no ${what} "${word}".${didYouMean(word, candidates)} ${known}`)
}
