import type { Drawing } from '../train/drawing.js'

/** Pixels as a canvas takes them: `new ImageData(data, width, height)`. */
export interface Rgba {
  readonly width: number
  readonly height: number
  readonly data: Uint8ClampedArray<ArrayBuffer>
}

/** A drawing as one image, its images in rows of `columns`, a line of `gap` transparent pixels between them. */
export function rgbaOf({ images, count, columns, shape }: Drawing, gap = 1): Rgba {
  const [channels, high, wide] = shape
  const rows = Math.ceil(count / columns)
  const width = columns * (wide + gap) - gap
  const height = rows * (high + gap) - gap
  const data = new Uint8ClampedArray(width * height * 4)
  for (let i = 0; i < count; i++) {
    const left = (i % columns) * (wide + gap)
    const top = Math.floor(i / columns) * (high + gap)
    for (let y = 0; y < high; y++)
      for (let x = 0; x < wide; x++) {
        const to = 4 * ((top + y) * width + left + x)
        const from = i * channels * high * wide + y * wide + x
        for (let c = 0; c < 3; c++) data[to + c] = 255 * images[from + (channels === 3 ? c * high * wide : 0)]!
        data[to + 3] = 255
      }
  }
  return { width, height, data }
}
