import type { Predicted } from '../../../node.js'
import { figure, percent } from '../../output/numbers.js'

/** So many classes or labels are told. */
const TOLD = 5

/** A class, labels or values, in words. */
export function saidOf(one: Predicted): string {
  if ('className' in one) return one.className
  if ('labels' in one) return one.labels.join(', ') || 'no label'
  return Object.entries(one.values)
    .map(([name, value]) => `${name} ${figure(value)}`)
    .join(', ')
}

/** "3 98.12 %, 8 1.20 %" or "goodness: 3 12.50, 8 11.02": classes or labels, the best first; nothing of values. */
export function likeliest(one: Predicted, names: readonly string[]): string {
  if ('values' in one) return ''
  const { scores, scoreName, probabilities } = one
  const ranked = scores.map((score, i) => ({ score, i })).sort((a, b) => b.score - a.score)
  const told = ranked
    .slice(0, TOLD)
    .map(({ score, i }) => `${names[i]} ${probabilities ? percent(probabilities[i]!) : figure(score)}`)
  return `${probabilities ? '' : `${scoreName}: `}${told.join(', ')}`
}
