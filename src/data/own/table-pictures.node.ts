import { UsageError } from '../../errors.js'
import { sizeOf } from '../../graph/types.js'
import type { ImageShape } from '../dataset.js'
import { decodeImage, type ReadImage, readImage, sideFor } from '../images.node.js'
import { hasColour, toShape } from '../picture.js'
import type { DecodePictures, TablePicture } from './table.js'

/** Pictures to 8-bit levels, one after the other. */
export const decodePictures: DecodePictures = async (pictures, { shape: known, size, colour }, progress) => {
  const decoded = async ({ source, where }: TablePicture, side?: number): Promise<ReadImage> =>
    typeof source === 'string' ? await readImage(source, side) : await decodeImage(source, where, side)
  const wanted = known?.slice(1) ?? size
  const first = await decoded(pictures[0]!, wanted && sideFor(wanted))
  const [height, width] = wanted ?? [first.full.height, first.full.width]
  const inColour = colour ? colour === 'colour' : hasColour(first)
  const shape: ImageShape = known ?? [inColour ? 3 : 1, height!, width!]
  const inputs = new Uint8Array(pictures.length * sizeOf(shape))
  for (const [i, one] of pictures.entries()) {
    progress?.signal?.throwIfAborted()
    const picture = await decoded(one, sideFor(shape))
    const { full } = picture
    if (!wanted && (full.width !== width || full.height !== height))
      throw new UsageError(
        `${one.where} has ${full.height}x${full.width} pixels, and the first picture ${height}x${width}: ` +
          'say to which size all are brought (--size HEIGHTxWIDTH)',
      )
    const pixels = toShape(picture, shape)
    for (const [place, pixel] of pixels.entries()) inputs[i * pixels.length + place] = Math.round(255 * pixel)
    progress?.onProgress?.(i + 1, pictures.length, 'pictures')
  }
  return { shape, inputs }
}
