import { UserError } from '../../errors.js'
import { sizeOf } from '../../graph/types.js'
import type { Stream } from '../../random/stream.js'
import { type AggregateOptions, type AggregationName, aggregate } from './aggregate/table.js'
import { medianOf, normOf } from './aggregate/update.js'
import { flattened, lengthOf, type Travelling, unflattened } from './layout.js'
import { type Privacy, privateMean } from './privacy/noise.js'
import type { Contribution, MergeContext, Standing, Taken, Work } from './round/work.js'
import { solveTogether } from './solve.js'
import type { Turn } from './turns.js'
import { momentsBytes, momentsOf } from './wire/moments.js'
import { deltaOf } from './wire/upload.js'

/** The read-out that the last turn solves: its tensors, its sizes, and the weight of its penalty. */
export interface SolvedReadOut {
  readonly weight: string
  readonly bias: string
  readonly features: number
  readonly targets: number
  /** Rows that each sample has in the sums. */
  readonly views: number
  readonly lambda: number
}

export interface WorkOptions {
  readonly turns: readonly Turn[]
  /** All that travels, and the names of the blocks, from below. */
  readonly layout: readonly Travelling[]
  readonly blocks: readonly string[]
  readonly aggregate: AggregationName
  readonly aggregateOptions: AggregateOptions
  readonly privacy?: Privacy | undefined
  readonly readOut?: SolvedReadOut | undefined
  /** The noise of privacy: nobody else may know it. */
  readonly secret: (round: number) => Stream
}

/** What may travel beside the numbers: names, shapes, claims. */
const HEADER = 65_536

/** An update that is so many times longer than usual is a mistake, whatever the aggregation would make of it. */
const MOST_TIMES_MEDIAN = 1000

/** The tensors that travel in a turn: those of the layer that learns, and of no block; else all. */
export const layoutIn = (
  layout: readonly Travelling[],
  blocks: readonly string[],
  turn: Turn,
): readonly Travelling[] =>
  turn.kind === 'read-out' || turn.layer === undefined
    ? layout
    : layout.filter(({ block }) => block === blocks[turn.layer!] || !blocks.includes(block))

/** The layer that learns in a turn; undefined where all do, or none. */
const learns = (turn: Turn | undefined): number | undefined => (turn?.kind === 'learn' ? turn.layer : undefined)

export function federatedWork(options: WorkOptions): Work {
  const { turns, layout, blocks, readOut } = options
  const layoutAt = (turn: number): readonly Travelling[] => layoutIn(layout, blocks, turns[turn]!)
  return {
    turns: turns.length,
    isPrivate: options.privacy !== undefined,
    mostBytes(turn) {
      const { kind } = turns[turn]!
      return HEADER + (kind === 'read-out' ? momentsBytes(readOut!) : 4 * lengthOf(layoutAt(turn)))
    },
    check(turn, file, { samples, norms }): Contribution {
      if (turns[turn]!.kind === 'read-out') return { moments: momentsOf(file, readOut!, samples * readOut!.views) }
      const delta = deltaOf(file, layoutAt(turn))
      const [norm, usual] = [normOf(delta), medianOf(norms)]
      if (norm > MOST_TIMES_MEDIAN * usual)
        throw new UserError(`its norm is ${norm.toPrecision(3)}, ${Math.round(norm / usual)} times what is usual`)
      return { delta }
    },
    merge(turn, before, uploads, context) {
      if (turns[turn]!.kind === 'read-out') return solved(before, uploads, readOut!)
      // What the server's optimiser keeps is of the layer of the turn before: another layer begins afresh.
      const server = learns(turns[turn]) === learns(turns[turn - 1]) ? before.server : {}
      return averaged(layoutAt(turn), { ...before, server }, uploads, context, options)
    },
  }
}

function averaged(
  layout: readonly Travelling[],
  { tensors, server }: Standing,
  uploads: readonly Taken[],
  { asked, norms, round }: MergeContext,
  { aggregate: name, aggregateOptions, privacy, secret }: WorkOptions,
): Standing {
  const updates = uploads.map(({ client, samples, contribution }) => {
    if (!('delta' in contribution)) throw new Error(`the upload of ${client} has no delta`)
    return { client, samples, delta: contribution.delta }
  })
  const { step, state: kept } = privacy
    ? { step: privateMean(updates, asked, privacy, secret(round)), state: server }
    : aggregate(name, updates, aggregateOptions, { norms, state: server })
  const next = flattened(layout, tensors)
  for (let i = 0; i < next.length; i++) next[i]! += step[i]!
  return { tensors: { ...tensors, ...unflattened(layout, next) }, server: kept }
}

/** The exact read-out of the samples of all clients, in an order of clients that does not depend on who came first. */
function solved({ tensors, server }: Standing, uploads: readonly Taken[], own: SolvedReadOut): Standing {
  const all = [...uploads]
    .sort((a, b) => (a.client < b.client ? -1 : 1))
    .map(({ client, contribution }) => {
      if (!('moments' in contribution)) throw new Error(`the upload of ${client} has no sums`)
      return { client, moments: contribution.moments }
    })
  const { weight, bias } = solveTogether(all, own.lambda)
  for (const [name, values] of [
    [own.weight, weight],
    [own.bias, bias],
  ] as const)
    if (sizeOf([tensors[name]?.length ?? 0]) !== values.length)
      throw new UserError(`the read-out has ${values.length} numbers for ${name}, which has another size`)
  return {
    tensors: { ...tensors, [own.weight]: Float32Array.from(weight), [own.bias]: Float32Array.from(bias) },
    server,
  }
}
