/** 8-bit pixels, interleaved [height, width, channels]. */
export interface Grid {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly data: Uint8Array
}

const GAP = 2
const GREY = 96

/** An image is enlarged by a whole number to about this many pixels. */
const SIDE = 56

/** Images [count, C, H, W] with pixels in [0, 1] side by side, `columns` a row, between grey lines. */
export function gridOf(
  images: Float32Array,
  [channels, height, width]: readonly [number, number, number],
  columns: number,
): Grid {
  const size = channels * height * width
  const count = images.length / size
  const rows = Math.ceil(count / columns)
  const scale = Math.max(1, Math.round(SIDE / Math.max(height, width)))
  const planes = channels === 3 ? 3 : 1
  const [cellHeight, cellWidth] = [height * scale + GAP, width * scale + GAP]
  const whole = { width: columns * cellWidth + GAP, height: rows * cellHeight + GAP }
  const data = new Uint8Array(whole.width * whole.height * planes).fill(GREY)
  for (let i = 0; i < count; i++) {
    const top = GAP + Math.floor(i / columns) * cellHeight
    const left = GAP + (i % columns) * cellWidth
    for (let y = 0; y < height * scale; y++)
      for (let x = 0; x < width * scale; x++)
        for (let plane = 0; plane < planes; plane++) {
          const from = ((i * channels + plane) * height + Math.floor(y / scale)) * width + Math.floor(x / scale)
          data[((top + y) * whole.width + left + x) * planes + plane] = Math.round(255 * images[from]!)
        }
  }
  return { ...whole, channels: planes, data }
}
