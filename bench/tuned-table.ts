import { showParams } from '../src/cli/tune/lines.js'
import type { TunedJob } from './job.js'
import { TUNED } from './jobs/hopfield-vae.js'
import { noteOf } from './notes.js'
import { deviation, mean, type Record, readRecord } from './records.js'
import { meanAndDeviation, notedTable } from './tables.js'
import {
  commandsOf,
  distancesOf,
  type Form,
  finalsOf,
  gainsOf,
  heldOutOf,
  searchedOf,
  trialsOf,
} from './tuned-figures.js'

type Job = Omit<TunedJob, 'kind'>

interface Done {
  readonly job: Job
  readonly record: Record
}

const HEAD = [
  ...['what', 'held out', 'test: samples of noise', 'gained', 'reconstructions', 'precision, %', 'recall, %'],
  ...['SE', 'KL', 'unsettled', 'seeds', 'settings'],
]

/** Variants before and after they were tuned with one budget. */
export function tunedTable(jobs: readonly Job[] = TUNED): string {
  const done = jobs.flatMap((job): Done[] => {
    const record = readRecord(job.id)
    return record && finalsOf(record, 'preset').length > 0 ? [{ job, record }] : []
  })
  if (done.length === 0) return 'No record yet.'
  const rows = done.flatMap(({ job, record }) => [row(job, record, 'preset'), row(job, record, 'best')])
  const counts = new Set(done.flatMap(({ record }) => finalsOf(record, 'preset').map(({ judged }) => judged.count)))
  return [
    `${metrics(done)}; of test images and of images of each other kind N = ${[...counts].join(', ')}.`,
    notedTable(HEAD, [...rows, floorRow(done)]),
    orders(done),
    `Of ${jobs[0]!.title}; the others name their own preset and keep their nudges by ` +
      '`--set nudge=0.2 --set encoderNudge=0.1`, dense ones their damping too by `--set damping=0.5`:',
    commandsOf(jobs[0]!)
      .map((command) => `- \`${command}\``)
      .join('\n'),
  ].join('\n\n')
}

/** Distances by two classifiers cannot be compared. */
function metrics(done: readonly Done[]): string {
  const names = [...new Set(done.map(({ record }) => searchedOf(record)!.metric))]
  return names.length === 1 ? `Distances: \`${names[0]}\`` : `**Not comparable**, by several classifiers: ${names}`
}

function row({ id, title }: Job, record: Record, form: Form): string[] {
  const { best, preset } = searchedOf(record)!
  const number = form === 'preset' ? preset : best
  const finals = finalsOf(record, form)
  const figure = (of: (final: (typeof finals)[number]) => number | undefined, digits = 2): string => {
    const values = finals.map(of).filter((value) => value !== undefined)
    return values.length === 0 ? '' : meanAndDeviation(values, digits)
  }
  const trial = trialsOf(record).find((own) => own.trial === number)
  return [
    `${title}, ${form === 'preset' ? "the preset's settings" : `best of ${trialsOf(record).length} trials`}`,
    heldOutOf(record, number)?.toFixed(2) ?? '',
    figure(({ judged }) => judged.samples.distance),
    form === 'preset' ? '' : meanAndDeviation(gainsOf(record)),
    figure(({ judged }) => judged.reconstructions.distance),
    ...[
      figure(({ judged }) => 100 * judged.samples.precision, 1),
      figure(({ judged }) => 100 * judged.samples.recall, 1),
    ],
    ...[figure(({ test }) => test.network!.SE), figure(({ test }) => test.network!.KL)],
    ...[figure(({ test }) => test.network!.unsettled, 3), `${finals.length}`, showParams(trial?.params ?? {})],
    noteOf(id),
  ]
}

/** Training images beside the same test images: of every run the same ones, so that there is no spread. */
function floorRow(done: readonly Done[]): string[] {
  const floors = done.flatMap(({ record }) => finalsOf(record, 'preset').map(({ judged }) => judged.floor))
  const said = [
    ...['training images: the floor', '', meanAndDeviation(floors.map(({ distance }) => distance)), '', ''],
    mean(floors.map(({ precision }) => 100 * precision)).toFixed(1),
    mean(floors.map(({ recall }) => 100 * recall)).toFixed(1),
  ]
  return [...HEAD.map((_, i) => said[i] ?? ''), '']
}

/** "H 9.10 < TH 9.30": the best first; `~` where the means lie no farther apart than the seeds spread. */
export function orderOf(named: readonly { readonly name: string; readonly values: readonly number[] }[]): string {
  const sorted = named.toSorted((a, b) => mean(a.values) - mean(b.values))
  return sorted.reduce((text, { name, values }, i) => {
    const before = sorted[i - 1]?.values
    const isApart = before && mean(values) - mean(before) > Math.max(deviation(values), deviation(before))
    return `${text}${before ? (isApart ? ' < ' : ' ~ ') : ''}${name} ${mean(values).toFixed(2)}`
  }, '')
}

const nameOf = ({ id, title }: Job): string => `${title.replace('-VAE', '')}${noteOf(id) ? ' (stale)' : ''}`

function orders(done: readonly Done[]): string {
  const said = (form: Form): string =>
    orderOf(done.map(({ job, record }) => ({ name: nameOf(job), values: distancesOf(record, form) })))
  return [
    'Order by the distance of samples to test images, the smallest first (`~`: apart by no more than the seeds of one of the two spread):',
    '',
    `- ours, tuned: ${said('best')}`,
    `- ours, with the settings of the presets: ${said('preset')}`,
    '- claimed by a digest of the paper: DH and TDH (dense) before H (layered)',
  ].join('\n')
}
