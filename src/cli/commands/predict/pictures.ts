import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ImageShape } from '../../../data/dataset.js'
import type { Ground } from '../../../data/ground.js'
import { type ReadImage, readImage, sideFor } from '../../../data/images.node.js'
import { inkImage } from '../../../data/ink.js'
import { borderMean, toShape, WHOLE_FITS, type WholeFit } from '../../../data/picture.js'
import { FORMATS, PICTURE_NAME } from '../../../data/picture-formats.js'
import { UsageError, UserError } from '../../../errors.js'
import { unknownName } from '../../../names.js'

/** How pictures are brought to what the network reads. */
export const FITS = ['ink', ...WHOLE_FITS] as const

export interface FitFlags {
  readonly fit?: string
  readonly invert?: true
}

/** What the network reads. */
export interface Kind {
  readonly shape: ImageShape
  readonly levels: number
  /** How the ink of its training images lies; undefined where they show none on a plain ground. */
  readonly ground: Ground | undefined
}

interface Fit {
  readonly fit: (typeof FITS)[number]
  readonly invert: boolean
}

/**
 * The fit of `--fit`; by default `ink` where the training images show ink on a plain ground, and else `contain`. Throws
 * a UsageError for another one, and for `ink` where the training images show none.
 */
export function fitOf({ fit, invert }: FitFlags, { ground }: Kind, run: string): Fit {
  const own = FITS.find((known) => known === (fit ?? (ground ? 'ink' : 'contain')))
  if (!own) throw unknownName('way to fit a picture (--fit)', fit!, FITS)
  if (own === 'ink' && !ground)
    throw new UsageError(
      `${run} was trained on images that show no ink on a plain ground, as far as it knows: take --fit ` +
        `${WHOLE_FITS.join(', ')}.`,
    )
  return { fit: own, invert: invert === true }
}

/** The path itself, or the pictures in the folder that it names. */
export function picturesIn(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path]
  const names = readdirSync(path).filter((name) => PICTURE_NAME.test(name) && !name.startsWith('.'))
  if (names.length === 0) throw new UserError(`The folder ${path} holds no ${FORMATS} files.`)
  return names.sort().map((name) => join(path, name))
}

/** A picture as the network reads it, of the shape and range that it was trained with; or why it cannot be read. */
export async function readPicture(image: string, kind: Kind, fit: Fit) {
  try {
    const picture = await readImage(image, sideFor(kind.shape))
    const { pixels, notes, ...how } = fitted(picture, kind, fit)
    const levels = Uint8Array.from(pixels, (pixel) => Math.round(pixel * (kind.levels - 1)))
    return { image, pixels: levels, ...how, notes: [...picture.notes, ...notes] }
  } catch (error) {
    if (error instanceof UserError) return { image, error: error.message }
    throw error
  }
}

function fitted(picture: ReadImage, kind: Kind, { fit, invert }: Fit) {
  const { shape, ground } = kind
  const ink = fit === 'ink' ? inkImage(picture, shape, ground!, { invert }) : undefined
  if (ink) return { fit, pixels: ink.pixels, notes: [ink.note] }
  const whole: WholeFit = fit === 'ink' ? 'contain' : fit
  const pixels = toShape(picture, shape, { invert, fit: whole })
  return {
    ...{ fit: whole, pixels },
    notes: [
      ...(fit === 'ink'
        ? [invert ? 'no dark ink was found: leave --invert out?' : 'no ink was found: taken whole']
        : []),
      ...notesOn(picture, pixels, kind, whole),
    ],
  }
}

/** `pixels` as the network sees them. */
function notesOn({ full }: ReadImage, pixels: Float32Array, { shape, ground }: Kind, fit: WholeFit): string[] {
  const [channels, height, width] = shape
  const isAlike = full.width * height === full.height * width
  const changed = { contain: 'given a margin and resized', cover: 'cut and resized', stretch: 'stretched' }[fit]
  const range = pixels.reduce((a, b) => Math.max(a, b), 0) - pixels.reduce((a, b) => Math.min(a, b), 1)
  const light = channels === 1 && borderMean({ width, height, values: pixels }) > 0.5 ? 'light' : 'dark'
  const isOther = ground !== undefined && light !== ground.level
  return [
    ...(isOther ? [`its border is ${light}, those of the training images are ${ground.level}`] : []),
    ...(range < 0.02 ? ['it shows one shade alone'] : []),
    ...(full.width === width && full.height === height
      ? []
      : [`${isAlike ? 'resized' : changed} from ${full.width}x${full.height} to ${width}x${height}`]),
  ]
}
