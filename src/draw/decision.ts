import { lineHeight, textWidth } from './letters.js'
import { blank, type Colour, fill, frame, INK, PAPER, place, type Raster, RULED, SOFT, write } from './raster.js'

/** What a network whose input holds a label makes of an image with each label. */
export interface Decision {
  /** The number of its true label, and of the one that the network says; -1 where a score is no number. */
  readonly right: number
  readonly said: number
  /** The false label that the network finds likeliest. */
  readonly wrong: number
  /** By the name of the block, of each label. */
  readonly goodness: Readonly<Record<string, readonly number[]>>
  /** What the labels are told apart by, of each label. */
  readonly scores: readonly number[]
}

export interface DrawnDecisions {
  readonly decisions: readonly Decision[]
  /** What the network is shown, [decisions, labels, C, H, W]. */
  readonly inputs: Float32Array
  readonly shape: readonly [channels: number, height: number, width: number]
  /** Of the labels. */
  readonly names: readonly string[]
}

const [SIZE, GAP] = [3, 12]
/** Pixels of the longer side of an image, of a row of numbers, of a bar, and of all cells of a row. */
const [SIDE, ROW, BARS, CELLS] = [168, 56, 220, 720]
/** Where letters stand in a row of numbers, and in a bar. */
const IN_ROW = Math.floor((ROW - 3 - 7 * SIZE) / 2)
const [BAR, IN_BAR] = [25, 2]
/** Of more labels there is no room for numbers. */
const NUMBERED = 10

export const TRUE_COLOUR: Colour = [13, 133, 90]
export const FALSE_COLOUR: Colour = [204, 84, 0]
const DEEP: Colour = [30, 64, 160]

/** Where everything stands in the part of one image. */
export function decisionLayout({ decisions, shape: [, height, width], names }: DrawnDecisions) {
  const blocks = Object.keys(decisions[0]!.goodness)
  const scale = Math.max(1, Math.round(SIDE / Math.max(height, width)))
  const [high, wide] = [height * scale, width * scale]
  const cell = Math.max(4, Math.floor(CELLS / names.length))
  const namesLeft = 2 * (wide + GAP) + GAP
  const barsLeft = namesLeft + Math.max(...[...blocks, 'network'].map((name) => textWidth(name, SIZE))) + GAP
  const cellsLeft = barsLeft + BARS + 2 * GAP
  const top = 2 * lineHeight(SIZE) + GAP
  return {
    ...{ blocks, scale, high, wide, cell, namesLeft, barsLeft, cellsLeft, top },
    row: ROW,
    bars: BARS,
    width: cellsLeft + names.length * cell + GAP,
    height: top + Math.max(high, (blocks.length + 1) * ROW) + 2 * GAP,
  }
}

/**
 * For each image: the image with its true label beside the image with the likeliest false one, the goodness of both in every
 * block as bars, and the goodness of all labels as cells, in each row the darker the larger.
 */
export function drawDecisions(drawn: DrawnDecisions): Raster {
  const { decisions, inputs, shape, names } = drawn
  const at = decisionLayout(drawn)
  const raster = blank(at.width, decisions.length * at.height)
  const pixels = shape[0] * shape[1] * shape[2]
  const short = (label: number): string => names[label] ?? 'no number'
  const most = new Map(
    at.blocks.map((name) => {
      const all = decisions.flatMap(({ goodness, right, wrong }) => [goodness[name]![right]!, goodness[name]![wrong]!])
      return [name, Math.max(...all, 1e-30)]
    }),
  )
  for (const [i, decision] of decisions.entries()) {
    const { right, said, wrong, goodness, scores } = decision
    const from = i * at.height
    fill(raster, { left: 0, top: from, width: at.width, height: 2 }, RULED)
    const verdict = said === right ? `right: ${short(said)}` : `wrong: it says ${short(said)}, true is ${short(right)}`
    const heading = { top: from + GAP, size: SIZE, colour: said === right ? TRUE_COLOUR : FALSE_COLOUR }
    write(raster, verdict, { ...heading, left: at.cellsLeft })
    write(raster, 'goodness', { ...heading, left: at.barsLeft, colour: SOFT })
    const top = from + at.top
    for (const [k, [label, word, colour]] of (
      [
        [right, 'positive:', TRUE_COLOUR],
        [wrong, 'negative:', FALSE_COLOUR],
      ] as const
    ).entries()) {
      const left = k * (at.wide + GAP) + 3
      const image = inputs.subarray((i * names.length + label) * pixels, (i * names.length + label + 1) * pixels)
      write(raster, word, { left, top: from + GAP, size: SIZE, colour })
      write(raster, short(label), { left, top: from + GAP + lineHeight(SIZE), size: SIZE, colour })
      frame(raster, { left, top, width: at.wide, height: at.high }, colour, 3)
      place(raster, image, shape, { left, top, scale: at.scale })
    }
    const rows = [...at.blocks.map((name) => [name, goodness[name]!] as const), ['network', scores] as const]
    for (const [r, [name, values]] of rows.entries()) {
      const line = top + r * at.row
      write(raster, name, { left: at.namesLeft, top: line + IN_ROW, size: SIZE })
      const largest = most.get(name)
      if (largest !== undefined)
        for (const [k, label] of [right, wrong].entries()) {
          const part = Math.max(0, values[label]!) / largest
          const bar = {
            left: at.barsLeft,
            top: line + 1 + k * (BAR + 1),
            width: Math.round(part * at.bars),
            height: BAR,
          }
          const colour = k === 0 ? TRUE_COLOUR : FALSE_COLOUR
          fill(raster, bar, colour)
          const text = shown(values[label]!)
          const isLong = bar.width > textWidth(text, SIZE) + GAP
          const left = isLong ? bar.left + bar.width - 5 : bar.left + bar.width + 5
          write(raster, text, {
            ...{ left, top: bar.top + IN_BAR, size: SIZE },
            ...{ colour: isLong ? PAPER : colour, anchor: isLong ? 'end' : 'start' },
          })
        }
      drawCells(raster, values, { left: at.cellsLeft, top: line, cell: at.cell, height: at.row - 3 })
    }
    const columns = { top, width: at.cell - 2, height: rows.length * at.row - 3 }
    for (const label of names.keys()) {
      const left = at.cellsLeft + label * at.cell
      const isMarked = label === right || label === said
      const colour = label === right ? TRUE_COLOUR : label === said ? FALSE_COLOUR : INK
      if (names.length <= NUMBERED || isMarked)
        write(raster, fitted(short(label), at.cell), {
          ...{ left: left + at.cell / 2, top: top - lineHeight(SIZE) + 2, size: SIZE, colour, anchor: 'middle' },
        })
      if (isMarked) frame(raster, { left, ...columns }, colour, 3)
    }
  }
  return raster
}

/** A cell for each number of a row, from white for the smallest to the deepest for the largest. */
function drawCells(
  raster: Raster,
  values: readonly number[],
  { left, top, cell, height }: { left: number; top: number; cell: number; height: number },
): void {
  const known = values.filter(Number.isFinite)
  const [low, high] = [Math.min(...known), Math.max(...known)]
  for (const [k, value] of values.entries()) {
    const part = high > low && Number.isFinite(value) ? (value - low) / (high - low) : 0
    const shade = DEEP.map((deep) => Math.round(245 + part * (deep - 245))) as [number, number, number]
    fill(raster, { left: left + k * cell, top, width: cell - 2, height }, shade)
    if (values.length > NUMBERED) continue
    write(raster, shown(value), {
      ...{ left: left + k * cell + cell / 2 - 1, top: top + IN_ROW, size: SIZE },
      ...{ colour: part > 0.62 ? PAPER : INK, anchor: 'middle' },
    })
  }
}

/** A number with as many digits as there is room for. */
const shown = (value: number): string => {
  const size = Math.abs(value)
  if (!Number.isFinite(value)) return '?'
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2)
}

/** As much of a name as a cell has room for. */
const fitted = (name: string, width: number): string => {
  let text = name
  while (text.length > 1 && textWidth(text, SIZE) > width) text = text.slice(0, -1)
  return text
}
