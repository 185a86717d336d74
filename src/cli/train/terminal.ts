import { renderScreen } from './screen.js'
import type { View } from './view.js'

/** A stream that may be a terminal: process.stdout, or what a test puts in its place. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

const FRAME = 100

/** A block of lines at the end of the output that is drawn again in place. */
export function liveBlock(output: Output, now: () => number = () => performance.now()) {
  let lines: string[] = []
  let drawnAt = Number.NEGATIVE_INFINITY
  // To the start of the block's first line, whatever the terminal has echoed, then everything from there on erased.
  const erased = (): string => (lines.length === 0 ? '' : `\r\x1b[${lines.length}A\x1b[0J`)
  const shown = (): string => lines.map((line) => `${line}\n`).join('')
  return {
    /** At most once in 100 ms, unless forced: a fast run must not wait for its terminal. */
    draw(view: View, { force = false } = {}): void {
      if (!force && now() - drawnAt < FRAME) return
      drawnAt = now()
      const before = erased()
      lines = renderScreen(view, (output.columns || 80) - 1, Math.max(3, (output.rows || 24) - 2))
      output.write(before + shown())
    },
    /** Prints a line above the block. */
    note(line: string): void {
      output.write(`${erased()}${line}\n${shown()}`)
    },
    /** Takes the block off the screen. */
    clear(): void {
      output.write(erased())
      lines = []
    },
  }
}
