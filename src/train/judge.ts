import type { AnyRule, Block, Task } from '../rules/contract.js'
import { kindOf, type Merit, SHARES } from '../targets/index.js'
import type { Best } from './checkpoint.js'
import type { Criterion, Scores } from './events.js'
import type { Settings } from './options.js'

/** What a training is judged by, from its begin to its end. */
export interface Bench {
  readonly rule: Pick<AnyRule, 'predict' | 'objective' | 'greedy' | 'figures'>
  readonly hyper: unknown
  /** By what the target's kind is judged; undefined where there is no target. */
  readonly merit: Merit | undefined
  /** The names of the blocks, from below. */
  readonly blocks: readonly string[]
  /** In a greedy training: how many blocks learn one after the other, and the one that learns alone. */
  readonly layers?: number | undefined
  readonly alone?: number | undefined
  /** Epochs without a better one until a phase ends; 0: it never ends early. */
  readonly patience: number
}

export const benchOf = (rule: AnyRule, task: Task, { hyper, options }: Settings, blocks: readonly Block[]): Bench => ({
  rule,
  hyper,
  merit: kindOf(task.target)?.merit,
  blocks: blocks.map(({ name }) => name),
  ...(options.schedule === 'greedy' && { layers: rule.greedy!.layers(task, hyper) }),
  alone: options.layer,
  patience: options.patience,
})

export interface Judgement {
  readonly criterion: Criterion
  /** Undefined without patience: then nothing is compared. */
  readonly best?: Best
  /** This epoch is the best. */
  readonly better: boolean
  /** The phase ends here, before its last epoch. */
  readonly early: boolean
  /** The figure itself is no finite number. */
  readonly broken: boolean
}

/**
 * What a phase is judged by. A layer that learns alone goes by its own figure; without one by what it says of the
 * target, or, where it says nothing alone, by what the network says.
 */
export function criterionOf({ rule, hyper, merit, blocks }: Bench, layer?: number, scores?: Scores): Criterion {
  const small = (figure: string, block?: string): Criterion => ({
    ...(block !== undefined && { block }),
    figure,
    better: 'smaller',
  })
  if (layer === undefined) return rule.predict && merit ? merit : small(rule.objective ?? 'objective')
  const block = blocks[layer]!
  const own = rule.greedy?.objective?.(layer, hyper)
  if (own !== undefined) return small(own, block)
  if (!merit) return small(rule.objective ?? 'objective')
  const isSilent = scores !== undefined && scores.blocks?.[block]?.[merit.figure] === undefined
  return isSilent ? merit : { block, ...merit }
}

/** The figure that a criterion names; undefined where it was not measured, or a journal has null for what was no number. */
export const figureOf = ({ block, figure }: Criterion, scores: Scores): number | undefined =>
  (block === undefined ? scores.network : scores.blocks?.[block])?.[figure] ?? undefined

/** Judges an epoch by what was measured after it. `layer`: in a greedy training, the one that learns. */
export function judge(bench: Bench, scores: Scores, epoch: number, before?: Best, layer?: number): Judgement {
  const criterion = criterionOf(bench, layer, scores)
  if (bench.patience === 0) return { criterion, better: false, early: false, broken: false }
  const value = figureOf(criterion, scores) ?? Number.NaN
  const merit = criterion.better === 'larger' ? value : -value
  if (!Number.isFinite(merit))
    return { criterion, ...(before && { best: before }), better: false, early: false, broken: true }
  const better = !before || merit > before.merit
  const best = better ? { epoch, merit } : before
  return { criterion, best, better, early: epoch - best.epoch >= bench.patience, broken: false }
}

/** Why a phase ends before its last epoch, and what is kept of it. */
export function earlyMessage({ criterion, best }: Judgement, epoch: number, learns: string | undefined): string {
  const { figure, better } = criterion
  const { merit, epoch: kept } = best!
  const of = learns === undefined ? '' : `${learns}: `
  const value = SHARES.includes(figure) ? `${(100 * merit).toFixed(2)} %` : `${better === 'larger' ? merit : -merit}`
  return `${of}no better validation ${figure} for ${epoch - kept} epochs; kept is epoch ${kept + 1} with ${value}`
}

/**
 * The place of the highest block that has learned after `layer`, by default after the one that a run trains alone,
 * where those above it have learned nothing. Undefined for a whole network.
 */
export const highestOf = ({ layers, alone }: Bench, layer = alone): number | undefined =>
  layer !== undefined && layer + 1 < layers! ? layer : undefined

/**
 * The part of what held-out samples say that has been learned: where the blocks above number `highest` have learned
 * nothing, the figures of the blocks up to there, and none of the network. A block that is judged by a figure of its
 * own says nothing of the target before what lies above it has learned.
 */
export function learnedPart({ rule, hyper, blocks }: Bench, scores: Scores, highest: number | undefined): Scores {
  if (highest === undefined) return scores
  const objective = rule.greedy!.objective?.(highest, hyper)
  const isKept = (figure: string): boolean =>
    objective === undefined || figure === objective || rule.figures?.[figure] !== undefined
  const kept = blocks.slice(0, highest + 1).flatMap((block) => {
    const own = Object.entries(scores.blocks?.[block] ?? {}).filter(([figure]) => isKept(figure))
    return own.length === 0 ? [] : [[block, Object.fromEntries(own)] as const]
  })
  return { blocks: Object.fromEntries(kept) }
}
