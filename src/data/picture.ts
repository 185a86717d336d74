import type { ImageShape } from './dataset.js'

/** A decoded picture: interleaved pixels [height, width, channels]: grey, grey and alpha, RGB, or RGB and alpha. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly channels: number
  /** The value of a full pixel. */
  readonly maximum: number
  readonly data: ArrayLike<number>
}

export interface ShapeOptions {
  /** Swap light and dark: for ink on white paper, where the data set has light ink on black. */
  readonly invert?: boolean
}

/**
 * A picture as one image of `shape` ([1 or 3, height, width]), from 0 to 1: transparency laid on white, colour to grey
 * by the weights of ITU-R BT.601, brought to the shape's proportions by a margin of its border's mean, and resized by
 * area (larger pictures) or bilinearly (smaller ones).
 */
export function toShape(
  picture: Picture,
  [channels, height, width]: ImageShape,
  { invert = false }: ShapeOptions = {},
): Float32Array {
  const framed = frameFor(picture, width / height)
  const planes = toPlanes(picture, channels).map((plane) => onFrame(plane, picture, framed))
  const columns = weights(framed.width, width)
  const rows = weights(framed.height, height)
  const image = new Float32Array(channels * height * width)
  for (const [channel, valueAt] of planes.entries()) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        let sum = 0
        for (const [row, ofRow] of rows[y]!) {
          for (const [column, ofColumn] of columns[x]!) sum += ofRow * ofColumn * valueAt(row, column)
        }
        image[(channel * height + y) * width + x] = invert ? 1 - sum : sum
      }
    }
  }
  return image
}

type Size = Pick<Picture, 'width' | 'height'>

/** The smallest frame of these proportions (width by height) around a picture, in whole pixels. */
const frameFor = ({ width, height }: Size, proportions: number): Size => ({
  width: Math.max(width, Math.round(height * proportions)),
  height: Math.max(height, Math.round(width / proportions)),
})

/** A plane in the middle of a frame, with the mean of its border around it: the value at a row and a column. */
function onFrame(plane: Float64Array, { width, height }: Size, framed: Size): (row: number, column: number) => number {
  const isBorder = (i: number): boolean =>
    i < width || i >= width * (height - 1) || i % width === 0 || i % width === width - 1
  const border = plane.filter((_, i) => isBorder(i))
  const margin = border.reduce((a, b) => a + b, 0) / border.length
  const [left, top] = [Math.floor((framed.width - width) / 2), Math.floor((framed.height - height) / 2)]
  return (row, column) => {
    const [y, x] = [row - top, column - left]
    return y >= 0 && y < height && x >= 0 && x < width ? plane[y * width + x]! : margin
  }
}

/** The picture's planes from 0 to 1: one grey one, or red, green and blue. */
function toPlanes({ width, height, channels, maximum, data }: Picture, wanted: number): Float64Array[] {
  const colour = channels >= 3
  const alpha = channels === 2 || channels === 4
  const planes = Array.from({ length: wanted }, () => new Float64Array(width * height))
  for (let pixel = 0; pixel < width * height; pixel++) {
    const opacity = alpha ? data[pixel * channels + channels - 1]! / maximum : 1
    const [red, green, blue] = [0, 1, 2].map((channel) => {
      const value = data[pixel * channels + (colour ? channel : 0)]! / maximum
      return value * opacity + 1 - opacity
    }) as [number, number, number]
    if (wanted === 1) planes[0]![pixel] = colour ? 0.299 * red + 0.587 * green + 0.114 * blue : red
    else for (const [channel, value] of [red, green, blue].entries()) planes[channel]![pixel] = value
  }
  return planes
}

/**
 * For each of `to` places on a line, the places out of `from` that it is mixed from, with their weights (sum 1): by the
 * share of area where the line shrinks, linearly between neighbours where it grows.
 */
function weights(from: number, to: number): [place: number, weight: number][][] {
  const scale = from / to
  return Array.from({ length: to }, (_, target) => {
    if (scale >= 1) {
      const start = target * scale
      const end = start + scale
      const mixed: [number, number][] = []
      for (let place = Math.floor(start); place < Math.min(from, Math.ceil(end)); place++) {
        const share = Math.min(end, place + 1) - Math.max(start, place)
        if (share > 0) mixed.push([place, share / scale])
      }
      return mixed
    }
    const middle = Math.min(from - 1, Math.max(0, (target + 0.5) * scale - 0.5))
    const place = Math.floor(middle)
    const beside = Math.min(from - 1, place + 1)
    return [
      [place, 1 - (middle - place)],
      [beside, middle - place],
    ]
  })
}
