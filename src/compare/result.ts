import { areLocal, type Certificate } from '../certificate/certificate.js'
import type { Criterion } from '../train/events.js'
import type { Contender } from './contender.js'
import type { RunRecord } from './run-record.node.js'
import { holm, type PairedDifference, pairedDifference, type Summary, summarized } from './statistics/paired.js'

/** An arm in the table. */
export interface ArmResult {
  readonly arm: string
  readonly rule: string
  readonly source: string
  /** What was asked for, complete, but for the seed. */
  readonly hyper: Readonly<Record<string, unknown>>
  readonly options: Readonly<Record<string, unknown>>
  readonly runs: readonly Omit<RunRecord, 'start'>[]
  /** Of the figure over the seeds whose numbers did not blow up; absent where all did. */
  readonly figure?: Summary
  /** This arm less the reference, seed by seed; absent for the reference, and without a common seed. */
  readonly difference?: PairedDifference & { readonly pHolm?: number }
  readonly seconds: number
  readonly samplesPerSecond: number
  readonly peakActivationBytes: number
  readonly stateBytes: number
  readonly parameters: number
  readonly flopPerSample: number
  readonly certificate: string
}

export interface Comparison {
  readonly data: string
  readonly criterion: Criterion
  readonly seeds: readonly number[]
  readonly reference: string
  readonly arms: readonly ArmResult[]
  /** What differs between the arms besides their rules, and what was done that nobody asked for. */
  readonly notes: readonly string[]
}

/** A certificate in a word. */
export function certificateWord({ local, layers }: Certificate): string {
  const choice = layers.some(({ reads }) => reads.choice)
  const cells = layers.some(({ depth, inside }) => Math.max(depth, inside) > 1) ? ' by cells' : ''
  if (local) return `local${cells}${choice ? ', chosen' : ''}`
  const window = Math.max(...layers.map((layer) => layer.window))
  if (layers.length === 1 && areLocal(layers)) return 'one block'
  if (window > 1) return window === layers.length ? 'whole network' : `window ${window}`
  return layers.some(({ reads }) => reads.feedback) ? 'feedback' : 'broadcast'
}

/** What the runs of arms come to, and how they differ from the reference. */
export type ArmFigures = Pick<ArmResult, 'figure' | 'difference'>

/** The same for each arm, from its runs: for each arm one a seed, in the same order. `reference`: the place of one. */
export function figuresOf(runs: readonly (readonly RunRecord[])[], reference: number): ArmFigures[] {
  const differences = runs.map((own, i) => (i === reference ? undefined : differenceOf(own, runs[reference]!)))
  const corrected = holm(differences.flatMap((own) => (own?.p === undefined ? [] : [own.p])))
  let next = 0
  return runs.map((of, i): ArmFigures => {
    const values = of.flatMap(({ value }) => (value === undefined ? [] : [value]))
    const difference = differences[i]
    const pHolm = difference?.p === undefined ? undefined : corrected[next++]
    return {
      ...(values.length > 0 && { figure: summarized(values) }),
      ...(difference && { difference: { ...difference, ...(pHolm !== undefined && { pHolm }) } }),
    }
  })
}

/** The table of finished runs: for each arm one a seed, in the same order. */
export function resultOf(
  contenders: readonly Contender[],
  reference: Contender,
  runs: readonly (readonly RunRecord[])[],
  notes: readonly string[],
): Comparison {
  const figures = figuresOf(runs, contenders.indexOf(reference))
  const arms = contenders.map((own, i): ArmResult => {
    const of = runs[i]!
    const { seed: _, ...options } = own.settings.options
    const { start } = of[0]!
    return {
      arm: own.name,
      rule: own.rule.id,
      source: own.rule.source,
      ...{ hyper: own.settings.hyper, options },
      runs: of.map(({ start: _, ...run }) => run),
      ...figures[i],
      seconds: mean(of.map(({ seconds }) => seconds)),
      samplesPerSecond: mean(of.map(({ samplesPerSecond }) => samplesPerSecond)),
      peakActivationBytes: start.peakActivationBytes,
      stateBytes: start.stateBytes,
      parameters: own.parameters,
      flopPerSample: own.flopPerSample,
      certificate: certificateWord(start.certificate),
    }
  })
  const [{ start, seed: _ }] = runs[0] as [RunRecord]
  const blown = contenders.flatMap(({ name }, i) =>
    runs[i]!.filter(({ diverged }) => diverged !== undefined).map(
      ({ seed, diverged }) => `${name}, seed ${seed}, is not in its figures: ${diverged}.`,
    ),
  )
  return {
    data: start.data,
    criterion: start.criterion,
    seeds: runs[0]!.map(({ seed }) => seed),
    reference: reference.name,
    arms,
    notes: [...notes, ...blown],
  }
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length

/** Over the seeds that both finished. */
function differenceOf(own: readonly RunRecord[], others: readonly RunRecord[]): PairedDifference | undefined {
  const pairs = own.flatMap(({ value }, i) => {
    const other = others[i]!.value
    return value === undefined || other === undefined ? [] : [[value, other] as const]
  })
  if (pairs.length === 0) return undefined
  return pairedDifference(
    pairs.map(([value]) => value),
    pairs.map(([, other]) => other),
  )
}
