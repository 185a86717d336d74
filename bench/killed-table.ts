import { STUDY } from './jobs/killed-study.js'
import type { Killed, Pruned } from './killed-figures.js'
import { deviation, mean, readRecord } from './records.js'
import { meanAndDeviation, table, verdict } from './tables.js'

/** The part of the epochs that ending poor trials early is to save. */
const LEAST_SAVED = 0.4

const word = (workers: number): string => (workers === 1 ? 'one worker' : `${workers} workers`)

/** What became of the studies that were killed, and what ending poor trials early saved. */
export function killedTable(): string {
  const record = readRecord(STUDY.id)
  if (!record) return 'No record yet.'
  const killed = record.results.filter(({ what }) => what === 'killed') as Killed[]
  const pruned = record.results.filter(({ what }) => what === 'pruning') as Pruned[]
  const command = `onward tune ${STUDY.arguments.join(' ')} --trials ${STUDY.trials}`
  return [
    `\`${command}\`, killed with SIGKILL in the midst of a trial once ${STUDY.killedAfter.join(' and ')} were finished, beside the same study undisturbed:`,
    killedRows(killed),
    `The same study with other pruners, seeds ${STUDY.seeds.join(', ')}:`,
    prunedRows(pruned),
    `\`bench/run ${STUDY.id}\` does all of this ([record](../bench/results/${STUDY.id}.json)).`,
  ].join('\n\n')
}

const killedRows = (killed: readonly Killed[]): string =>
  table(
    ['with', 'kills', 'trials cut off', 'finished', 'lost', 'made twice', 'same trials and values', 'as promised'],
    killed.map(({ workers, kills, interrupted, finished, lost, twice, same }) => [
      word(workers),
      ...[kills, interrupted, finished, lost, twice].map(String),
      workers === 1 ? (same ? 'yes' : 'no') : 'not promised',
      verdict(finished === STUDY.trials && lost === 0 && twice === 0 && (workers > 1 || same)),
    ]),
  )

function prunedRows(pruned: readonly Pruned[]): string {
  const of = (pruner: string): Pruned[] => pruned.filter((own) => own.pruner === pruner)
  const whole = of('none')
  const rows = [...new Set(pruned.map(({ pruner }) => pruner))].map((pruner) => {
    const own = of(pruner)
    const epochs = own.reduce((sum, one) => sum + one.epochs, 0)
    const all = whole.reduce((sum, one) => sum + one.epochs, 0)
    const saved = 1 - epochs / all
    const differences = own.map(({ seed, best }) => 100 * (best - whole.find((one) => one.seed === seed)!.best))
    const isWhole = pruner === 'none'
    return [
      `\`${pruner}\``,
      ...[
        meanAndDeviation(
          own.map((one) => one.epochs),
          0,
        ),
        isWhole ? '' : `${(100 * saved).toFixed(0)} %`,
      ],
      meanAndDeviation(own.map(({ best }) => 100 * best)),
      isWhole ? '' : meanAndDeviation(differences),
      isWhole ? '' : verdict(saved >= LEAST_SAVED && isEqual(differences)),
    ]
  })
  const head = [
    'pruner',
    'epochs of a study',
    'saved',
    'best, %',
    'best beside none, points',
    'at least 40 % saved, best not worse',
  ]
  return table(head, rows)
}

/** Not below 0 by more than twice the standard error of the mean over the seeds. */
const isEqual = (differences: readonly number[]): boolean =>
  mean(differences) >= (-2 * deviation(differences)) / Math.sqrt(differences.length)
