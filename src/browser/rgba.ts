import type { Drawing } from '../train/drawing.js'

/** Pixels as a canvas takes them: `new ImageData(data, width, height)`. */
export interface Rgba {
  readonly width: number
  readonly height: number
  readonly data: Uint8ClampedArray<ArrayBuffer>
}

/** A drawing as one image, its images in rows of `columns`, a line of `gap` transparent pixels between them. */
export declare function rgbaOf(drawing: Drawing, gap?: number): Rgba
