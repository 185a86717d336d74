import type { TrifectaHyper } from '../../../src/rules/trifecta/options.js'
import { type Numbers, rowsOf } from '../harness.js'
import { mean } from '../plain.js'
import { BLOCKS, CLASSES, IMAGES, POOLED } from './network.js'

// The network written out, from the equations alone.
export type Image = readonly (readonly number[])[]

export interface Plain {
  readonly gain: readonly number[]
  readonly bias: readonly number[]
  readonly weight: readonly number[]
}

export const blockOf = (state: Numbers, i: number): Plain => ({
  gain: state[`layers.${i}.gain`]!,
  bias: state[`layers.${i}.bias`]!,
  weight: state[`layers.${i}.weight`]!,
})

export const variance = (values: readonly number[]): number => {
  const own = mean(values)
  return mean(values.map((v) => (v - own) ** 2))
}

export type Moments = (image: number, channel: number) => readonly [mean: number, variance: number]

export const ofBatch = (images: readonly Image[]): Moments => {
  const channels = images[0]!.map((_, c) => images.flatMap((image) => image[c]!))
  const all = channels.map((values) => [mean(values), variance(values)] as const)
  return (_, c) => all[c]!
}

export const ofEachImage = (images: readonly Image[]): Moments => {
  const all = images.map((image) => [mean(image.flat()), variance(image.flat())] as const)
  return (n) => all[n]!
}

export const ofRun = (state: Numbers, i: number): Moments => {
  const [means, variances] = [state[`running.${i}.mean`]!, state[`running.${i}.variance`]!]
  return (_, c) => [means[c]!, variances[c]!]
}

export function blockByHand(
  { gain, bias, weight }: Plain,
  images: readonly Image[],
  side: number,
  pooled: boolean,
  m: Moments,
) {
  const channels = images[0]!.length
  const normal = images.map((image, n) =>
    image.map((values, c) => {
      const [middle, spread] = m(n, c)
      // A gain and a bias of each channel or, under layer normalisation, of each place.
      const at = (k: number): number => (gain.length === channels ? c : c * values.length + k)
      return values.map((v, k) => ((v - middle) / Math.sqrt(spread + 1e-5)) * gain[at(k)]! + bias[at(k)]!)
    }),
  )
  const cell = (image: Image, o: number, y: number, x: number): number => {
    let sum = 0
    for (let c = 0; c < channels; c++)
      for (let k = 0; k < 9; k++) {
        const [row, column] = [y + Math.floor(k / 3) - 1, x + (k % 3) - 1]
        const inside = row >= 0 && row < side && column >= 0 && column < side
        if (inside) sum += weight[(o * channels + c) * 9 + k]! * image[c]![row * side + column]!
      }
    return Math.max(0, sum)
  }
  const size = pooled ? Math.floor(side / 2) : side
  const cells = (image: Image, o: number): number[] =>
    Array.from({ length: size * size }, (_, i) => {
      const [y, x] = [Math.floor(i / size), i % size]
      if (!pooled) return cell(image, o, y, x)
      return Math.max(...[0, 1, 2, 3].map((k) => cell(image, o, 2 * y + (k >> 1), 2 * x + (k & 1))))
    })
  const outputs = weight.length / (9 * channels)
  return { size, images: normal.map((image) => Array.from({ length: outputs }, (_, o) => cells(image, o))) }
}

/** The goodness of each block, of images that each show a label. */
export function goodnessByHand(
  state: Numbers,
  { pixelMean, pixelDeviation }: TrifectaHyper,
  shown: readonly (readonly [pixels: readonly number[], label: number])[],
  moments: (images: readonly Image[], i: number) => Moments,
): number[][] {
  const table = rowsOf(state['layers.0.label']!, CLASSES)
  let images: readonly Image[] = shown.map(([pixels, label]) => {
    const channels = rowsOf(pixels, 2)
    const standard = channels.map((values, c) =>
      values.map((v) => (v - (pixelMean[c] ?? pixelMean[0]!)) / (pixelDeviation[c] ?? pixelDeviation[0]!)),
    )
    return [...standard, table[label]!]
  })
  let side = 8
  return BLOCKS.map((i) => {
    const { size, images: next } = blockByHand(blockOf(state, i), images, side, POOLED.includes(i), moments(images, i))
    images = next
    side = size
    return images.map((image) => mean(image.flat().map((v) => v ** 2)))
  })
}

export const wrongLabels = (batch: Numbers): number[] =>
  batch['noise.negatives']!.map((u, i) => {
    const draw = Math.floor(u * (CLASSES - 1))
    return draw >= batch.target![i]! ? draw + 1 : draw
  })

/** The running statistics under batch normalisation, each image's own under layer normalisation. */
export const inUse =
  (state: Numbers, { normalization }: TrifectaHyper) =>
  (images: readonly Image[], i: number): Moments =>
    normalization === 'batch' ? ofRun(state, i) : ofEachImage(images)

/** Of the wrong labels the one with the largest alpha g + Gumbel noise, g the first block's goodness in use. */
export function hardLabels(state: Numbers, hyper: TrifectaHyper, batch: Numbers): number[] {
  const noise = rowsOf(batch['noise.negatives']!, IMAGES)
  return rowsOf(batch.x!, IMAGES).map((row, n) => {
    const shown = [0, 1, 2].map((label) => [row, label] as const)
    const goodness = goodnessByHand(state, hyper, shown, inUse(state, hyper))[0]!
    const scores = goodness.map((g, k) => hyper.alpha * g - Math.log(-Math.log(noise[n]![k]!)))
    const wrong = [0, 1, 2].filter((k) => k !== batch.target![n]!)
    return wrong.reduce((best, k) => (scores[k]! > scores[best]! ? k : best))
  })
}
