import type { ByteSplit, Samples, Split } from './dataset.js'

/** A file of a data set, told by its contents: however it is named, packed or mirrored, these bytes must come out. */
export interface SourceFile {
  /** Names under which the file is found; each may also end in `.gz`. The first is the published one. */
  readonly names: readonly [string, ...string[]]
  /**
   * Size and SHA-256 of the contents, not of the packed file. Where no hash is published, the file is told by its format
   * and counts alone, unless it lies there as it was published; see `Download`.
   */
  readonly bytes?: number
  readonly sha256?: string
  /** A MAT file, whose compressed elements are unpacked before it is decoded. */
  readonly isMat?: boolean
}

/** A file to fetch, exactly as the mirrors hold it. */
export interface Download {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
  /** Mirrors of the same bytes, the best first. */
  readonly urls: readonly string[]
}

/** Where a data set comes from, and how its files become images. */
export interface Source {
  readonly files: readonly SourceFile[]
  /** Folders below the data folder that may hold the files, in the order in which they are tried; '.' is itself. */
  readonly folders: readonly string[]
  /** A gzip-compressed tar archive or a ZIP archive (`.zip`) that holds the files; looked for in the same folders. */
  readonly archive?: string
  readonly downloads: readonly Download[]
  /** The folder of the downloads in the cache, where several data sets share them; default: the name of the data set. */
  readonly cached?: string
  /** Takes the contents of `files`, in their order, and the paths they came from, for messages. */
  decode(contents: readonly Uint8Array[], where: readonly string[]): { train: Split; test: Split }
}

/** A data set that the registry knows. */
export interface DataSetEntry extends Pick<Samples, 'input' | 'target' | 'names'> {
  readonly name: string
  readonly title: string
  readonly counts: { readonly train: number; readonly test: number }
  /** Who made it, and under which terms it is given. */
  readonly credit: string
  /**
   * Embedded data sets are made on the spot (`sha256` is that of images and labels of training, then of test); the
   * others are read from files.
   */
  readonly from:
    | { readonly make: () => { train: ByteSplit; test: ByteSplit }; readonly sha256: string }
    | { readonly source: Source }
}
