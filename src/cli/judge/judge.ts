import { judgeRun, type RunJudgement, type RunOptions } from '../../node.js'
import { count, figure, percent } from '../output/numbers.js'
import { columns, textWidth, wrapText } from '../output/text.js'
import { type Classes, checkClassifier, classesOf, describeClasses } from './classes.js'
import type { JudgeWishes } from './flags.js'

/** As many samples as a classifier sees where nobody says how many. */
const SEEN = 1000

export type Judged = RunJudgement & { readonly classifier?: Classes }

/** Judges what a run draws, as the flags say. */
export async function judged(
  run: string,
  { classifier, ...wishes }: JudgeWishes,
  options: RunOptions & { readonly seed: number },
): Promise<Judged> {
  if (classifier !== undefined) await checkClassifier(classifier)
  const progress = judgeProgress(process.stderr)
  const found = await judgeRun(run, { ...options, ...wishes, onProgress: progress.show }).finally(progress.end)
  if (classifier === undefined) return found
  return { ...found, classifier: await classesOf(run, classifier, { ...options, count: wishes.count ?? SEEN }) }
}

/** A line on a terminal that is drawn again; nothing elsewhere. */
function judgeProgress(output: { write(text: string): unknown; readonly isTTY?: boolean }) {
  let drawn = ''
  return {
    show(what: string, done: number, of: number): void {
      const line = `judging: ${what} ${Math.floor((100 * done) / of)} %`
      if (output.isTTY && line !== drawn) output.write(`\r\x1b[K${line}`)
      drawn = line
    },
    end(): void {
      if (output.isTTY && drawn !== '') output.write('\r\x1b[K')
    },
  }
}

/** A judgement in words, with what every figure is of. */
export function describeJudgement(own: Judged, classifier: string | undefined): string[] {
  const { metric, features, count: images, neighbours, floor, samples, reconstructions, against } = own
  const { likelihood, noLikelihood } = own
  const among = neighbours < images ? `; precision and recall go by ${count(neighbours)} of each` : ''
  const real = against === 'test' ? 'test images' : 'held-out images'
  const head =
    `${metric}: the Frechet distance between ${count(images)} ${real} and as many of each kind, by ${features.says}${among}. ` +
    'A small distance is good; it is comparable with others by these features and of as many images alone.'
  const few =
    images <= features.size
      ? `These are no more images than features (${count(features.size)}): the distance says little. Take more, or fewer features.`
      : undefined
  const row = (name: string, one: { distance: number; precision?: number; recall?: number }): string[] => [
    `  ${name}`,
    figure(one.distance),
    one.precision === undefined ? '' : percent(one.precision),
    one.recall === undefined ? '' : percent(one.recall),
  ]
  const table = [
    ['', metric.split('@')[0]!, 'precision', 'recall'],
    ...(samples ? [row('samples of noise', samples)] : []),
    ...(reconstructions ? [row('reconstructions of these images', reconstructions)] : []),
    row('training images: the floor', floor),
  ]
  return [
    ...wrapText(head, textWidth()),
    ...(few === undefined ? [] : wrapText(few, textWidth())),
    ...columns(table, [1, 2, 3]),
    ...(likelihood ? ['', ...describeLikelihood(likelihood)] : []),
    ...(noLikelihood === undefined ? [] : ['', ...wrapText(`No likelihood: ${noLikelihood}.`, textWidth())]),
    ...(own.classifier ? ['', ...describeClasses(own.classifier, classifier!)] : []),
  ]
}

function describeLikelihood(own: NonNullable<RunJudgement['likelihood']>): string[] {
  const { of, isExact, images, draws, nats, standardError, evidenceBound, bits } = own
  const inBits = bits === undefined ? '' : `, ${bits.toFixed(3)} bits per dimension`
  const noise = isExact ? 'the noise of levels' : 'codes and noise'
  const text =
    `Likelihood of ${count(images)} of these images: ${isExact ? '' : 'at least '}${nats.toFixed(2)} nats an image (standard ` +
    `error ${standardError.toFixed(2)})${inBits}, by ${count(draws)} draws of ${noise} each; one draw alone says ` +
    `${evidenceBound.toFixed(2)}. It is a density of ${of}.`
  return wrapText(text, textWidth())
}
