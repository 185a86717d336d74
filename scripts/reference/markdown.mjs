/** A table, as lines. Cells hold no line breaks; a bar in one is escaped. */
export const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`)

const cell = (text) =>
  String(text)
    .replaceAll('|', '\\|')
    .replaceAll('\n', ' ')
    .split('`')
    .map((part, i) => (i % 2 === 0 ? part.replaceAll('<', '&lt;') : part))
    .join('`')

export const code = (text) => `\`${text}\``

/** The anchor that a heading gets where the page is shown. */
export const anchor = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s-]/gu, '')
    .replaceAll(/\s/g, '-')

export const sentence = (text) => {
  const first = text.trim()
  return first === '' ? '' : `${first[0].toUpperCase()}${first.slice(1)}${/[.:?!]$/.test(first) ? '' : '.'}`
}
