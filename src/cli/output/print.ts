const linesOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')

/** One line, or several, on standard output. */
export function print(...lines: readonly string[]): void {
  process.stdout.write(linesOf(lines))
}

/** One line, or several, on standard error: what is not the answer itself. */
export function printAside(...lines: readonly string[]): void {
  process.stderr.write(linesOf(lines))
}

/** The whole answer of a command to `--json`. */
export const printJson = (answer: unknown): void => print(JSON.stringify(answer, undefined, 2))
