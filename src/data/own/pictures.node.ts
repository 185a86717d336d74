import { UsageError, UserError } from '../../errors.js'
import { stream } from '../../random/stream.js'
import { permutation } from '../batches.js'
import type { Split } from '../dataset.js'
import { readImage, sideFor } from '../images.node.js'
import { hasColour, toShape } from '../picture.js'
import type { Found, OwnOptions, Pictures, ReadProgress } from './content.js'
import type { Meant } from './meaning.js'
import { checkFits } from './memory.node.js'
import { keptPixels, type Pixels } from './picture-cache.node.js'

/** Files in work at a time: decoding is done by the threads of the library, which wait for nothing so. */
const AT_ONCE = 16

/** Of so many pictures, evenly spread, it is asked whether they have colour. */
const ASKED = 64

/** So many broken pictures are named. */
const NAMED = 5

/** The same order of the files for everyone: the first ones of it are of all classes. */
const SEED = 2026

type File = Pictures['files'][number]

/**
 * Pictures as images of one shape, decoded once and kept: at `size` (default: that of the pictures, which must all be
 * the same), in colour where they have some. The labels are the names of their folders.
 */
export async function meaningOfPictures(
  found: Found<Pictures>,
  options: OwnOptions,
  progress: ReadProgress = {},
): Promise<Meant> {
  const { target, names } = classesOf(found, options)
  const [train, test] = [mixed(found.train.files), found.test && mixed(found.test.files)]
  const files = [...train, ...(test ?? [])]
  const { shape, pixels, notes } = await keptPixels(files, options, progress, () => decodeAll(files, options, progress))
  const one = shape[0] * shape[1] * shape[2]
  const split = (own: readonly File[], first: number): Split => ({
    inputs: pixels.subarray(first * one, (first + own.length) * one),
    ...(target.kind === 'class' && { targets: Int32Array.from(own, ({ label }) => names.indexOf(label!)) }),
    count: own.length,
  })
  return {
    input: { shape, levels: 256 },
    ...{ target, names },
    train: split(train, 0),
    ...(test && { test: split(test, train.length) }),
    notes: [...(found.notes ?? []), ...notes],
  }
}

/** The classes of the training part, in the order in which its folders come. */
function classesOf({ train }: Found<Pictures>, { task, target, classes }: OwnOptions): Pick<Meant, 'target' | 'names'> {
  const labels = [...new Set(train.files.flatMap(({ label }) => label ?? []))]
  if (target) throw new UsageError('pictures in folders have no columns or arrays: leave --target out.')
  if (task === 'none' || (task === undefined && labels.length === 0)) return { target: { kind: 'none' }, names: [] }
  if (task === 'labels' || task === 'values')
    throw new UsageError(
      `folders of pictures have classes, or no target at all: --task ${task} needs a table (CSV) that names the pictures.`,
    )
  if (labels.length === 0)
    throw new UsageError('these pictures lie in no sub-folders, one for each class: say --task none, or sort them.')
  if (labels.length === 1)
    throw new UsageError(
      `all pictures lie in one sub-folder, ${labels[0]}: there is nothing to tell apart; add the other classes, or ` +
        'say --task none.',
    )
  return { target: { kind: 'class', count: labels.length }, names: classes ?? labels }
}

function mixed(files: readonly File[]): File[] {
  return Array.from(permutation(files.length, stream(SEED, 0, 'files')), (place) => files[place]!)
}

async function decodeAll(
  files: readonly File[],
  { size, colour }: OwnOptions,
  { signal, onProgress }: ReadProgress,
): Promise<Pixels> {
  const { file: model, picture: first } = await firstReadable(files, size && sideFor(size), signal)
  const own = first.full
  const [height, width] = size ?? [own.height, own.width]
  // Larger ones are read smaller; nobody wants networks of such inputs unasked.
  if (!size && (own.height !== first.height || own.width !== first.width)) throw needsSize(model, own)
  const inColour = colour ? colour === 'colour' : await haveColour(files)
  const shape = [inColour ? 3 : 1, height, width] as const
  const one = shape[0] * height * width
  checkFits(files.length * one, `${files.length} pictures of ${height}x${width}`)
  const pixels = new Uint8Array(files.length * one)
  const broken: string[] = []
  let [done, greyed, resized] = [0, 0, 0]
  await inParallel(files, async (file, place) => {
    signal?.throwIfAborted()
    try {
      const picture = await readImage(file.path, sideFor(shape))
      const { full } = picture
      const isOther = full.height !== height || full.width !== width
      if (isOther && !size) throw needsSize(file, full, { file: model, ...own })
      resized += Number(isOther)
      greyed += Number(!inColour && colour === undefined && hasColour(picture))
      const image = toShape(picture, shape)
      for (let i = 0; i < one; i++) pixels[place * one + i] = Math.round(255 * image[i]!)
    } catch (error) {
      if (!(error instanceof UserError) || error instanceof UsageError) throw error
      broken.push(error.message)
    }
    onProgress?.(++done, files.length, `${files.length} pictures`)
  })
  if (broken.length > 0) throw brokenOnes(broken.sort())
  return {
    ...{ shape, pixels },
    notes: [
      ...(resized > 0 ? [`${resized} pictures of other sizes are resized to ${height}x${width}, with a margin`] : []),
      ...(greyed > 0 ? [`${greyed} pictures have colour and are read as grey: --colour keeps it`] : []),
    ],
  }
}

/** The first picture that can be read. Throws a UserError where there is none. */
async function firstReadable(files: readonly File[], side: number | undefined, signal: AbortSignal | undefined) {
  const broken: string[] = []
  for (const file of files) {
    signal?.throwIfAborted()
    try {
      return { file, picture: await readImage(file.path, side) }
    } catch (error) {
      if (!(error instanceof UserError)) throw error
      broken.push(error.message)
    }
  }
  throw brokenOnes(broken)
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

function needsSize(file: File, { height, width }: Size, other?: Size & { readonly file: File }): UsageError {
  const sizes = other
    ? `${other.file.path} is ${other.height}x${other.width}, ${file.path} ${height}x${width}`
    : `${file.path} is ${height}x${width}`
  return new UsageError(`Say the size of the pictures for the network, such as --size 32x32: ${sizes}.`)
}

function brokenOnes(messages: readonly string[]): UserError {
  const more = messages.length - NAMED
  return new UserError(
    [
      ...messages.slice(0, NAMED),
      ...(more > 0 ? [`${more} more pictures cannot be read.`] : []),
      'Mend these files, or move them out of the folder.',
    ].join('\n'),
  )
}

/** Whether one of some pictures, evenly spread, has colour. */
async function haveColour(files: readonly File[]): Promise<boolean> {
  const step = Math.max(1, Math.floor(files.length / ASKED))
  for (let i = 0; i < files.length; i += step) {
    try {
      if (hasColour(await readImage(files[i]!.path))) return true
    } catch (error) {
      // Broken ones are told all together.
      if (!(error instanceof UserError)) throw error
    }
  }
  return false
}
