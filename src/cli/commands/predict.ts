import type { DataSet } from '../../data/dataset.js'
import { readImage } from '../../data/images.node.js'
import { type Picture, toShape } from '../../data/picture.js'
import { type PredictedImage, predict, readCheckpoint } from '../../node.js'
import { columns } from '../output/columns.js'
import { figure } from '../output/numbers.js'
import { print } from '../output/print.js'
import { styleOf } from '../output/style.js'

export interface PredictFlags {
  readonly invert?: true
  readonly json?: true
}

/**
 * `onward predict RUN IMAGE...`: the class of each picture, the scores of the likeliest three, and what was done to the
 * picture or may be wrong with it.
 */
export async function predictCommand(run: string, paths: readonly string[], flags: PredictFlags): Promise<void> {
  const { shape, maximum, classNames } = readCheckpoint(run).checkpoint.images
  const images: Uint8Array[] = []
  const notes: string[][] = []
  for (const path of paths) {
    const picture = await readImage(path)
    const pixels = toShape(picture, shape, { invert: flags.invert === true })
    notes.push(notesOn(picture, pixels, shape, flags.invert === true))
    images.push(Uint8Array.from(pixels, (pixel) => Math.round(pixel * maximum)))
  }
  const predictions = await predict(run, images)
  if (flags.json) {
    print(JSON.stringify(predictions.map((prediction, i) => ({ image: paths[i], ...prediction, notes: notes[i] }))))
    return
  }
  const style = styleOf(process.stdout)
  const rows = predictions.map((prediction, i) => [
    paths[i]!,
    style.bold(prediction.className),
    style.dim(`scores: ${likeliest(prediction, classNames)}`),
    style.dim(notes[i]!.join('; ')),
  ])
  print(...columns(rows))
}

/** `pixels` as the network sees them. */
function notesOn(picture: Picture, pixels: Float32Array, shape: DataSet['shape'], inverted: boolean): string[] {
  const [channels, rows, columns] = shape
  const { width, height } = picture
  const changed = width * rows === height * columns ? 'resized' : 'stretched'
  const border = pixels.filter((_, i) => {
    const [row, column] = [Math.floor(i / columns) % rows, i % columns]
    return row === 0 || row === rows - 1 || column === 0 || column === columns - 1
  })
  const light = border.reduce((a, b) => a + b, 0) / border.length
  const advice = inverted
    ? 'is light after --invert: leave it out?'
    : 'is light: for dark ink on light paper add --invert'
  return [
    ...(width === columns && height === rows ? [] : [`${changed} from ${width}x${height} to ${columns}x${rows}`]),
    // The grey data sets show light things on black.
    ...(channels === 1 && light > 0.5 ? [`its border ${advice}`] : []),
  ]
}

/** "3 12.50, 8 11.02, 5 9.870": classes and their scores, the best first. */
function likeliest({ scores }: PredictedImage, classNames: readonly string[]): string {
  const ranked = scores.map((score, label) => ({ score, label })).sort((a, b) => b.score - a.score)
  return ranked
    .slice(0, 3)
    .map(({ score, label }) => `${classNames[label]} ${figure(score)}`)
    .join(', ')
}
