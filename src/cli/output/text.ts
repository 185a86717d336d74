import { stripVTControlCharacters } from 'node:util'

/** Text is no wider than is good to read, nor than the terminal. */
export const textWidth = (output: { readonly columns?: number } = process.stdout): number =>
  Math.min(100, output.columns || 100)

/** How many places the text takes on a terminal. */
const placesOf = (text: string): number => stripVTControlCharacters(text).length

const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - placesOf(text)))

/** Rows of cells as lines of aligned columns, two spaces apart; `right` lists the columns that end flush. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = []
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, placesOf(cell))
  const aligned = (cell: string, i: number): string =>
    right.includes(i) ? ' '.repeat(widths[i]! - placesOf(cell)) + cell : padded(cell, widths[i]!)
  return rows.map((row) => row.map(aligned).join('  ').trimEnd())
}

/** Breaks text at spaces, not before a unit, into lines of at most `width` places; a longer word has its own line. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/ (?!(?:%|s|min|h|samples\/s)(?:[ .,;:)]|$))/)) {
    const line = lines.at(-1)
    if (line !== undefined && placesOf(line) + 1 + placesOf(word) <= width) lines[lines.length - 1] += ` ${word}`
    else lines.push(word)
  }
  return lines
}

/** Texts as a list, each broken into lines of at most `width` places. */
export const bulleted = (texts: readonly string[], width: number): string[] =>
  texts.flatMap((text) => wrapText(text, width - 4).map((line, i) => (i === 0 ? '  - ' : '    ') + line))

const WIDEST_NAME = 32

/** Names with a text beside each, broken into lines of at most `width` places; a very long name has its own line. */
export function definitions(entries: readonly (readonly [name: string, text: string])[], width: number): string[] {
  const widths = entries.map(([name]) => placesOf(name)).filter((places) => places <= WIDEST_NAME)
  const indent = Math.max(0, ...widths) + 4
  return entries.flatMap(([name, text]) => {
    const [first = '', ...rest] = wrapText(text, width - indent)
    const own =
      placesOf(name) + 4 > indent ? [`  ${name}`, ' '.repeat(indent) + first] : [padded(`  ${name}`, indent) + first]
    return [...own, ...rest.map((line) => ' '.repeat(indent) + line)].map((line) => line.trimEnd())
  })
}

/** A section: its heading, and its lines after it; nothing at all where it has none. */
export const section = (heading: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [heading, ...lines, '']
