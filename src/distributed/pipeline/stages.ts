import type { Certificate } from '../../certificate/certificate.js'
import { UsageError } from '../../errors.js'
import { reachable } from '../../graph/index.js'
import type { StepGraph } from '../../onnx/index.js'
import type { Block } from '../../rules/contract.js'
import { cutStep, type StageStep } from './cut.js'
import { type Places, placesOf } from './places.js'

/** A training, cut into stages. */
export interface Stages {
  /** The names of the blocks of each stage, from below. */
  readonly blocks: readonly (readonly string[])[]
  /** By the key of a step: what each stage computes of it. */
  readonly parts: Readonly<Record<string, readonly StageStep[]>>
  /** The part of all work that the slowest stage has, by multiplications: the bound of the speed-up is its inverse. */
  readonly slowestShare: number
}

export interface Wanted {
  readonly rule: string
  readonly workers?: number | undefined
  /** What else could be done, in sentences, where there is no cut at all. */
  advice?(): string
}

/** Workers where nobody says how many. */
const MOST_WORKERS = 4

/**
 * Cuts all steps into stages of work as equal as can be: one for each of so many `workers`; default: as many as there can
 * be, and no more than four. Throws a UsageError, with the certificate's reason, where there can be no such cut.
 */
export function stagesOf(
  steps: Readonly<Record<string, StepGraph>>,
  blocks: readonly Block[],
  certificate: () => Certificate,
  wanted: Wanted,
): Stages {
  const { workers } = wanted
  const places = placesOf(Object.values(steps), blocks, certificate)
  checkPlaces(places, blocks, wanted)
  const finest = partsAt(steps, places, places.cuts)
  const work = finest[0]!.map((_, stage) => finest.reduce((sum, parts) => sum + workOf(parts[stage]!.program), 0))
  const cuts = balanced(work, workers ?? Math.min(MOST_WORKERS, work.length)).map((i) => places.cuts[i - 1]!)
  const keys = Object.keys(steps)
  const parts = partsAt(steps, places, cuts)
  const bounds = [0, ...cuts, blocks.length]
  const own = bounds.slice(1).map((end, i) => blocks.slice(bounds[i], end))
  const loads = parts[0]!.map((_, stage) => parts.reduce((sum, all) => sum + workOf(all[stage]!.program), 0))
  return {
    blocks: own.map((some) => some.map(({ name }) => name)),
    parts: Object.fromEntries(parts.map((all, i) => [keys[i]!, all])),
    slowestShare: Math.max(...loads) / loads.reduce((a, b) => a + b),
  }
}

const partsAt = (
  steps: Readonly<Record<string, StepGraph>>,
  { homes }: Places,
  cuts: readonly number[],
): StageStep[][] => {
  const stageOf = (name: string): number => cuts.filter((above) => homes.get(name)!.first >= above).length
  return Object.values(steps).map((step) => cutStep(step, cuts.length + 1, stageOf))
}

function checkPlaces({ cuts, why }: Places, blocks: readonly Block[], { rule, workers, advice }: Wanted): void {
  if (workers === 1 || (cuts.length > 0 && (workers ?? 1) <= cuts.length + 1)) return
  const reason = blocks.map((_, above) => why(above)).find((text) => text !== '')
  if (cuts.length === 0)
    throw new UsageError(
      blocks.length < 2
        ? `${rule} has one block here, ${blocks[0]!.name}: there is nothing to hand on to a second worker`
        : `${rule} cannot be cut between its blocks as it is set: ${reason}. ${advice?.() ?? ''}`,
    )
  throw new UsageError(
    `${rule} can be cut into ${cuts.length + 1} stages here, not into ${workers}: say --workers ${cuts.length + 1}` +
      (reason ? `. There is no cut elsewhere: ${reason}` : ''),
  )
}

/** Multiplications of a step, nearly: of a product of matrices exactly. */
const workOf = ({ state, metrics }: StepGraph): number =>
  reachable([...state, ...metrics].map(({ output }) => output)).reduce((sum, { op, inputs, outputs }) => {
    if (op === 'input' || op === 'constant') return sum
    const sizes = [...inputs.slice(0, 2), outputs[0]!].map(({ size }) => size)
    const isProduct = /matmul|conv|product/i.test(op) && inputs.length >= 2
    return sum + (isProduct ? Math.sqrt(sizes.reduce((a, b) => a * b)) : outputs[0]!.size)
  }, 0)

/** Where to cut a row of loads into so many runs, so that the largest is as small as can be. */
function balanced(loads: readonly number[], runs: number): number[] {
  const sum = (from: number, to: number): number => loads.slice(from, to).reduce((a, b) => a + b, 0)
  type Best = { readonly most: number; readonly cuts: readonly number[] }
  /** The best ways to cut the first so many loads, into one run more with each round. */
  let best: Best[] = [...loads.keys(), loads.length].map((end) => ({ most: sum(0, end), cuts: [] }))
  for (let parts = 2; parts <= runs; parts++) {
    const before = best
    best = before.map((_, end) => {
      let found: Best = { most: Number.POSITIVE_INFINITY, cuts: [] }
      for (let from = parts - 1; from < end; from++) {
        const most = Math.max(before[from]!.most, sum(from, end))
        if (most < found.most) found = { most, cuts: [...before[from]!.cuts, from] }
      }
      return found
    })
  }
  return [...best[loads.length]!.cuts]
}
