/** A picture as a PNG file in memory. */
export interface PngPicture {
  readonly name: string
  readonly description: string
  readonly png: Uint8Array
  /** In pixels. */
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
}
