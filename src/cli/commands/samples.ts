import { join } from 'node:path'
import { gridOf } from '../../data/grid.js'
import { writePng } from '../../data/images.node.js'
import { UsageError } from '../../errors.js'
import { makeFolder } from '../../files.node.js'
import { type Drawing, type DrawOptions, drawRun, predict, readCheckpoint, readConfig, ruleOfRun } from '../../node.js'
import type { AnyRule } from '../../rules/contract.js'
import { taskFor } from '../../rules/task.js'
import { columns } from '../output/columns.js'
import { percent } from '../output/numbers.js'
import { print } from '../output/print.js'
import { loadOf, namedRule, type RunFlags } from '../run.js'
import { noteOnSource } from '../sources.js'
import { downloadProgress } from '../train/download.js'

export interface SamplesFlags extends RunFlags {
  readonly count: number
  readonly seed: number
  readonly out?: string
  readonly judge?: string
}

/** The picture that holds samples made of noise alone. */
const PRIOR = 'prior'

/** Samples that a judge sees, and how sure it must be. */
const JUDGED = 1000
const CONFIDENCE = 0.9

/** `onward samples RUN [PICTURE...]`: writes what a trained network draws as PNG grids, by default into the run's folder. */
export async function samplesCommand(run: string, names: readonly string[], flags: SamplesFlags): Promise<void> {
  const { count, seed, judge } = flags
  const downloads = downloadProgress(process.stderr)
  const load = { ...loadOf(flags), onProgress: downloads.show }
  const wanted = names.length > 0 ? { names } : {}
  const rule = await ruleOfRun(run, namedRule(run, flags))
  const named = { rule, changedRule: flags.changedRule }
  if (judge !== undefined) await checkJudge(run, rule, judge)
  const drawings = await drawRun(run, { ...named, ...wanted, count, seed, load }).finally(downloads.end)
  const folder = flags.out ?? join(run, 'samples')
  makeFolder(folder)
  const written = []
  for (const { name, description, images, shape, columns: perRow, count: drawn } of drawings) {
    const file = join(folder, `${name}.png`)
    await writePng(file, gridOf(images, shape, perRow))
    written.push({ picture: name, file, images: drawn, description })
  }
  const judged = judge === undefined ? undefined : await judgeSamples(run, judge, { ...named, seed, load })
  if (flags.json) {
    print(JSON.stringify({ run, pictures: written, ...(judged && { judged }), reconstructed: rule.reconstructed }))
    return
  }
  print(...columns(written.map(({ file, description }) => [file, description])))
  if (judged) print('', ...describeJudgement(judged, judge!))
  print(...noteOnSource(rule))
}

/** Throws a UserError unless the run draws from its prior, and the judge classifies. */
async function checkJudge(run: string, rule: AnyRule, judge: string): Promise<void> {
  const { hyper } = readConfig(run)
  const task = taskFor(readCheckpoint(run).checkpoint.samples, { batch: 1 })
  if (!rule.pictures?.(task, hyper)[PRIOR])
    throw new UsageError(
      `--judge looks at samples from noise alone, and ${rule.id} draws no picture "${PRIOR}" of them`,
    )
  const { rule: judgeId, hyper: own } = readConfig(judge)
  const other = await ruleOfRun(judge)
  const { kind } = readCheckpoint(judge).checkpoint.samples.target
  if (!other.predict || kind !== 'class')
    throw new UsageError(
      `--judge needs a run that classifies; ${judgeId} ${other.predict ? `says ${kind} there` : 'only generates'}`,
    )
  if (!other.probabilities?.(own))
    throw new UsageError(
      `the scores of ${judge} (${judgeId}) are no probabilities, so it cannot say how sure it is: judge by a run of backprop`,
    )
}

interface Judgement {
  readonly samples: number
  readonly confidence: number
  /** The share of all samples that the judge is sure of. */
  readonly sure: number
  /** Those called each class, as shares of all samples. */
  readonly classes: Readonly<Record<string, number>>
}

/** What a trained classifier makes of samples: the softmax of its scores is taken for its confidence. */
async function judgeSamples(
  run: string,
  judge: string,
  drawing: Omit<DrawOptions, 'names' | 'count'>,
): Promise<Judgement> {
  const { names, input } = readCheckpoint(judge).checkpoint.samples
  const [drawn] = await drawRun(run, { ...drawing, names: [PRIOR], count: JUDGED })
  const images = pixelsOf(drawn!, input.levels! - 1)
  const sure = (await predict(judge, images)).filter(({ scores }) => {
    const largest = Math.max(...scores)
    return 1 / scores.reduce((sum, score) => sum + Math.exp(score - largest), 0) > CONFIDENCE
  })
  const shares = names.map((name, label): [string, number] => [
    name,
    sure.filter((prediction) => 'label' in prediction && prediction.label === label).length / images.length,
  ])
  return {
    samples: images.length,
    confidence: CONFIDENCE,
    sure: sure.length / images.length,
    classes: Object.fromEntries(shares),
  }
}

function pixelsOf({ images, count }: Drawing, maximum: number): Uint8Array[] {
  const size = images.length / count
  return Array.from({ length: count }, (_, i) =>
    Uint8Array.from(images.subarray(i * size, (i + 1) * size), (pixel) => Math.round(pixel * maximum)),
  )
}

function describeJudgement({ samples, confidence, sure, classes }: Judgement, judge: string): string[] {
  return [
    `${judge} calls ${percent(sure)} of ${samples} samples from the prior a class with confidence above ${confidence}; of all samples:`,
    ...columns(
      Object.entries(classes).map(([name, share]) => [`  ${name}`, percent(share)]),
      [1],
    ),
  ]
}
