import { UsageError } from '../../errors.js'
import { stream } from '../../random/stream.js'
import { permutation } from '../batches.js'
import type { Split } from '../dataset.js'
import { readImage } from '../images.node.js'
import type { Found, OwnOptions, Pictures, ReadProgress } from './content.js'
import { decodeAll } from './decode.node.js'
import type { Meant } from './meaning.js'
import { keptPixels } from './picture-cache.node.js'

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
  const encoded = files.map(({ path }) => ({ name: path, read: (side?: number) => readImage(path, side) }))
  const decode = () => decodeAll(encoded, options, progress, 'move them out of the folder')
  const { shape, pixels, notes } = await keptPixels(files, options, progress, decode)
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
function classesOf(
  { train }: Found<Pictures>,
  { task, target, classes, amongClasses }: OwnOptions,
): Pick<Meant, 'target' | 'names'> {
  const labels = [...new Set(train.files.flatMap(({ label }) => label ?? []))]
  if (target) throw new UsageError('pictures in folders have no columns or arrays: leave --target out.')
  if (task === 'none' || (task === undefined && labels.length === 0)) return { target: { kind: 'none' }, names: [] }
  if (task === 'labels' || task === 'values')
    throw new UsageError(
      `folders of pictures have classes, or no target at all: --task ${task} needs a table (CSV) that names the pictures.`,
    )
  if (labels.length === 0)
    throw new UsageError('these pictures lie in no sub-folders, one for each class: say --task none, or sort them.')
  if (labels.length === 1 && !amongClasses)
    throw new UsageError(
      `all pictures lie in one sub-folder, ${labels[0]}: there is nothing to tell apart; add the other classes, or ` +
        'say --task none.',
    )
  return { target: { kind: 'class', count: labels.length }, names: classes ?? labels }
}

function mixed(files: readonly File[]): File[] {
  return Array.from(permutation(files.length, stream(SEED, 0, 'files')), (place) => files[place]!)
}
