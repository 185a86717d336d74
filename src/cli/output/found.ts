import { styleText } from 'node:util'
import type { FoundData } from '../../data/own/found.js'
import { count } from './numbers.js'
import { definitions } from './text.js'

/** Names that are told one by one. */
const NAMED = 30

/** What was found of one's own data and how it was read, for people. */
export function describeFound(found: FoundData, width: number): string[] {
  const { name, what, path, input, counts, split, notes, fingerprint } = found
  const isImage = input.shape.length === 3
  const read = input.levels === undefined ? 'real numbers, standardised' : `${count(input.levels)} levels`
  const axes = isImage ? ' (channels, height, width)' : ''
  const facts: [string, string][] = [
    ['where', path],
    ['inputs', `${input.shape.join('x')}${axes}, ${read}`],
    ['number', `${count(counts.train)} to train and ${count(counts.test)} to test: ${split}`],
    ...targetOf(found),
    ...notes.map((note): [string, string] => ['note', note]),
    ['SHA-256', fingerprint],
  ]
  return [`${styleText('bold', name)}: ${what}`, ...definitions(facts, width)]
}

function targetOf({ target, names, perName }: FoundData): [string, string][] {
  if (target.kind === 'none') return [['target', 'none']]
  const more = names.length > NAMED ? ` and ${count(names.length - NAMED)} more` : ''
  const told = names.slice(0, NAMED).map((name, i) => (perName ? `${name} (${count(perName[i]!)})` : name))
  const heading = { class: 'classes', labels: 'labels', values: 'values' }[target.kind]
  return [[heading, `${told.join(', ')}${more}`]]
}
