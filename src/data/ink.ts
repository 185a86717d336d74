import { complement, type Ground, INK, type Ink, inkOf } from './ground.js'
import type { ImageShape } from './image-shape.js'
import { drawnOf, type Picture, type Plane, resampled, toPlanes } from './picture.js'
import { kept } from './strokes.js'
import { groundSurface } from './surface.js'

/** A picture of ink as a network reads it, and what was done, in one line for people. */
export interface InkImage {
  /** [1, height, width], from 0 to 1. */
  readonly pixels: Float32Array
  readonly note: string
}

/** What differs from the ground by less is no ink. */
const LEAST = 0.08

/** A drawing in shades this close to each other is told from its ground by what is opaque. */
const ONE_SHADE = 0.2

/** An image whose ink lies as that of the training images, to within so many pixels, stays as it is. */
const IN_PLACE = 1

/**
 * A picture of ink as the training images are: the ground evened out, the ink light or dark as theirs, its box scaled to
 * their longer side, its centre in the middle. Undefined where no ink is found. `invert`: the ink is dark; otherwise
 * that is found out, by what is rarer. On a mostly transparent ground the ink is what is opaque.
 */
export function inkImage(
  picture: Picture,
  [, height, width]: ImageShape,
  ground: Ground,
  { invert = false }: { readonly invert?: boolean } = {},
): InkImage | undefined {
  const [plane] = toPlanes(picture, 1)
  const found = byOpacity(picture) ?? byShade(plane!, invert)
  const strokes = found && kept(found.strength)
  const ink = strokes && inkOf(strokes, INK)
  if (!ink) return undefined
  const level = (image: Float32Array): Float32Array =>
    ground.level === 'dark' ? image : complement({ width, height, values: image }).values
  const told = picture.full ?? picture
  const inFull = (pixels: number): number => Math.round((pixels * told.width) / picture.width)
  if (found.how.isPlain && picture.width === width && picture.height === height && isInPlace(ink, ground, picture)) {
    const pixels = found.how.isDark ? complement(plane!).values : plane!.values
    return { pixels: level(pixels), note: `${found.how.words}; it lies as the training images do` }
  }
  const scale = Math.max(ink.box.width, ink.box.height) / ground.side
  const middle = ink[ground.centre]
  const region = {
    left: middle.x - (scale * width) / 2,
    top: middle.y - (scale * height) / 2,
    width: scale * width,
    height: scale * height,
  }
  const pixels = full(resampled(strokes, region, height, width, 0))
  const box = `${inFull(ink.box.width)}x${inFull(ink.box.height)} of ${told.width}x${told.height}`
  const by = ground.centre === 'mass' ? 'its centre of mass' : 'its box'
  return {
    pixels: level(pixels),
    note: `${found.how.words}; ${box} pixels cut out, scaled to ${ground.side} and centred by ${by}`,
  }
}

/** How strongly each pixel is ink, from 0 to 1, and how that was found out. */
interface FoundInk {
  readonly strength: Plane
  readonly how: {
    readonly words: string
    readonly isDark: boolean
    /** The ground is of one shade, so that nothing but light and dark was changed. */
    readonly isPlain: boolean
  }
}

/** Of a drawing in about one shade on a mostly transparent ground. */
function byOpacity(picture: Picture): FoundInk | undefined {
  const { width, height, channels, maximum, data } = picture
  const { share, light } = drawnOf(picture)
  if (share >= 0.5 || share === 0) return undefined
  const values = new Float32Array(width * height)
  for (let i = 0; i < values.length; i++) values[i] = data[(i + 1) * channels - 1]! / maximum
  const [grey] = toPlanes({ ...picture, data: opaque(picture) }, 1)
  let spread = 0
  for (const [i, opacity] of values.entries()) spread += opacity * (grey!.values[i]! - light) ** 2
  if (Math.sqrt(spread / (share * values.length)) > ONE_SHADE) return undefined
  const words = 'ink told from the ground by transparency'
  return { strength: { width, height, values }, how: { words, isDark: false, isPlain: false } }
}

/** The same pixels without transparency. */
const opaque = ({ channels, maximum, data }: Picture): ArrayLike<number> =>
  Array.from(data, (value, i) => (i % channels === channels - 1 ? maximum : value))

/** By how far a pixel is from the ground, as a share of the light that there is (dark ink) or is missing. */
function byShade({ width, height, values }: Plane, invert: boolean): FoundInk | undefined {
  const { values: ground, grain } = groundSurface({ width, height, values })
  const least = Math.max(LEAST, 4 * grain)
  let [lighter, darker] = [0, 0]
  for (const [i, value] of values.entries()) {
    const off = value - ground[i]!
    if (off > least) lighter += off
    else if (off < -least) darker -= off
  }
  const isDark = invert || darker > lighter
  if ((isDark ? darker : lighter) === 0) return undefined
  const floor = 2 * grain
  const strength = values.map((value, i) => {
    const level = ground[i]!
    const off = isDark ? level - value : value - level
    return Math.max(0, off - floor) / Math.max(0.1, isDark ? level : 1 - level)
  })
  let [lowest, highest] = [1, 0]
  for (const level of ground) [lowest, highest] = [Math.min(lowest, level), Math.max(highest, level)]
  const isUneven = highest - lowest > LEAST
  const end = isDark ? 1 - lowest : highest
  const words = [
    isDark ? 'dark ink on a light ground' : 'light ink on a dark ground',
    ...(isUneven ? ['evened out'] : []),
  ].join(', ')
  return {
    strength: { width, height, values: strength },
    how: { words, isDark, isPlain: !isUneven && end < 0.02 && grain < 0.01 },
  }
}

function isInPlace(ink: Ink, { sides, centre, away }: Ground, { width, height }: Picture): boolean {
  const { x, y } = ink[centre]
  const side = Math.max(ink.box.width, ink.box.height)
  const fits = side >= sides[0] - IN_PLACE && side <= sides[1] + IN_PLACE
  return fits && Math.hypot(x - width / 2, y - height / 2) <= Math.max(IN_PLACE, away)
}

/** Thin strokes lose strength where they are made smaller: the strongest become full again. */
function full(image: Float32Array): Float32Array {
  const strong = image.filter((value) => value > INK / 2).sort()
  const top = strong[Math.floor(strong.length * 0.9)] ?? 1
  return image.map((value) => Math.min(1, Math.max(0, value / top)))
}
