/** A number with what may come with it where it is another one: a sign, minutes for seconds, "< 0.001"; or none of it. */
const NUMBER = /(?:< )?-?\d[\d,.]*(?::\d+ (?:min|h))?(?: s\b)?|·|(?<=\s)-(?=\s|$)/g

/** A line in which every number is the same, for machines differ in their last digits and in their times. */
const masked = (line: string): string => line.replaceAll(NUMBER, '#').replaceAll(/\s+/g, ' ').trim()

const LEFT_OUT = '...'

/** The first cell of a line, which says what the line is about: "epoch 2 of 8". */
const head = (line: string): string => line.trim().split(/\s{2,}/)[0]!

/**
 * What a page prints, with the numbers of what was printed really. A line `...` on the page stands for any lines. Throws an
 * Error with the lines of the page that were not printed.
 */
export function renewed(page: string, printed: string): string {
  const real = printed.trimEnd().split('\n')
  const parts = page
    .trimEnd()
    .split(/^ *\.\.\. *$/m)
    .map((part) => part.split('\n').filter((line, i, all) => line !== '' || (i > 0 && i < all.length - 1)))
  let next = 0
  const found = parts.map((lines, i) => {
    if (lines.length === 0) return []
    const fits = (at: number, same: (a: string, b: string) => boolean): boolean =>
      lines.every((line, k) => real[at + k] !== undefined && same(line, real[at + k]!))
    const isLast = i === parts.length - 1
    const places = (i === 0 ? [0] : Array.from({ length: real.length - next }, (_, k) => next + k))
      .filter((at) => !isLast || at + lines.length === real.length)
      .filter((at) => fits(at, (a, b) => masked(a) === masked(b)))
    const at = places.find((place) => fits(place, (a, b) => head(a) === head(b))) ?? places[0]
    if (at === undefined)
      throw new Error(`This is not printed${isLast ? ' at the end' : ''}:\n${lines.join('\n')}\nIt is:\n${printed}`)
    next = at + lines.length
    return real.slice(at, next)
  })
  return `${found
    .map((lines) => lines.join('\n'))
    .join(`\n${LEFT_OUT}\n`)
    .trim()}\n`
}
