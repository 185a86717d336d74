import { UsageError } from '../../errors.js'
import { samplesOfRun } from '../../judge-run.node.js'
import { predict, type RunOptions, readCheckpoint, readConfig, ruleOfRun } from '../../node.js'
import { percent } from '../output/numbers.js'
import { columns, textWidth, wrapText } from '../output/text.js'

/** Samples that a classifier sees at most, and how sure it must be. */
const MOST = 1000
const CONFIDENCE = 0.9

/** What a classifier makes of samples of noise: whether all classes are drawn, and clearly. */
export interface Classes {
  readonly samples: number
  readonly confidence: number
  /** The share of all samples that the classifier is sure of. */
  readonly sure: number
  /** Those called each class, as shares of all samples. */
  readonly classes: Readonly<Record<string, number>>
}

/** Throws a UsageError unless the run classifies, and says how sure it is. */
export async function checkClassifier(run: string): Promise<void> {
  const { id, predict: predicts, probabilities } = await ruleOfRun(run)
  const { kind } = readCheckpoint(run).checkpoint.samples.target
  if (!predicts || kind !== 'class')
    throw new UsageError(
      `--judge needs a run that classifies; ${id} ${predicts ? `says ${kind} there` : 'only draws'}.`,
    )
  if (!probabilities?.(readConfig(run).hyper))
    throw new UsageError(
      `the scores of ${run} (${id}) are no probabilities, so it cannot say how sure it is: take a run of backprop.`,
    )
}

/** What a trained classifier makes of samples: the softmax of its scores is taken for its confidence. */
export async function classesOf(
  run: string,
  classifier: string,
  drawing: RunOptions & { readonly count: number; readonly seed: number },
): Promise<Classes> {
  const { names } = readCheckpoint(classifier).checkpoint.samples
  const images = await samplesOfRun(run, { ...drawing, count: Math.min(MOST, drawing.count) })
  const sure = (await predict(classifier, images)).filter(({ scores }) => {
    const largest = Math.max(...scores)
    return 1 / scores.reduce((sum, score) => sum + Math.exp(score - largest), 0) > CONFIDENCE
  })
  const classes = Object.fromEntries(names.map((name) => [name, 0]))
  for (const said of sure) if ('className' in said) classes[said.className]! += 1 / images.length
  return { samples: images.length, confidence: CONFIDENCE, sure: sure.length / images.length, classes }
}

export function describeClasses({ samples, confidence, sure, classes }: Classes, classifier: string): string[] {
  const share = `${classifier} is sure of ${percent(sure)} of ${samples} samples made of noise`
  const whole = `${share}: it gives them a class with a confidence above ${confidence}. Of all samples, these are`
  return [
    ...wrapText(whole, textWidth()),
    ...columns(
      Object.entries(classes).map(([name, share]) => [`  ${name}`, percent(share)]),
      [1],
    ),
  ]
}
