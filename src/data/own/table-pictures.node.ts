import { UsageError } from '../../errors.js'
import { sizeOf } from '../../graph/types.js'
import type { ImageShape } from '../dataset.js'
import { decodeImage, readImage } from '../images.node.js'
import { type Picture, toShape } from '../picture.js'
import type { DecodePictures, TablePicture } from './table.js'

/** Pictures to 8-bit levels, one after the other. */
export const decodePictures: DecodePictures = async (pictures, { shape: known, size, colour }, progress) => {
  const decoded = async ({ source, where }: TablePicture): Promise<Picture> =>
    typeof source === 'string' ? await readImage(source) : await decodeImage(source, where)
  const first = await decoded(pictures[0]!)
  const [height, width] = size ?? [first.height, first.width]
  const shape: ImageShape = known ?? [(colour ? colour === 'colour' : first.channels >= 3) ? 3 : 1, height, width]
  const inputs = new Uint8Array(pictures.length * sizeOf(shape))
  for (const [i, one] of pictures.entries()) {
    progress?.signal?.throwIfAborted()
    const picture = await decoded(one)
    if (!known && !size && (picture.width !== width || picture.height !== height))
      throw new UsageError(
        `${one.where} has ${picture.height}x${picture.width} pixels, and the first picture ${height}x${width}: ` +
          'say to which size all are brought (--size HEIGHTxWIDTH)',
      )
    const pixels = toShape(picture, shape)
    for (const [place, pixel] of pixels.entries()) inputs[i * pixels.length + place] = Math.round(255 * pixel)
    progress?.onProgress?.(i + 1, pictures.length, 'pictures')
  }
  return { shape, inputs }
}
