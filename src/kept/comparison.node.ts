import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { checkRun, type KeptComparison, optionsOf, readKept, runFolder } from '../compare/folder.node.js'
import { type ArmFigures, figuresOf } from '../compare/result.js'
import { type RunRecord, readRun } from '../compare/run-record.node.js'
import { UserError } from '../errors.js'
import { backprop } from '../rules/backprop.js'
import type { Criterion } from '../train/events.js'

/** A comparison as its folder tells of it. */
export interface KeptResult {
  readonly path: string
  readonly kept: KeptComparison
  readonly criterion: Criterion
  /** The seeds with which every arm is finished. */
  readonly seeds: readonly number[]
  /** The name of the arm that the others are compared with. */
  readonly reference: string
  readonly arms: readonly (ArmFigures & { readonly arm: string; readonly runs: readonly RunRecord[] })[]
}

export const isComparison = (folder: string): boolean => existsSync(join(folder, 'compare.json'))

/**
 * Reads a comparison, finished or not: what its arms came to with the seeds that all of them have been trained with.
 * Throws a UserError where the folder holds none, no seed is finished, or a run is not the one that was to be compared.
 */
export function readComparison(path: string): KeptResult {
  const kept = isComparison(path) ? readKept(path) : undefined
  if (!kept) throw new UserError(`${path} holds no comparison: it has no compare.json`)
  const records = kept.arms.map((_, place) => finishedRuns(path, kept, place))
  const seeds = [...records[0]!.keys()].filter((seed) => records.every((own) => own.has(seed))).sort((a, b) => a - b)
  if (seeds.length === 0)
    throw new UserError(
      `the comparison in ${path} has no seed yet with which all arms are trained: go on with it first`,
    )
  const runs = records.map((own) => seeds.map((seed) => own.get(seed)!))
  const named = runs.findIndex(([run]) => run!.start.rule === backprop.id)
  const reference = Math.max(0, named)
  const figures = figuresOf(runs, reference)
  return {
    ...{ path, kept, seeds, criterion: runs[0]![0]!.start.criterion },
    reference: kept.arms[reference]!.arm,
    arms: kept.arms.map(({ arm }, i) => ({ arm, runs: runs[i]!, ...figures[i] })),
  }
}

function finishedRuns(path: string, kept: KeptComparison, place: number): Map<number, RunRecord> {
  const { arms, data, trials } = kept
  const { arm, hyper } = arms[place]!
  const options = optionsOf(kept, place)
  const folder = join(runFolder(path, place, arm, 0), '..')
  const found = new Map<number, RunRecord>()
  if (!existsSync(folder)) return found
  for (const name of readdirSync(folder)) {
    const [, text] = /^seed-(0|[1-9]\d*)$/.exec(name) ?? []
    if (text === undefined) continue
    const [own, seed] = [join(folder, name), Number(text)]
    const record = readRun(own, seed)
    if (!record) continue
    checkRun(own, { data: data.data, seed, ...(trials === undefined && { hyper }), options })
    found.set(seed, record)
  }
  return found
}
