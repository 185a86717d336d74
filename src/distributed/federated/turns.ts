import { betweenOf, globalStep, type Plan, type Position } from '../../train/plan.js'

/** One turn of a federated training: what the clients do in a round. */
export type Turn =
  /** Some epochs of a phase, from a position on. `layer`: in a greedy training, the one that learns. */
  | { readonly kind: 'learn'; readonly at: Position; readonly steps: number; readonly layer?: number }
  /** The sums for a read-out that is solved exactly. */
  | { readonly kind: 'read-out' }

export interface TurnOptions {
  /** Epochs that a client makes in a turn. */
  readonly localEpochs: number
  /**
   * The most batches of an epoch that it makes: of a new order of its samples, only the first are read. Steps between
   * epochs, which read none, are made all the same.
   */
  readonly localSteps?: number | undefined
  readonly isGreedy: boolean
  /** The layers that learn by steps; of a greedy training whose highest layer is solved, one fewer than it has. */
  readonly readOut: boolean
}

/** All turns of a plan whose epochs are whole turns; steps between epochs belong to the epoch that they precede. */
export function turnsOf(plan: Plan, { localEpochs, localSteps = Infinity, isGreedy, readOut }: TurnOptions): Turn[] {
  const turns: Turn[] = []
  const last = isGreedy && readOut ? plan.phases - 1 : plan.phases
  for (let phase = plan.from; phase < last; phase++)
    for (let epoch = 0; epoch < plan.epochs; epoch += localEpochs) {
      const at = { phase, epoch, between: 0, batch: 0 }
      let steps = 0
      for (let own = epoch; own < epoch + localEpochs; own++)
        steps += betweenOf(plan, { epoch: own }) + Math.min(plan.batches, localSteps)
      turns.push({ kind: 'learn', at, steps, ...(isGreedy && { layer: phase }) })
    }
  return readOut ? [...turns, { kind: 'read-out' }] : turns
}

/** Where a training stands after so many of its turns. */
export function positionAfter(plan: Plan, turns: readonly Turn[], done: number): Position {
  const next = turns[done]
  if (next?.kind === 'learn') return next.at
  return { phase: plan.phases, epoch: 0, between: 0, batch: 0 }
}

/** The turns that are done where a training stands there; several where the last one moves it no further: by what was told. */
export function turnsBehind(
  plan: Plan,
  turns: readonly Turn[],
  at: Position,
  told: { readonly turn: number } | undefined,
): number {
  const step = globalStep(plan, at)
  const done = Array.from({ length: turns.length + 1 }, (_, k) => k).filter(
    (k) => globalStep(plan, positionAfter(plan, turns, k)) === step,
  )
  const [first = 0] = done
  return done.findLast((k) => k <= (told?.turn ?? 0)) ?? first
}
