import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { type ImageShape, imageShapeOf } from '../../data/dataset.js'
import { readImage } from '../../data/images.node.js'
import { type Picture, toShape } from '../../data/picture.js'
import { UserError } from '../../errors.js'
import { show } from '../../graph/types.js'
import { type Predicted, predict, readCheckpoint } from '../../node.js'
import { figure } from '../output/numbers.js'
import { print, printJson } from '../output/print.js'
import { columns } from '../output/text.js'
import { namedRule, type RunFlags } from '../run.js'

export interface PredictFlags extends RunFlags {
  readonly invert?: true
}

/**
 * `onward predict RUN IMAGE...`: the class of each picture, the scores of the likeliest three, and what was done to the
 * picture or may be wrong with it. A picture that cannot be read does not keep the others from being told; at the end a
 * UserError names all such.
 */
export async function command(run: string, paths: readonly string[], flags: PredictFlags): Promise<void> {
  const rule = namedRule(run, flags)
  const { samples } = readCheckpoint(run).checkpoint
  const shape = imageShapeOf(samples.input)
  if (!shape)
    throw new UserError(
      `${run} reads inputs ${show(samples.input.shape)} that are no images: predict from a program, as in ` +
        "predict(run, inputs) of 'onward/node'.",
    )
  const kind = { shape, levels: samples.input.levels! }
  const pictures: Awaited<ReturnType<typeof readPicture>>[] = []
  for (const path of paths.flatMap(picturesIn)) pictures.push(await readPicture(path, kind, flags.invert === true))
  const pixels = pictures.flatMap((picture) => picture.pixels ?? [])
  const said = (pixels.length > 0 ? await predict(run, pixels, rule) : []).values()
  const all = pictures.map(({ image, notes, error }) =>
    notes ? { image, ...(said.next().value as Predicted), notes } : { image, error },
  )
  if (flags.json) printJson(all)
  else {
    const told = all.filter((one) => 'scores' in one)
    const lines = columns(
      told.map((one) => [
        one.image,
        styleText('bold', saidOf(one)),
        styleText('dim', 'label' in one ? `scores: ${likeliest(one, samples.names)}` : ''),
      ]),
    )
    print(...told.flatMap(({ notes }, i) => [lines[i]!, ...notes.map((note) => styleText('dim', `  ${note}`))]))
  }
  const refused = all.filter((one) => 'error' in one)
  if (refused.length > 0) throw new UserError(refused.map(({ error }) => error).join('\n'))
}

/** The path itself, or the pictures in the folder that it names. */
function picturesIn(path: string): string[] {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return [path]
  const names = readdirSync(path).filter((name) => /\.(png|jpe?g)$/i.test(name))
  if (names.length === 0) throw new UserError(`The folder ${path} holds no PNG or JPEG files.`)
  return names.sort().map((name) => join(path, name))
}

interface Kind {
  readonly shape: ImageShape
  readonly levels: number
}

/** A picture as the network reads it, of the shape and range that it was trained with; or why it cannot be read. */
async function readPicture(image: string, { shape, levels }: Kind, invert: boolean) {
  try {
    const picture = await readImage(image)
    const pixels = toShape(picture, shape, { invert })
    const notes = notesOn(picture, pixels, shape, invert)
    return { image, notes, pixels: Uint8Array.from(pixels, (pixel) => Math.round(pixel * (levels - 1))) }
  } catch (error) {
    if (error instanceof UserError) return { image, error: error.message }
    throw error
  }
}

/** `pixels` as the network sees them. */
function notesOn(picture: Picture, pixels: Float32Array, shape: ImageShape, inverted: boolean): string[] {
  const [channels, rows, columns] = shape
  const { width, height } = picture
  const changed = width * rows === height * columns ? 'resized' : 'given a margin and resized'
  const border = pixels.filter((_, i) => {
    const [row, column] = [Math.floor(i / columns) % rows, i % columns]
    return row === 0 || row === rows - 1 || column === 0 || column === columns - 1
  })
  const light = border.reduce((a, b) => a + b, 0) / border.length
  const advice = inverted
    ? 'is light after --invert: leave it out?'
    : 'is light: for dark ink on light paper add --invert'
  const range = pixels.reduce((a, b) => Math.max(a, b), 0) - pixels.reduce((a, b) => Math.min(a, b), 1)
  return [
    ...(range < 0.02 ? ['it shows one shade alone'] : []),
    ...(width === columns && height === rows ? [] : [`${changed} from ${width}x${height} to ${columns}x${rows}`]),
    // The grey data sets show light things on black.
    ...(channels === 1 && light > 0.5 ? [`its border ${advice}`] : []),
  ]
}

/** A class, labels or values, in words. */
function saidOf(one: Predicted): string {
  if ('className' in one) return one.className
  if ('labels' in one) return one.labels.join(', ') || 'no label'
  return Object.entries(one.values)
    .map(([name, value]) => `${name} ${figure(value)}`)
    .join(', ')
}

/** "3 12.50, 8 11.02, 5 9.870": classes and their scores, the best first. */
function likeliest({ scores }: Predicted, classNames: readonly string[]): string {
  const ranked = scores.map((score, label) => ({ score, label })).sort((a, b) => b.score - a.score)
  return ranked
    .slice(0, 3)
    .map(({ score, label }) => `${classNames[label]} ${figure(score)}`)
    .join(', ')
}
