/** The few ANSI styles that the command line uses; on anything but a colour terminal the text stays as it is. */
export interface Style {
  bold(text: string): string
  dim(text: string): string
  green(text: string): string
  yellow(text: string): string
  red(text: string): string
}

const wrap = (open: number, close: number) => (text: string) => `\x1b[${open}m${text}\x1b[${close}m`

const COLOUR: Style = {
  bold: wrap(1, 22),
  dim: wrap(2, 22),
  green: wrap(32, 39),
  yellow: wrap(33, 39),
  red: wrap(31, 39),
}

const same = (text: string): string => text

export const PLAIN: Style = { bold: same, dim: same, green: same, yellow: same, red: same }

/** Colour where the stream is a terminal that has it, unless NO_COLOR is set to anything (no-color.org). */
export function styleOf(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Style {
  return stream.isTTY && !env.NO_COLOR && env.TERM !== 'dumb' ? COLOUR : PLAIN
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: this is what ANSI styles are made of
const ANSI = /(\x1b\[[0-9;]*m)/

/** Text and styles by turns, text first. */
const pieces = (text: string): string[] => text.split(ANSI)

/** How many places the text takes on a terminal. */
export const visibleLength = (text: string): number =>
  pieces(text).reduce((length, piece, i) => length + (i % 2 === 0 ? piece.length : 0), 0)

/** The text cut to `width` places; styles stay whole. */
export function clip(text: string, width: number): string {
  let room = width
  return pieces(text)
    .map((piece, i) => {
      if (i % 2 === 1) return piece
      const kept = piece.slice(0, room)
      room -= kept.length
      return kept
    })
    .join('')
}
