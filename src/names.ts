import leven from 'leven'
import { UsageError } from './errors.js'

const initials = (name: string): string =>
  name
    .split(/[-_ ]/)
    .map(([first]) => first)
    .join('')
    .toLowerCase()

/** The candidate that a slip of the fingers most likely meant, or undefined where none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_ ]/g, '')
  const ranked = candidates
    .map((candidate) => {
      const [a, b] = [plain(word), plain(candidate)]
      if (a.length > 1 && a === initials(candidate)) return { candidate, distance: 0 }
      // Abbreviations and long forms are nearer than their length says: `gpu`, `forwad`, `backpropagation`.
      const short = Math.min(a.length, b.length)
      const cut = short < 3 ? Number.POSITIVE_INFINITY : 1 + leven(a.slice(0, short), b.slice(0, short))
      return { candidate, distance: short >= 3 && b.includes(a) ? 0.5 : Math.min(leven(a, b), cut) }
    })
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  return best && best.distance <= Math.max(1, Math.round(word.length * 0.4)) ? best.candidate : undefined
}

/** A UsageError: there is no `what` named `word`, which one was meant, and which ones there are. */
export function unknownName(what: string, word: string, candidates: readonly string[]): UsageError {
  const meant = nearest(word, candidates)
  const question = meant === undefined ? '' : ` Did you mean "${meant}"?`
  const known = candidates.length === 0 ? 'There are none.' : `Known: ${candidates.join(', ')}.`
  return new UsageError(`There is no ${what} "${word}".${question} ${known}`)
}
