import type { Shape } from '../../graph/types.js'
import type { AnyTypedArray } from '../../typed-arrays.js'

/**
 * What the files at a path hold, before anything is decided of its meaning. Each format has a reader that gives one of
 * three kinds of content; each kind has one file that makes a data set of it.
 */
export type Content = Table | Arrays | Pictures

/** Rows of named columns: CSV, TSV, Parquet. */
export interface Table {
  readonly kind: 'table'
  readonly rows: number
  readonly columns: readonly Column[]
  /** Where paths in its cells start. */
  readonly folder?: string
}

/** One cell a row: texts, numbers (NaN where a cell is empty), or encoded pictures. */
export interface Column {
  readonly name: string
  readonly cells: readonly string[] | Float64Array | readonly Uint8Array[]
  /** Of a column of class numbers, where the file names the classes. */
  readonly classes?: readonly string[]
}

/** Named arrays, row-major: NPY, NPZ, IDX, safetensors, CIFAR in binary. */
export interface Arrays {
  readonly kind: 'arrays'
  readonly arrays: readonly NamedArray[]
  /** Where the files name the classes. */
  readonly classes?: readonly string[]
}

/** 64-bit whole numbers have become others of these, and clamped bytes are bytes. */
export type ArrayNumbers = Exclude<AnyTypedArray, Uint8ClampedArray | BigInt64Array | BigUint64Array>

export interface NamedArray {
  readonly name: string
  readonly shape: Shape
  readonly numbers: ArrayNumbers
}

/** Picture files; the label is the name of the folder that holds one, absent where there are no sub-folders. */
export interface Pictures {
  readonly kind: 'pictures'
  readonly files: readonly { readonly path: string; readonly label?: string }[]
}

/** The content of a path; `test` where the files themselves keep a test part apart. */
export interface Found<C extends Content = Content> {
  /** What it is, for people: 'a folder of pictures in 10 classes'. */
  readonly what: string
  readonly train: C
  readonly test?: C
  /** What was left out or taken for something, a sentence each, for people. */
  readonly notes?: readonly string[]
}

/** How a path is to be understood where a guess would be unsafe; what is absent is found out. */
export interface OwnOptions {
  /** The columns or arrays that are the target. */
  readonly target?: readonly string[]
  /** Columns of a table that are neither input nor target. */
  readonly ignore?: readonly string[]
  readonly task?: 'class' | 'labels' | 'values' | 'none'
  /** Names of the classes, in the order of their labels; of a folder: those to take. */
  readonly classes?: readonly string[]
  /** All classes, in the order of their labels, where the data may hold only some of them, as a client's do. */
  readonly amongClasses?: readonly string[]
  /** Height and width to which pictures are brought. */
  readonly size?: readonly [height: number, width: number]
  readonly colour?: 'grey' | 'colour'
  /** The share of the samples for the test split, where the files keep none apart. Default: 0.2. */
  readonly test?: number
}

/** Reads one format. */
export interface Reader {
  /** For people: 'NPZ'. */
  readonly format: string
  /** Whether the path is of this format, by its name and its first bytes (none of a folder). */
  recognises(path: string, head: Uint8Array): boolean
  /** Throws a UserError where the file is cut, damaged or too large, with what was expected and what came. */
  read(path: string, options: OwnOptions, progress?: ReadProgress): Promise<Found>
}

/** Shows long work; its signal stops it. */
export interface ReadProgress {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, all: number, what: string) => void) | undefined
}
