import { readImage } from '../../data/images.node.js'
import { type PredictedImage, predict, readCheckpoint } from '../../node.js'
import { columns } from '../output/columns.js'
import { figure } from '../output/numbers.js'
import { print } from '../output/print.js'
import { styleOf } from '../output/style.js'

export interface PredictFlags {
  readonly invert?: true
  readonly json?: true
}

/** `onward predict RUN IMAGE...`: the class of each picture, and the scores of the likeliest three. */
export async function predictCommand(run: string, paths: readonly string[], flags: PredictFlags): Promise<void> {
  const { shape, maximum, classNames } = readCheckpoint(run).checkpoint.images
  const images: Uint8Array[] = []
  for (const path of paths) {
    const pixels = await readImage(path, shape, { invert: flags.invert === true })
    images.push(Uint8Array.from(pixels, (pixel) => Math.round(pixel * maximum)))
  }
  const predictions = await predict(run, images)
  if (flags.json) {
    print(JSON.stringify(predictions.map((prediction, i) => ({ image: paths[i], ...prediction }))))
    return
  }
  const style = styleOf(process.stdout)
  const rows = predictions.map((prediction, i) => [
    paths[i]!,
    style.bold(prediction.className),
    style.dim(`scores: ${likeliest(prediction, classNames)}`),
  ])
  print(...columns(rows))
}

/** "3 12.50, 8 11.02, 5 9.870": classes and their scores, the best first. */
function likeliest({ scores }: PredictedImage, classNames: readonly string[]): string {
  const ranked = scores.map((score, label) => ({ score, label })).sort((a, b) => b.score - a.score)
  return ranked
    .slice(0, 3)
    .map(({ score, label }) => `${classNames[label]} ${figure(score)}`)
    .join(', ')
}
