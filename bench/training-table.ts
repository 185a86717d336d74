import type { Certificate } from '../src/certificate/certificate.js'
import type { Scores } from '../src/train/events.js'
import type { TrainingJob } from './job.js'
import { commandOf } from './job-command.js'
import { dataOf, ruleOf } from './job-settings.js'
import { noteOf, staleMark } from './notes.js'
import { divergedOf, finished, mean, type Record, readRecord } from './records.js'
import { figures, notedTable, overSeeds, present, table, tested, titled, verdict } from './tables.js'

type Job = Omit<TrainingJob, 'kind'>

/** Errors in per cent. */
export const percent = (accuracies: readonly number[]): number[] => accuracies.map((accuracy) => 100 * (1 - accuracy))

/** What the certificate said. */
function reachOf({ results: [first], certificate }: Record): string {
  const { local, window } = first!
  if (local) return 'yes'
  if (window !== 1) return window === undefined ? 'no' : `no: window ${window}`
  const { layers = [] } = (certificate ?? {}) as Partial<Certificate>
  const onlyBroadcast = layers.some(({ reads }) => reads.broadcast) && !layers.some(({ reads }) => reads.feedback)
  return onlyBroadcast ? 'no: broadcast' : 'no: feedback'
}

/** What every row says, whatever was measured. */
export function common(record: Record): string[] {
  const [{ epochs, trainingSamples }] = record.results as [Record['results'][number]]
  const threads = new Set(record.results.map((result) => result.threads ?? 2))
  const note = threads.size > 1 ? ' (one or two threads)' : threads.has(1) ? ' (one thread)' : ''
  const minutes = figures(record, 'seconds').map((seconds) => seconds / 60)
  return [
    ...[`${record.results.length}`, `${epochs}`, `${trainingSamples}`],
    minutes.length === 0 ? '' : mean(minutes).toFixed(1) + note,
    reachOf(record),
  ]
}

export const COMMON = ['seeds', 'epochs', 'training samples', 'minutes a run', 'local']

/** Errors on the images held out: after the last epoch, and after the best one; empty where none were held out. */
function heldOut(record: Record): string {
  const each = finished(record).map(({ validationByEpoch: v }) => accuraciesByEpoch(v))
  if (each.length === 0 || each.some(({ length }) => length === 0)) return ''
  const [last, best] = [percent(each.map((v) => v.at(-1)!)), percent(each.map((v) => Math.max(...v)))]
  return `${mean(last).toFixed(2)} (${mean(best).toFixed(2)})`
}

/** What the network said rightly of the samples held out, after every epoch that measured it. */
export const accuraciesByEpoch = (epochs: unknown): number[] =>
  Array.isArray(epochs) ? epochs.filter((epoch) => typeof epoch === 'number') : []

/** Test errors of the parts that predict alone, from below. */
function byLayer(record: Record): string {
  const blocks = finished(record).map(({ test }) => (test as Scores | undefined)?.blocks ?? {})
  const names = Object.keys(blocks[0] ?? {}).filter((name) => blocks[0]![name]!.accuracy !== undefined)
  return names
    .map((name) => `${name}: ${mean(percent(blocks.map((own) => own[name]!.accuracy!))).toFixed(2)}`)
    .join(', ')
}

function accuracyRow(job: Job): string[] | undefined {
  const record = readRecord(job.id)
  if (!record) return undefined
  const error = percent(tested(record))
  const note = noteOf(job.id)
  return [
    titled(job.title, ruleOf(job)),
    dataOf(job),
    overSeeds(record, error),
    heldOut(record),
    byLayer(record),
    ...common(record),
    job.target === undefined ? '' : `at most ${job.target}`,
    job.target === undefined ? '' : verdict(divergedOf(record) === '' && mean(error) <= job.target, note),
    note,
  ]
}

const ACCURACY = [
  ...['what', 'data', 'test error, %', 'held out: last epoch (best)', 'of each layer alone, %', ...COMMON],
  ...['target', 'reached', 'stale'],
]

/** The table of classifiers; columns that would be empty are left out. */
export function accuracyTable(jobs: readonly Job[]): string {
  const rows = present(jobs.map(accuracyRow))
  const used = ACCURACY.map((_, column) => rows.some((row) => row[column] !== ''))
  const kept = (row: readonly string[]): string[] => row.filter((_, column) => used[column])
  return rows.length === 0 ? 'No record yet.' : table(kept(ACCURACY), rows.map(kept))
}

/** The table of rules that only generate: means of their own figures over the test images. */
export function figureTable(jobs: readonly Job[]): string {
  const records = jobs.flatMap((job) => {
    const record = readRecord(job.id)
    return record ? [{ job, record }] : []
  })
  if (records.length === 0) return 'No record yet.'
  const names = [
    ...new Set(
      records.flatMap(({ record }) => Object.keys((finished(record)[0]?.test as Scores | undefined)?.network ?? {})),
    ),
  ]
  const rows = records.map(({ job, record }) => [
    titled(job.title, ruleOf(job)),
    ...names.map((name) => {
      const values = tested(record, name).filter((value) => !Number.isNaN(value))
      return values.length === 0 && finished(record).length > 0 ? '' : overSeeds(record, values)
    }),
    ...common(record),
    noteOf(job.id),
  ])
  return notedTable(['what', ...names, ...COMMON], rows)
}

/** What makes the figures again, and what of it has not been run. */
export const commandList = (jobs: readonly Job[]): string =>
  jobs
    .map((job) => {
      const done = readRecord(job.id)?.results.map(({ seed }) => seed) ?? []
      const open = job.seeds.filter((seed) => !done.includes(seed))
      const missing = done.length === 0 ? ' (not run yet)' : ` (not run yet: ${open.join(', ')})`
      const note = noteOf(job.id) ? ' (not run so yet: its record is stale)' : open.length === 0 ? '' : missing
      return `- ${job.title}: \`${commandOf(job)}\`, S = ${job.seeds.join(', ')}${note}`
    })
    .join('\n')

const seeds = ({ results }: Record): string => (results.length === 1 ? '1 seed' : `${results.length} seeds`)

/** Rules beside backpropagation on the same network: errors on the test set, in per cent. */
export function againstTable(jobs: readonly Job[]): string {
  const said = (record: Record): string => {
    const [{ epochs }] = record.results as [Record['results'][number]]
    return `${overSeeds(record, percent(tested(record)))} (${epochs} epochs, ${seeds(record)})${staleMark(record.id)}`
  }
  const rows = jobs.map((job) => {
    const own = readRecord(job.id)
    if (!own || job.against === undefined) return undefined
    const other = readRecord(job.against)
    return [titled(job.title, ruleOf(job)), dataOf(job), said(own), other ? said(other) : 'not run yet', reachOf(own)]
  })
  return table(['what', 'data', 'test error, %', 'backpropagation, %', 'local'], present(rows))
}
