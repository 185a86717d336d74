import type { ImageShape } from '../../../src/data/image-shape.js'

/** A file with the path that it was given with. */
export interface PickedFile {
  readonly path: string
  readonly file: File
}

/** What the worker that reads pictures is asked. */
export interface Order {
  readonly classes: readonly { readonly name: string; readonly pictures: readonly PickedFile[] }[]
  /** Pixels of a side. */
  readonly size: number
  readonly colour: boolean
}

interface Part {
  /** [count, ...shape], 0 to 255. */
  readonly inputs: Uint8Array<ArrayBuffer>
  readonly targets: Uint8Array<ArrayBuffer>
  readonly count: number
}

/** What it makes. */
export interface Made {
  readonly shape: ImageShape
  readonly train: Part
  readonly test: Part
  readonly problems: readonly string[]
}
