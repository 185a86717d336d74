import type { StudyJob } from './job.js'
import { STUDIES } from './jobs/studies.js'
import { noteOf, staleMark } from './notes.js'
import { deviation, mean, readRecord } from './records.js'
import type { Killed, Pruned } from './study-figures.js'
import { meanAndDeviation, notedTable, table, verdict } from './tables.js'

type Job = Omit<StudyJob, 'kind'>

/** The part of the epochs that ending poor trials early is to save. */
const LEAST_SAVED = 0.4

const commandOf = ({ arguments: given, trials }: Job): string =>
  `\`onward tune ${[...given, '--trials', `${trials}`].join(' ')}\``

const linkTo = ({ id }: Job): string => `[record](../bench/results/${id}.json)`

/** What became of studies that were killed. */
export function killedTable(): string {
  const parts = STUDIES.filter(({ killedAfter }) => killedAfter.length > 0).map((job) => {
    const record = readRecord(job.id)
    if (!record) return 'No record yet.'
    const killed = record.results.filter(({ what }) => what === 'killed') as Killed[]
    const said = `${commandOf(job)}, killed with SIGKILL in the midst of a trial once ${job.killedAfter.join(' and ')} were finished, beside the same study undisturbed (\`bench/run ${job.id}\`, ${linkTo(job)})${staleMark(job.id)}:`
    return `${said}\n\n${killedRows(job, killed)}`
  })
  return parts.join('\n\n')
}

const killedRows = ({ id, trials }: Job, killed: readonly Killed[]): string =>
  table(
    ['workers', 'kills', 'trials cut off', 'finished', 'lost', 'made twice', 'same trials and values', 'as promised'],
    killed.map(({ workers, kills, interrupted, finished, lost, twice, same }) => [
      ...[workers, kills, interrupted, finished, lost, twice].map(String),
      workers === 1 ? (same ? 'yes' : 'no') : 'not promised',
      verdict(finished === trials && lost === 0 && twice === 0 && (workers > 1 || same), noteOf(id)),
    ]),
  )

const PRUNING = [
  ...['study', 'pruner', 'epochs', 'saved', 'best, %', 'best beside `none`, points'],
  ...['at least 40 % saved', 'best not worse'],
]

/** What ending poor trials early saved, and what it cost. */
export function pruningTable(): string {
  const done = STUDIES.flatMap((job) => {
    const record = readRecord(job.id)
    return record ? [{ job, pruned: record.results.filter(({ what }) => what === 'pruning') as Pruned[] }] : []
  })
  if (done.length === 0) return 'No record yet.'
  const commands = done.map(
    ({ job }) =>
      `- ${job.title}: ${commandOf(job)} \`--pruner P --seed S\`, S = ${job.seeds.join(', ')} (\`bench/run ${job.id}\`, ${linkTo(job)})`,
  )
  return [
    notedTable(
      PRUNING,
      done.flatMap(({ job, pruned }) => prunedRows(job, pruned)),
    ),
    commands.join('\n'),
  ].join('\n\n')
}

function prunedRows({ id, title, pruners }: Job, pruned: readonly Pruned[]): string[][] {
  const of = (pruner: string): Pruned[] => pruned.filter((own) => own.pruner === pruner)
  const epochs = (some: readonly Pruned[]): number[] => some.map((one) => one.epochs)
  const whole = of(pruners[0]!)
  const note = noteOf(id)
  return pruners.map((pruner) => {
    const own = of(pruner)
    const said = [title, `\`${pruner}\``, meanAndDeviation(epochs(own), 0)]
    const best = meanAndDeviation(own.map((one) => 100 * one.best))
    if (pruner === pruners[0]) return [...said, '', best, '', '', '', note]
    const saved = 1 - mean(epochs(own)) / mean(epochs(whole))
    const differences = own.map((one) => 100 * (one.best - whole.find(({ seed }) => seed === one.seed)!.best))
    return [
      ...[...said, `${(100 * saved).toFixed(0)} %`, best, meanAndDeviation(differences)],
      ...[verdict(saved >= LEAST_SAVED, note), verdict(isNotWorse(differences), note), note],
    ]
  })
}

/** Not below 0 by more than twice the standard error of the mean over the seeds. */
export const isNotWorse = (differences: readonly number[]): boolean =>
  mean(differences) >= (-2 * deviation(differences)) / Math.sqrt(differences.length)
