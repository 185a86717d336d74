/** Images with their labels, in a fixed order. */
export interface Split {
  /** Pixels from 0 to the data set's `maximum`, shape [count, channels, height, width]. */
  readonly images: Uint8Array
  /** Classes from 0 to `classes - 1`, shape [count]. */
  readonly labels: Uint8Array
  readonly count: number
}

/** A data set for classification, whole in memory. */
export interface DataSet {
  readonly name: string
  readonly shape: readonly [channels: number, height: number, width: number]
  readonly classes: number
  /** The name of each class, as many as `classes`. */
  readonly classNames: readonly string[]
  /** The value of a full pixel: 255, and 16 for optdigits. */
  readonly maximum: number
  readonly train: Split
  /** Never read while anything is still being chosen; see `holdOut` for validation. */
  readonly test: Split
  /** Mean of pixel / maximum over the training images, per channel. */
  readonly mean: readonly number[]
  /** Standard deviation (of the population) of pixel / maximum over the training images, per channel. */
  readonly deviation: readonly number[]
}

/** All of a data set but what follows from its pixels. */
export type DataSetParts = Omit<DataSet, 'mean' | 'deviation'>

/** The pixels of one image of `shape`. */
export function imageSize(shape: DataSet['shape']): number {
  return shape[0] * shape[1] * shape[2]
}

/** The data set of `parts`, with mean and deviation of its training images; both are exact sums of integers. */
export function dataSet(parts: DataSetParts): DataSet {
  const [channels, height, width] = parts.shape
  const plane = height * width
  const sums = new Array<number>(channels).fill(0)
  const squares = new Array<number>(channels).fill(0)
  const { images, count } = parts.train
  for (
    let first = 0, channel = 0;
    first < count * channels * plane;
    first += plane, channel = (channel + 1) % channels
  ) {
    let sum = 0
    let square = 0
    for (let i = first; i < first + plane; i++) {
      const pixel = images[i]!
      sum += pixel
      square += pixel * pixel
    }
    sums[channel]! += sum
    squares[channel]! += square
  }
  const mean = sums.map((sum) => sum / (count * plane * parts.maximum))
  const deviation = squares.map((square, channel) => {
    const variance = square / (count * plane * parts.maximum ** 2) - mean[channel]! ** 2
    return Math.sqrt(Math.max(0, variance))
  })
  return { ...parts, mean, deviation }
}
