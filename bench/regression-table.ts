import type { LeastSquaresJob, TrainingJob } from './job.js'
import { dataOf, ruleOf } from './job-settings.js'
import { noteOf } from './notes.js'
import { divergedOf, finished, mean, type Record, readRecord } from './records.js'
import { notedTable, overSeeds, present, tested, titled, verdict } from './tables.js'
import { COMMON, common } from './training-table.js'

type Job = Omit<TrainingJob, 'kind'>

/** How far below backpropagation a rule's R2 may lie. */
const MOST_BELOW = 0.05

/** The table of rules that learn values, beside least squares and backpropagation on the same rows. */
export function regressionTable(jobs: readonly Job[], linear: readonly Omit<LeastSquaresJob, 'kind'>[]): string {
  const r2 = (id: string | undefined): number | undefined => {
    const record = id === undefined ? undefined : readRecord(id)
    return record && divergedOf(record) === '' ? mean(tested(record, 'r2')) : undefined
  }
  const yardstick = (data: string): string | undefined =>
    jobs.find((job) => dataOf(job) === data && ruleOf(job).id === 'backprop')?.id
  const rows = linear.flatMap(({ id, title, data }) => {
    const record = readRecord(id)
    const [least, back] = [r2(id), r2(yardstick(data))]
    const own = record && [title, spread(record, 'r2'), errors(record), '', '', ...COMMON.map(() => ''), noteOf(id)]
    const others = jobs
      .filter((job) => dataOf(job) === data)
      .map((job) => {
        const trained = readRecord(job.id)
        if (!trained) return undefined
        // A seed without figures lies above nothing.
        const reached = divergedOf(trained) === '' ? mean(tested(trained, 'r2')) : Number.NEGATIVE_INFINITY
        const note = noteOf(job.id)
        const isYardstick = job.id === yardstick(data)
        return [
          ...[titled(job.title, ruleOf(job)), spread(trained, 'r2'), errors(trained)],
          least === undefined ? '' : verdict(reached > least, note || noteOf(id)),
          back === undefined || isYardstick
            ? ''
            : verdict(reached > back - MOST_BELOW, note || noteOf(yardstick(data)!)),
          ...common(trained),
          note,
        ]
      })
    return [own, ...others]
  })
  const head = ['what', 'R2', 'RMSE', 'above least squares', 'within 0.05 of backpropagation', ...COMMON]
  return notedTable(head, present(rows))
}

/** The root of the mean squared error of each value, in its own unit. */
function errors(record: Record): string {
  const [first] = finished(record) as [{ readonly test?: { readonly network: object } }?]
  const names = Object.keys(first?.test?.network ?? {}).filter((name) => name.startsWith('rmse'))
  return names.map((name) => `${name.replace(/^rmse( of )?/, '')} ${spread(record, name)}`.trim()).join(', ')
}

const spread = (record: Record, figure: string): string => overSeeds(record, tested(record, figure), 3)
