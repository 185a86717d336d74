import type { Tensor } from '../graph/index.js'
import type { Random } from '../nn/random.js'

/** Samples, and noise: what a network is measured on and draws from. The noise is the same whenever it is measured. */
export interface View {
  /** [N, ...task.input.shape]. */
  readonly x: Tensor
  /** As `task.target` describes it; asking for it where the kind is `none` throws a UserError. */
  readonly target: Tensor
  readonly random: Random
}

/** Names of rows or columns; `images`: each belongs to an image that the picture starts from, and has its class. */
export type DrawnNames = readonly string[] | 'images'

/** Images that a trained network draws, `columns` in a row. */
export interface Picture<State> {
  readonly description: string
  readonly columns: number
  readonly rowNames?: DrawnNames
  readonly columnNames?: DrawnNames
  /** [M, C, H, W], pixels in [0, 1], row after row, from the images of the view. */
  draw(state: State, view: View): Tensor
}

/** Numbers of a trained network that are drawn as a chart: the course of a settling, say. */
export interface Chart<State> {
  readonly description: string
  /** `curves`: values over what `across` counts; `map`: rows of cells, the larger a number, the darker. */
  readonly kind: 'curves' | 'map'
  /** What is counted from left to right, from 1: 'sweeps'. */
  readonly across: string
  /** What the numbers are: 'energy'. */
  readonly up: string
  /** The curves; of a map the parts that stand above each other, in equal rows, the first on top. */
  readonly names: readonly string[]
  /** Of curves: the ends of the axis of values; absent: those of the values. */
  readonly range?: readonly [low: number, high: number]
  /** Of curves: values that a line marks, with its name. */
  readonly lines?: readonly { readonly at: number; readonly name: string }[]
  /** Of a map: how many powers of ten below the largest number of the map a cell is white; absent: it goes from 0. */
  readonly decades?: number
  /** [rows, points], from the images of the view: a row for each curve; of a map as many for each name. */
  values(state: State, view: View): Tensor
}

export type Drawable<State> = Picture<State> | Chart<State>

/**
 * What a network makes of noise and of images: it is judged by that. Each part is absent where the rule has none. N is the
 * task's batch, and pixels lie in [0, 1]; what sticks out is cut off.
 */
export interface Generator<State> {
  /** Images drawn from noise alone, [N, C, H, W]. */
  samples?(state: State, random: Random): Tensor
  /** What is left of the images of the view when they are encoded and decoded, [N, C, H, W]. */
  reconstructions?(state: State, view: View): Tensor
  readonly density?: Density<State>
  /** Why it has no density, in one sentence. */
  readonly noDensity?: string
  readonly latents?: Latents<State>
}

/** What stands for an image in the network, and the image that it stands for: people move through it. */
export interface Latents<State> {
  /** In words: 'the code of the last cell'. */
  readonly of: string
  /** Of the images of the view, [N, D]. */
  encode(state: State, view: View): Tensor
  /** Images of latents [N, D], [N, C, H, W]. */
  decode(state: State, latents: Tensor): Tensor
}

/** A density of images p(x), as the mean of weights that are drawn. */
export interface Density<State> {
  /** What it is a density of, in words: 'images with one level of uniform noise, on [0, 1]^D'. */
  readonly of: string
  /** Nothing is drawn but the noise that turns levels into real numbers: there is no other bound than that noise makes. */
  readonly isExact: boolean
  /**
   * So many levels make one unit of x; 1 where p gives probabilities, as of binary images. Absent: x has no levels, and no bits
   * can be told.
   */
  readonly scale?: number
  /**
   * The logarithm of one weight of each image of the view, [N], by one draw of its noise; the mean of weights is p(x), or
   * at most that: ln p(x, z) - ln q(z | x), each with its normaliser.
   */
  logWeight(state: State, view: View): Tensor
}

/** How a network decides whose input holds a label beside the image: by what its blocks make of each label in turn. */
export interface Labelled<State> {
  /** Where the label stands, in words: 'its code in the first 10 pixels'. */
  readonly where: string
  /** What the lowest block is shown of each image with each label: [N, K, C, H, W], pixels in [0, 1]. */
  inputs(state: State, x: Tensor): Tensor
  /** By the name of the block, of each image with each label: [N, K]. */
  goodness(state: State, x: Tensor): Readonly<Record<string, Tensor>>
}
