import { UsageError } from '../../errors.js'
import { type Drawing, type DrawOptions, drawRun, predict, readCheckpoint, readConfig, ruleOfRun } from '../../node.js'
import type { AnyRule } from '../../rules/contract.js'
import { taskFor } from '../../rules/task.js'
import { percent } from '../output/numbers.js'
import { columns, textWidth, wrapText } from '../output/text.js'

/** The picture that holds samples made of noise alone. */
const PRIOR = 'prior'

/** Samples that a judge sees, and how sure it must be. */
const JUDGED = 1000
const CONFIDENCE = 0.9

interface Judgement {
  readonly samples: number
  readonly confidence: number
  /** The share of all samples that the judge is sure of. */
  readonly sure: number
  /** Those called each class, as shares of all samples. */
  readonly classes: Readonly<Record<string, number>>
}

/** Throws a UsageError unless the run draws from its prior, and the judge classifies. */
export async function checkJudge(run: string, rule: AnyRule, judge: string): Promise<void> {
  const task = taskFor(readCheckpoint(run).checkpoint.samples, { batch: 1 })
  if (!rule.pictures?.(task, readConfig(run).hyper)[PRIOR])
    throw new UsageError(
      `--judge looks at samples made of noise alone, and ${rule.id} draws none (no picture "${PRIOR}"): leave it out.`,
    )
  const { id, predict: predicts, probabilities } = await ruleOfRun(judge)
  const { kind } = readCheckpoint(judge).checkpoint.samples.target
  if (!predicts || kind !== 'class')
    throw new UsageError(
      `--judge needs a run that classifies; ${id} ${predicts ? `says ${kind} there` : 'only draws'}.`,
    )
  if (!probabilities?.(readConfig(judge).hyper))
    throw new UsageError(
      `the scores of ${judge} (${id}) are no probabilities, so it cannot say how sure it is: take a run of backprop.`,
    )
}

/** What a trained classifier makes of samples: the softmax of its scores is taken for its confidence. */
export async function judgeSamples(
  run: string,
  judge: string,
  drawing: Omit<DrawOptions, 'names' | 'count'>,
): Promise<Judgement> {
  const { names, input } = readCheckpoint(judge).checkpoint.samples
  const [drawn] = await drawRun(run, { ...drawing, names: [PRIOR], count: JUDGED })
  const images = levelsOf(drawn!, input.levels! - 1)
  const sure = (await predict(judge, images)).filter(({ scores }) => {
    const largest = Math.max(...scores)
    return 1 / scores.reduce((sum, score) => sum + Math.exp(score - largest), 0) > CONFIDENCE
  })
  const classes = Object.fromEntries(names.map((name) => [name, 0]))
  for (const said of sure) if ('className' in said) classes[said.className]! += 1 / images.length
  return { samples: images.length, confidence: CONFIDENCE, sure: sure.length / images.length, classes }
}

function levelsOf({ images, count }: Drawing, maximum: number): Uint8Array[] {
  const size = images.length / count
  return Array.from({ length: count }, (_, i) =>
    Uint8Array.from(images.subarray(i * size, (i + 1) * size), (pixel) => Math.round(pixel * maximum)),
  )
}

export function describeJudgement({ samples, confidence, sure, classes }: Judgement, judge: string): string[] {
  const share = `${judge} is sure of ${percent(sure)} of ${samples} samples made of noise`
  const whole = `${share}: it gives them a class with a confidence above ${confidence}. Of all samples, these are`
  return [
    ...wrapText(whole, textWidth()),
    ...columns(
      Object.entries(classes).map(([name, share]) => [`  ${name}`, percent(share)]),
      [1],
    ),
  ]
}
