import { renderScreen } from './screen.js'
import type { View } from './view.js'

/** A stream that may be a terminal: process.stdout, or what a test puts in its place. */
export interface Output {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

/** A block of lines at the end of the output that is drawn again in place. */
export interface Block {
  draw(view: View, options?: { readonly force?: boolean }): void
  /** Prints a line above the block. */
  note(line: string): void
  /** Takes the block off the screen. */
  clear(): void
}

const FRAME = 100

/** At most one drawing in 100 ms, unless forced: a fast run must not wait for its terminal. */
export function liveBlock(output: Output, now: () => number = () => performance.now()): Block {
  let lines: string[] = []
  let drawnAt = Number.NEGATIVE_INFINITY
  // To the start of the block's first line, whatever the terminal has echoed, then everything from there on erased.
  const erased = (): string => (lines.length === 0 ? '' : `\r\x1b[${lines.length}A\x1b[0J`)
  const shown = (): string => lines.map((line) => `${line}\n`).join('')
  return {
    draw(view, { force = false } = {}) {
      if (!force && now() - drawnAt < FRAME) return
      drawnAt = now()
      const before = erased()
      lines = renderScreen(view, (output.columns || 80) - 1, Math.max(3, (output.rows || 24) - 2))
      output.write(before + shown())
    },
    note(line) {
      output.write(`${erased()}${line}\n${shown()}`)
    },
    clear() {
      output.write(erased())
      lines = []
    },
  }
}
