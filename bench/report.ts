import { writeFileSync } from 'node:fs'
import { findDataSet } from '../src/data/index.js'
import { ruleById } from '../src/rules/registry.js'
import { changeAfter } from './changes.js'
import { claimTable } from './claims.js'
import { courseFigure, courseTable } from './course-figure.js'
import { depthFigure } from './depth-figure.js'
import type { ConvolutionJob, InferenceJob, SteadinessJob } from './job.js'
import { dataOf, ruleOf } from './job-settings.js'
import { LEAST_SQUARES } from './jobs/tables.js'
import { JOBS, TRAINING } from './jobs.js'
import { layerTables } from './layer-table.js'
import type { Machine } from './machine.js'
import { memoryTable } from './memory.js'
import { noteOf } from './notes.js'
import { picturesTable } from './pictures.js'
import { deviation, divergedOf, finished, mean, median, provenBy, type Record, readRecord } from './records.js'
import { regressionTable } from './regression-table.js'
import { writeRulePages } from './rule-pages.js'
import { speedTable } from './speed-table.js'
import { killedTable, pruningTable } from './study-table.js'
import {
  figures,
  fill,
  gflopsOf,
  meanAndDeviation,
  medianAndRange,
  NOT_PROVEN,
  notedTable,
  present,
  tested,
  titled,
  verdict,
} from './tables.js'
import { accuracyTable, againstTable, commandList, figureTable } from './training-table.js'
import { tunedTable } from './tuned-table.js'

function steadinessRow(job: SteadinessJob): string[] | undefined {
  const record = readRecord(job.id)
  if (!record) return undefined
  const ratios = figures(record, 'ratio', ({ when }) => when === undefined)
  const [growth] = figures(record, 'growth', ({ when }) => when === 'memory')
  return [job.title, `${job.threads}`, medianAndRange(ratios), `${growth!.toFixed(0)}`, noteOf(job.id)]
}

function inferenceRow(job: InferenceJob): string[] | undefined {
  const record = readRecord(job.id)
  if (!record) return undefined
  const note = noteOf(job.id)
  const passes = figures(record, 'passes')
  const reached = job.target === undefined ? undefined : median(passes) <= job.target
  return [
    job.title,
    median(passes).toFixed(2),
    job.target === undefined ? '' : `at most ${job.target}`,
    verdict(reached, note),
    note,
  ]
}

const COURSE_PICTURE = '![Accuracy over the minutes of training](cifar-10.svg)'

/** In points of test accuracy. */
const MOST_LOST = 0.2

/** The paired differences of the runs in 8 bits and in float32, by seed, in points of test accuracy. */
function pairedRow(id: string, title: string): string[] | undefined {
  const [float, int] = [readRecord(id), readRecord(`${id}-int8`)]
  if (!float || !int) return undefined
  const note = noteOf(id) || noteOf(`${id}-int8`)
  const bySeed = new Map(finished(float).map(({ seed }, i) => [seed, tested(float)[i]!]))
  const differences = finished(int).flatMap(({ seed }, i) => {
    const other = bySeed.get(seed)
    return other === undefined ? [] : [100 * (other - tested(int)[i]!)]
  })
  const diverged = [float, int].map(divergedOf).filter((part) => part !== '')
  return [
    title,
    differences.length === 0 ? '' : mean(differences).toFixed(2),
    differences.length === 0 ? '' : deviation(differences).toFixed(2),
    [`${differences.length}`, ...diverged].join('; '),
    `at most ${MOST_LOST}`,
    verdict(diverged.length === 0 && mean(differences) <= MOST_LOST, note),
    note,
  ]
}

function convolutionRow(job: ConvolutionJob): string[] | undefined {
  const record = readRecord(job.id)
  if (!record) return undefined
  const [float32, int8] = ['float32Ratio', 'int8Ratio'].map((name) =>
    median(figures(record, name, ({ when }) => when === undefined)),
  )
  const note = noteOf(job.id)
  const target = job.target === undefined ? '' : `at least ${job.target} in 8 bits`
  if (!provenBy(record)) return [job.title, `${job.threads}`, NOT_PROVEN, NOT_PROVEN, target, '', note]
  const reached = job.target === undefined ? undefined : int8! >= job.target
  return [job.title, `${job.threads}`, float32!.toFixed(2), int8!.toFixed(2), target, verdict(reached, note), note]
}

function machines(): string {
  const records = JOBS.map(({ id }) => readRecord(id)).filter((record) => record !== undefined)
  const all = records.flatMap(({ machine, results }) => [
    machine,
    ...results.flatMap((result) => (result.machine ? [result.machine as Machine] : [])),
  ])
  const lines = all.map(
    (m) =>
      `${m.processor} (${m.instructions.join(', ')}), ${m.cores} cores, ${m.memoryGiB} GiB; Node ${m.node}, ONNX Runtime ${m.onnxruntime}`,
  )
  const speeds = all.map(({ gflops }) => gflops)
  const versions = new Set(
    records.flatMap(({ results }) =>
      results.flatMap((r) => (r.torch && r.when === 'twin' ? [`PyTorch ${r.torch}`] : [])),
    ),
  )
  if (records.length === 0) return ''
  return `Machine: ${[...new Set(lines), ...versions].join('; ')}. Its own float32 matrix product, as the jobs measured it: ${Math.min(...speeds).toFixed(0)} to ${Math.max(...speeds).toFixed(0)} GFLOP/s (shared and noisy).`
}

function ruleSpeeds(): string {
  const rows = JOBS.filter((job) => job.kind === 'rule-speed').map((job) => {
    const record = readRecord(job.id)
    if (!record) return undefined
    const isRound = ({ when }: Record['results'][number]): boolean => when === undefined
    const apart = provenBy(record)
    const ratios = figures(record, 'torchRatio', isRound)
    const ms = (name: string): string => median(figures(record, name, isRound)).toFixed(1)
    const { target = 1 } = job
    const note = noteOf(job.id)
    return [
      titled(job.title, ruleById(job.rule)),
      `${job.threads}`,
      apart ? medianAndRange(ratios) : NOT_PROVEN,
      gflopsOf(record),
      ms('ours'),
      apart ? ms('torch') : '',
      `at least ${target}`,
      apart ? verdict(median(ratios) >= target, note) : '',
      apart ? Math.max(...apart).toExponential(0) : '',
      note,
    ]
  })
  return notedTable(
    [
      'step',
      'threads',
      'times PyTorch',
      'machine, GFLOP/s',
      'ours, ms',
      'PyTorch, ms',
      'target',
      'reached',
      'losses apart',
    ],
    present(rows),
  )
}

/** Operations that take at least this part of a step are named. */
const LEAST_SHARE = 0.03

/** Where the time goes in steps that miss their target. */
function profiles(): string {
  const rows = JOBS.filter((job) => job.kind === 'rule-speed').map((job) => {
    const record = readRecord(job.id)
    const profile = record?.results.find(({ when }) => when === 'profile')
    if (!record || !profile || !provenBy(record)) return undefined
    const ratios = figures(record, 'torchRatio', ({ when }) => when === undefined)
    if (median(ratios) >= (job.target ?? 1)) return undefined
    const shares = Object.entries(profile.shares as { readonly [operation: string]: number })
    const named = shares.filter(([, share]) => share >= LEAST_SHARE)
    return [
      titled(job.title, ruleById(job.rule)),
      `${job.threads}`,
      named.map(([name, share]) => `${name} ${(100 * share).toFixed(0)}`).join(', '),
      noteOf(job.id),
    ]
  })
  return notedTable(['step', 'threads', 'of its time, %'], present(rows))
}

function judgements(): string {
  const jobs = JOBS.filter((job) => job.kind === 'judge')
  const rows = jobs.map((job) => {
    const record = readRecord(job.id)
    const drawn = JOBS.find((own) => own.id === job.drawers)
    if (!record || drawn?.kind !== 'training') return undefined
    const networks = [job.drawers, job.judge].map((id) => noteOf(id) && `${id}: ${noteOf(id)}`)
    const note = [noteOf(job.id), ...networks].filter((part) => part !== '').join('; ')
    const classes = record.results.map((result) => result.classes as { readonly [name: string]: number })
    const share = (name: string): string => (100 * mean(classes.map((own) => own[name]!))).toFixed(1)
    const sure = figures(record, 'sure').map((part) => 100 * part)
    return [titled(job.title, ruleOf(drawn)), meanAndDeviation(sure, 1), ...Object.keys(classes[0]!).map(share), note]
  })
  const names = jobs.map(({ id }) => readRecord(id)?.results[0]?.classes).find((classes) => classes !== undefined)
  return notedTable(['samples of', 'sure, %', ...Object.keys(names ?? {})], present(rows))
}

/** Writes every table, and what is generated on the pages of the rules, from records and certificates. */
export function report(): void {
  const inference = present(JOBS.filter((job) => job.kind === 'inference').map(inferenceRow))
  const paired = present([
    pairedRow('mnist-forward-forward-fast', 'Forward-Forward, preset fast'),
    pairedRow('mnist-backprop-fast', 'Backpropagation, the same network'),
  ])
  const start = readRecord('start')
  if (start && changeAfter(start) === undefined)
    fill('README.md', 'start', `\`\`\`text\n${start.results[0]!.output}\n\`\`\``)
  fill('README.md', 'accuracy', againstTable(Object.values(TRAINING).flat()))
  for (const [section, jobs] of Object.entries(TRAINING)) {
    const classifies = jobs.some((job) => ruleOf(job).predict)
    const hasValues = jobs.every((job) => findDataSet(dataOf(job)).target.kind === 'values')
    const rows = hasValues ? regressionTable(jobs, LEAST_SQUARES) : classifies ? accuracyTable(jobs) : figureTable(jobs)
    const parts = [rows, claimTable(section), commandList(jobs)].filter((part) => part !== '')
    fill('docs/results.md', section, parts.join('\n\n'))
  }
  fill('docs/results.md', 'speed', speedTable())
  fill(
    'docs/results.md',
    '8 bits',
    notedTable(['what', 'accuracy lost, points', 'deviation', 'seeds', 'target', 'reached'], paired),
  )
  const steady = present(JOBS.filter((job) => job.kind === 'steadiness').map(steadinessRow))
  fill(
    'docs/results.md',
    'steadiness',
    notedTable(['step', 'threads', 'time, of the early step', 'memory grown, MiB'], steady),
  )
  fill(
    'docs/results.md',
    'inference',
    notedTable(['net', 'all labels, in single passes', 'target', 'reached'], inference),
  )
  const convolutions = present(JOBS.filter((job) => job.kind === 'convolution').map(convolutionRow))
  const head = [
    'forward and weight gradient',
    'threads',
    'float32, times PyTorch',
    '8 bits, times PyTorch float32',
    'target',
    'reached',
  ]
  fill('docs/results.md', 'convolution', notedTable(head, convolutions))
  fill('docs/results.md', 'rule speed', ruleSpeeds())
  fill('docs/results.md', 'profiles', profiles())
  const timed = JOBS.filter((job) => job.kind === 'layer-times').map(layerTables)
  fill('docs/results.md', 'layer times', timed.filter((text) => text !== '').join('\n\n'))
  fill('docs/results.md', 'samples', judgements())
  fill('docs/results.md', 'pictures', picturesTable())
  fill('docs/results.md', 'tuned', [tunedTable(), claimTable('tuned')].filter((part) => part !== '').join('\n\n'))
  fill('docs/tune.md', 'killed', killedTable())
  fill('docs/tune.md', 'pruning', pruningTable())
  const overDepth = depthFigure()
  if (overDepth) writeFileSync('docs/predictive-coding.svg', overDepth)
  const overTime = courseFigure()
  if (overTime) writeFileSync('docs/cifar-10.svg', overTime)
  fill('docs/results.md', 'course', overTime ? `${COURSE_PICTURE}\n\n${courseTable()}` : 'No record yet.')
  fill('docs/results.md', 'memory', memoryTable())
  fill('docs/results.md', 'machine', machines())
  writeRulePages()
}
