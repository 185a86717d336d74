import { UsageError, UserError } from '../../errors.js'
import type { ImageShape } from '../dataset.js'
import { type ReadImage, sideFor } from '../images.node.js'
import { hasColour, toShape } from '../picture.js'
import type { OwnOptions, ReadProgress } from './content.js'
import { checkFits } from './memory.node.js'

/** A picture that is not decoded yet, in a file or in a cell of a table. */
export interface Encoded {
  /** For messages. */
  readonly name: string
  /** Throws a UserError where it cannot be read; `side` as of `readImage`. */
  read(side?: number): Promise<ReadImage>
}

/** What decoding gives, and what the cache keeps. */
export interface Pixels {
  readonly shape: ImageShape
  /** [N, ...shape], in the order of the pictures. */
  readonly pixels: Uint8Array
  readonly notes: readonly string[]
}

/** Pictures in work at a time: so many that the threads of the library, which decode them, never wait. */
const AT_ONCE = 16

/** Of so many pictures, evenly spread, it is asked whether they have colour. */
const ASKED = 64

/** So many broken pictures are named. */
const NAMED = 5

/**
 * Decodes pictures to 8-bit levels of one shape: of `size` (default: that of the pictures, which must all have it), in
 * colour where some have it, unless `colour` says. Throws a UsageError where a size is needed, and a UserError that names
 * all pictures that cannot be read, and says to mend them or else to do what `orElse` says.
 */
export async function decodeAll(
  pictures: readonly Encoded[],
  { size, colour }: Pick<OwnOptions, 'size' | 'colour'>,
  { signal, onProgress }: ReadProgress,
  orElse: string,
): Promise<Pixels> {
  const { encoded: model, picture: first } = await firstReadable(pictures, size && sideFor(size), orElse, signal)
  const own = first.full
  const [height, width] = size ?? [own.height, own.width]
  // Larger ones are read smaller; nobody wants networks of such inputs unasked.
  if (!size && (own.height !== first.height || own.width !== first.width)) throw needsSize(model, own)
  const inColour = colour ? colour === 'colour' : await haveColour(pictures)
  const shape = [inColour ? 3 : 1, height, width] as const
  const one = shape[0] * height * width
  checkFits(pictures.length * one, `${pictures.length} pictures of ${height}x${width}`)
  const pixels = new Uint8Array(pictures.length * one)
  const broken: string[] = []
  let [done, greyed, resized] = [0, 0, 0]
  await inParallel(pictures, async (encoded, place) => {
    signal?.throwIfAborted()
    try {
      const picture = await encoded.read(sideFor(shape))
      const { full } = picture
      const isOther = full.height !== height || full.width !== width
      if (isOther && !size) throw needsSize(encoded, full, { encoded: model, ...own })
      resized += Number(isOther)
      greyed += Number(!inColour && colour === undefined && hasColour(picture))
      const image = toShape(picture, shape)
      for (let i = 0; i < one; i++) pixels[place * one + i] = Math.round(255 * image[i]!)
    } catch (error) {
      if (!(error instanceof UserError) || error instanceof UsageError) throw error
      broken.push(error.message)
    }
    onProgress?.(++done, pictures.length, `${pictures.length} pictures`)
  })
  if (broken.length > 0) throw brokenOnes(broken.sort(), orElse)
  return {
    ...{ shape, pixels },
    notes: [
      ...(resized > 0 ? [`${resized} pictures of other sizes are resized to ${height}x${width}, with a margin`] : []),
      ...(greyed > 0 ? [`${greyed} pictures have colour and are read as grey: --colour keeps it`] : []),
    ],
  }
}

/** The first picture that can be read. Throws a UserError where there is none. */
async function firstReadable(
  pictures: readonly Encoded[],
  side: number | undefined,
  orElse: string,
  signal?: AbortSignal,
) {
  const broken: string[] = []
  for (const encoded of pictures) {
    signal?.throwIfAborted()
    try {
      return { encoded, picture: await encoded.read(side) }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      broken.push(error.message)
    }
  }
  throw brokenOnes(broken, orElse)
}

/** Runs `work` for every item, several at a time; the first failure stops it and is thrown. */
async function inParallel<T>(items: readonly T[], work: (item: T, place: number) => Promise<void>): Promise<void> {
  let next = 0
  let failed = false
  const run = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const place = next++
      try {
        await work(items[place]!, place)
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, run))
}

type Size = { readonly width: number; readonly height: number }

function needsSize(
  { name }: Encoded,
  { height, width }: Size,
  other?: Size & { readonly encoded: Encoded },
): UsageError {
  const sizes = other
    ? `${other.encoded.name} is ${other.height}x${other.width}, ${name} ${height}x${width}`
    : `${name} is ${height}x${width}`
  return new UsageError(`Say the size of the pictures for the network, such as --size 32x32: ${sizes}.`)
}

function brokenOnes(messages: readonly string[], orElse: string): UserError {
  const more = messages.length - NAMED
  return new UserError(
    [
      ...messages.slice(0, NAMED),
      ...(more > 0 ? [`${more} more pictures cannot be read.`] : []),
      `Mend these files, or ${orElse}.`,
    ].join('\n'),
  )
}

/** Whether one of some pictures, evenly spread, has colour. */
async function haveColour(pictures: readonly Encoded[]): Promise<boolean> {
  const step = Math.max(1, Math.floor(pictures.length / ASKED))
  for (let i = 0; i < pictures.length; i += step) {
    try {
      if (hasColour(await pictures[i]!.read())) return true
    } catch (error) {
      // Broken ones are told all together.
      if (!(error instanceof UserError)) throw error
    }
  }
  return false
}
