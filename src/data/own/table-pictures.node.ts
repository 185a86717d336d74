import { decodeImage, readImage } from '../images.node.js'
import { decodeAll, type Encoded } from './decode.node.js'
import type { DecodePictures } from './table.js'

/** Pictures of a table to 8-bit levels. */
export const decodePictures: DecodePictures = async (pictures, { shape, ...wanted }, progress = {}) => {
  const encoded = pictures.map(({ source, where }): Encoded => {
    if (typeof source === 'string') return { name: source, read: (side) => readImage(source, side) }
    return { name: where, read: (side) => decodeImage(source, where, side) }
  })
  const as = shape && ({ size: [shape[1], shape[2]], colour: shape[0] === 3 ? 'colour' : 'grey' } as const)
  const { pixels: inputs, ...decoded } = await decodeAll(
    encoded,
    as ?? wanted,
    progress,
    'take their rows out of the table',
  )
  return { ...decoded, inputs }
}
