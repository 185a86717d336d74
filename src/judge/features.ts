import { gatherInputs, permutation, type Samples, type Split } from '../data/index.js'
import { sizeOf } from '../graph/types.js'
import { stream } from '../random/stream.js'
import { principalComponents, projected } from './principal.js'

/** Turns images into the vectors by which they are compared. */
export interface Features {
  /** As the names of figures have it: `pixelPCA64`, `backprop-mnist@1a2b3c4d`. */
  readonly name: string
  /** What they are, in words. */
  readonly says: string
  readonly size: number
  /** The SHA-256 of the file that they come from. */
  readonly sha256?: string
  /** They are those that the Frechet inception distance is defined by. */
  readonly isInception?: boolean
  /** Images [count, C, H, W], pixels in [0, 1], to vectors [count, size]. */
  of(images: Float32Array, count: number): Promise<Float32Array>
  close(): Promise<void>
}

/** The name of the Frechet distance by these features: FID is that by one network alone. */
export const metricOf = ({ name, isInception }: Pick<Features, 'name' | 'isInception'>): string =>
  isInception ? 'FID' : `FD-${name}`

/** Components of the pixels, at most; the dimension of the specification's name, FD-pixelPCA64. */
const COMPONENTS = 64

/** Images that the components are fitted on: more where an image is small enough for the eigenvectors of its pixels. */
const fittedOn = (size: number): number => (size <= 1024 ? 5000 : 1024)

/** Some rows of a split: always the same ones, whatever the order of its images. */
export const someRows = ({ count }: Pick<Split, 'count'>, wanted: number, name: string): Uint32Array =>
  permutation(count, stream(0, 0, `judged ${name}`)).slice(0, wanted)

/** Principal components of the pixels of training images. */
export async function pixelFeatures(samples: Samples, train: Split, most = COMPONENTS): Promise<Features> {
  const size = sizeOf(samples.input.shape)
  const rows = someRows(train, fittedOn(size), 'components')
  const images = new Float32Array(rows.length * size)
  gatherInputs(samples, train, rows, images)
  const components = principalComponents(images, size, most)
  const { count } = components
  return {
    name: `pixelPCA${count}`,
    says: `the first ${count} principal components of the pixels of training images`,
    size: count,
    of: async (own) => projected(components, own),
    close: async () => {},
  }
}
