/** A number with what may come with it where it is another one: a sign, minutes for seconds, "< 0.001"; or none of it. */
const NUMBER = /(?:< )?-?\d[\d,.]*(?::\d+ (?:min|h))?(?: s\b)?|·|(?<=\s)-(?=\s|$)/g

/** A line in which every number is the same, for machines differ in their last digits and in their times. */
const masked = (line: string): string => line.replaceAll(NUMBER, '#').replaceAll(/\s+/g, ' ').trim()

const LEFT_OUT = '...'

/**
 * What a page prints, with the numbers of what was printed really. A line `...` on the page stands for any lines. Throws an
 * Error with the first line of the page that was not printed.
 */
export function renewed(page: string, printed: string): string {
  const real = printed.trimEnd().split('\n')
  const lines: string[] = []
  let next = 0
  let mayLeaveOut = false
  for (const line of page.trimEnd().split('\n')) {
    if (line.trim() === LEFT_OUT) {
      mayLeaveOut = true
      lines.push(line)
      continue
    }
    const found = mayLeaveOut
      ? real.findIndex((own, i) => i >= next && masked(own) === masked(line))
      : masked(real[next] ?? '') === masked(line)
        ? next
        : -1
    if (found < 0)
      throw new Error(`"${line}" is not printed ${mayLeaveOut ? 'after' : 'at'} line ${next + 1} of:\n${printed}`)
    lines.push(real[found]!)
    next = found + 1
    mayLeaveOut = false
  }
  if (!mayLeaveOut && next < real.length) throw new Error(`"${real[next]}" is printed, and the page does not show it`)
  return `${lines.join('\n')}\n`
}
