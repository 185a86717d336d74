import { visibleLength } from './style.js'

/** Rows of cells as lines of aligned columns, two spaces apart; `right` lists the columns that end flush. */
export function columns(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = []
  for (const row of rows)
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, visibleLength(cell))
  return rows.map((row) =>
    row
      .map((cell, i) => {
        const space = ' '.repeat(widths[i]! - visibleLength(cell))
        return right.includes(i) ? space + cell : cell + space
      })
      .join('  ')
      .trimEnd(),
  )
}

/** Breaks text at spaces, but not before a unit, into lines of at most `width` places; a longer word has its own line. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(/ (?!(?:%|s|min|h|images\/s)(?:[ .,;:)]|$))/)) {
    const line = lines.at(-1)
    if (line !== undefined && visibleLength(line) + 1 + visibleLength(word) <= width)
      lines[lines.length - 1] += ` ${word}`
    else lines.push(word)
  }
  return lines
}

/** Texts as a list, each broken into lines of at most `width` places. */
export const bulleted = (texts: readonly string[], width: number): string[] =>
  texts.flatMap((text) => wrapText(text, width - 4).map((line, i) => (i === 0 ? '  - ' : '    ') + line))
