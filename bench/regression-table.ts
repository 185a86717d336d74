import type { LeastSquaresJob, TrainingJob } from './job.js'
import { dataOf, ruleOf } from './job-settings.js'
import { noteOf } from './notes.js'
import { deviation, mean, type Record, readRecord } from './records.js'
import { notedTable, present, tested, titled, verdict } from './tables.js'
import { COMMON, common } from './training-table.js'

type Job = Omit<TrainingJob, 'kind'>

/** How far below backpropagation a rule's R2 may lie. */
const MOST_BELOW = 0.05

/** The table of rules that learn values, beside least squares and backpropagation on the same rows. */
export function regressionTable(jobs: readonly Job[], linear: readonly Omit<LeastSquaresJob, 'kind'>[]): string {
  const r2 = (id: string | undefined): number | undefined => {
    const record = id === undefined ? undefined : readRecord(id)
    return record && mean(tested(record, 'r2'))
  }
  const yardstick = (data: string): string | undefined =>
    jobs.find((job) => dataOf(job) === data && ruleOf(job).id === 'backprop')?.id
  const rows = linear.flatMap(({ id, title, data }) => {
    const record = readRecord(id)
    const [least, back] = [r2(id), r2(yardstick(data))]
    const own = record && [
      title,
      spread(tested(record, 'r2')),
      errors(record),
      '',
      '',
      ...COMMON.map(() => ''),
      noteOf(id),
    ]
    const others = jobs
      .filter((job) => dataOf(job) === data)
      .map((job) => {
        const trained = readRecord(job.id)
        if (!trained) return undefined
        const reached = mean(tested(trained, 'r2'))
        const note = noteOf(job.id)
        const isYardstick = job.id === yardstick(data)
        return [
          ...[titled(job.title, ruleOf(job)), spread(tested(trained, 'r2')), errors(trained)],
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
  const [first] = record.results as [{ readonly test?: { readonly network: object } }]
  const names = Object.keys(first.test?.network ?? {}).filter((name) => name.startsWith('rmse'))
  return names.map((name) => `${name.replace(/^rmse( of )?/, '')} ${spread(tested(record, name))}`.trim()).join(', ')
}

const spread = (values: readonly number[]): string =>
  values.length > 1 ? `${mean(values).toFixed(3)} ± ${deviation(values).toFixed(3)}` : mean(values).toFixed(3)
