import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JobSettings } from './job.js'
import type { Machine } from './machine.js'

/** One finished job. `results` is one entry a seed, or one a round. */
export interface Record {
  readonly id: string
  readonly command: string
  readonly date: string
  /** Where its first result was made; a result that was made elsewhere names its own. */
  readonly machine: Machine
  /** Of a training: what its rule, preset and assignments stood for, and what its layers' updates read. */
  readonly settings?: JobSettings
  /** In the form of its day: no table reads it. */
  readonly certificate?: unknown
  readonly results: readonly { readonly [figure: string]: unknown }[]
}

const FOLDER = 'bench/results'

export const pathOf = (id: string): string => join(FOLDER, `${id}.json`)

export function readRecord(id: string): Record | undefined {
  return existsSync(pathOf(id)) ? JSON.parse(readFileSync(pathOf(id), 'utf8')) : undefined
}

/** Written whole or not at all, so that a stopped queue leaves no half record. */
export function writeRecord(record: Record): void {
  mkdirSync(FOLDER, { recursive: true })
  const part = `${pathOf(record.id)}.${process.pid}.part`
  writeFileSync(part, `${JSON.stringify(record, null, 2)}\n`)
  renameSync(part, pathOf(record.id))
}

/** Keeps what a job has measured today. */
export function writeMeasured(id: string, machine: Record['machine'], results: Record['results']): void {
  writeRecord({ id, command: `bench/run ${id}`, date: new Date().toISOString().slice(0, 10), machine, results })
}

/**
 * How far the losses of a speed record's twin lay from ours, by mini-batch. Undefined where the twin has not shown that it
 * is one: no ratio means anything then.
 */
export const provenBy = ({ results }: Record): readonly number[] | undefined =>
  results.find(({ apart }) => apart !== undefined)?.apart as readonly number[] | undefined

/** The results that have figures: all but those of seeds whose numbers stopped being finite. */
export const finished = ({ results }: Pick<Record, 'results'>): Record['results'] =>
  results.filter(({ diverged }) => diverged === undefined)

/** "1 of 3 diverged in epoch 2"; empty where none did. */
export function divergedOf({ results }: Pick<Record, 'results'>): string {
  const when = results.flatMap(({ diverged }) => (diverged === undefined ? [] : [`${diverged}`]))
  return when.length === 0 ? '' : `${when.length} of ${results.length} diverged ${[...new Set(when)].join(' and ')}`
}

export const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** The sample deviation; 0 for a single value. */
export const deviation = (values: readonly number[]): number =>
  values.length < 2
    ? 0
    : Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)) * (values.length / (values.length - 1)))

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}
