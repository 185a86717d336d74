import type { SpeedJob } from './job.js'
import { JOBS } from './jobs.js'
import { noteOf } from './notes.js'
import { median, provenBy, readRecord } from './records.js'
import { figures, gflopsOf, medianAndRange, NOT_PROVEN, notedTable, present, verdict } from './tables.js'

const SPEED = [
  'step',
  'threads',
  'times PyTorch, fresh',
  'after more steps',
  'steps between',
  'by the fastest rounds',
  'machine, GFLOP/s',
  'of the product speed',
  'times PyTorch by hand',
  'times bfloat16, fresh',
  'bfloat16, after',
  'target',
  'target, of the product speed',
  'reached',
  'losses apart',
]

const percent = (part: number): string => `${(100 * part).toFixed(0)} %`

function speedRow(job: SpeedJob): string[] | undefined {
  const record = readRecord(job.id)
  if (!record) return undefined
  const at = (when: string, name: string): number[] => figures(record, name, (result) => result.when === when)
  const has = (name: string): boolean => record.results.some((result) => name in result)
  const other = (when: string, name: string): string => (has(name) ? median(at(when, name)).toFixed(2) : '')
  const best = (name: string): number => Math.min(...['fresh', 'after'].flatMap((when) => at(when, name)))
  const { target, bfloat16Target } = job
  const holds = (name: string, least: number): boolean =>
    ['fresh', 'after'].every((when) => median(at(when, name)) >= least)
  const note = noteOf(job.id)
  const reached = (least: number): string => {
    const isFast = holds('torchRatio', least)
    if (bfloat16Target === undefined) return verdict(isFast, note)
    // What misses the one target is missed, whatever was not measured.
    if (!has('bfloat16Ratio') && isFast && note === '') return 'bfloat16 not measured'
    return verdict(isFast && holds('bfloat16Ratio', bfloat16Target), note)
  }
  const share = median(at('fresh', 'shareOfProductSpeed'))
  const apart = provenBy(record)
  if (!apart) {
    const known = [job.title, `${job.threads}`, NOT_PROVEN, '', '', '', gflopsOf(record), percent(share)]
    return [...SPEED.map((_, column) => known[column] ?? ''), note]
  }
  return [
    job.title,
    `${job.threads}`,
    medianAndRange(at('fresh', 'torchRatio')),
    medianAndRange(at('after', 'torchRatio')),
    `${at('after', 'stepsBetween')[0]}`,
    (best('torch') / best('ours')).toFixed(2),
    gflopsOf(record),
    percent(share),
    other('fresh', 'byHandRatio'),
    other('fresh', 'bfloat16Ratio'),
    other('after', 'bfloat16Ratio'),
    target === undefined ? '' : `at least ${target}${bfloat16Target ? `, ${bfloat16Target} of bfloat16` : ''}`,
    target === undefined ? '' : percent((share * target) / median(at('fresh', 'torchRatio'))),
    target === undefined ? '' : reached(target),
    Math.max(...apart).toExponential(0),
    note,
  ]
}

export const speedTable = (): string =>
  notedTable(SPEED, present(JOBS.filter((job): job is SpeedJob => job.kind === 'speed').map(speedRow)))
