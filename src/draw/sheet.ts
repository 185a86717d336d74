import { lineHeight, textWidth, wrapped } from './letters.js'
import { blank, frame, place, type Raster, RULED, SOFT, writeLines } from './raster.js'

/** What stands on a sheet: images of one shape under a heading. */
export interface Sheet {
  readonly title: string
  /** What is to be seen, and how to read it. */
  readonly text: string
  /** [count, C, H, W], pixels in [0, 1], row after row. */
  readonly images: Float32Array
  readonly shape: readonly [channels: number, height: number, width: number]
  /** Images in a row. */
  readonly columns: number
  /** More than there are rows are left out. */
  readonly rowNames?: readonly string[] | undefined
  readonly columnNames?: readonly string[] | undefined
  /** Whether images have edges; default: they do. */
  readonly isFramed?: boolean
}

/** Images are enlarged by a whole number to about this many pixels on their longer side. */
const SIDE = 84
const [MARGIN, GAP, FRAME] = [16, 6, 1]
/** No heading is narrower. */
const NARROWEST = 620
/** So wide a sheet has letters of one pixel more. */
const WIDTH_OF_SIZE = 480

/** How much images of a shape are enlarged where nobody says it. */
export const usualScale = ([, height, width]: Sheet['shape']): number =>
  Math.max(1, Math.round(SIDE / Math.max(height, width)))

/**
 * Images side by side under a title, with the names of their rows and columns. `scale`: every pixel of an image becomes a
 * square of so many. Letters grow with the sheet, so that they can be read where it is shown as a whole.
 */
export function drawSheet(sheet: Sheet, scale = usualScale(sheet.shape)): Raster {
  const { title, text, images, shape, columns, rowNames = [], columnNames = [], isFramed = true } = sheet
  const [channels, high, wide] = shape
  const pixels = channels * high * wide
  const count = images.length / pixels
  const rows = Math.ceil(count / columns)
  const size = Math.min(4, Math.max(2, Math.round((columns * (wide * scale + GAP)) / WIDTH_OF_SIZE)))
  const widest = (texts: readonly string[], own: number): number =>
    Math.max(0, ...texts.map((name) => textWidth(name, own)))
  // A name may have several lines; its longest word decides how wide a column is.
  const cell = {
    width:
      Math.max(
        wide * scale,
        widest(
          columnNames.flatMap((name) => name.split(' ')),
          size,
        ),
      ) + GAP,
    height: Math.max(high * scale, rowNames.length > 0 ? lineHeight(size) : 0) + GAP,
  }
  const names = { width: rowNames.length > 0 ? widest(rowNames, size) + 2 * GAP : 0 }
  const above = columnNames.map((name) => wrapped(name, cell.width - GAP, size))
  const width = Math.max(NARROWEST, names.width + columns * cell.width) + 2 * MARGIN
  const heading = [
    { lines: wrapped(title, width - 2 * MARGIN, size + 1), size: size + 1 },
    { lines: wrapped(text, width - 2 * MARGIN, size), size, colour: SOFT },
  ]
  const headingHeight = heading.reduce((sum, own) => sum + own.lines.length * lineHeight(own.size) + GAP, GAP)
  const namesHeight = Math.max(0, ...above.map((lines) => lines.length)) * lineHeight(size)
  const top = MARGIN + headingHeight + namesHeight
  const left = MARGIN + names.width
  const raster = blank(width, top + rows * cell.height + MARGIN)

  let line = MARGIN
  for (const { lines, ...own } of heading) line += writeLines(raster, lines, { left: MARGIN, top: line, ...own }) + GAP
  for (const [i, lines] of above.entries()) {
    const middle = left + i * cell.width + (cell.width - GAP) / 2
    const from = top - lines.length * lineHeight(size)
    writeLines(raster, lines, { left: middle, top: from, size, anchor: 'middle' })
  }
  for (const [i, name] of rowNames.slice(0, rows).entries()) {
    const middle = top + i * cell.height + Math.floor((cell.height - GAP - lineHeight(size)) / 2)
    writeLines(raster, [name], { left: MARGIN, top: middle, size })
  }
  for (let i = 0; i < count; i++) {
    const at = {
      left: left + (i % columns) * cell.width + Math.floor((cell.width - GAP - wide * scale) / 2),
      top: top + Math.floor(i / columns) * cell.height,
    }
    if (isFramed) frame(raster, { ...at, width: wide * scale, height: high * scale }, RULED, FRAME)
    place(raster, images.subarray(i * pixels, (i + 1) * pixels), shape, { ...at, scale })
  }
  return raster
}
