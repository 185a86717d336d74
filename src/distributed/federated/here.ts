import type { DataSet } from '../../data/index.js'
import type { AnyRule } from '../../rules/contract.js'
import type { Platform } from '../../train/platform.js'
import type { Transport } from '../transport.js'
import { type Learner, takePart } from './client/client.js'
import { openLearner } from './client/learner.js'
import { systemClock } from './clock.js'
import { awaitRecipe, type Recipe } from './recipe.js'

/** What a client keeps of its own between rounds, and where. */
export interface ClientKeeper {
  /** What it kept after the last round before this one. */
  last(client: string, round: number): Promise<Uint8Array | undefined>
  keep(client: string, round: number, bytes: Uint8Array): Promise<void>
}

export interface ClientGiven {
  readonly rule: AnyRule
  readonly platform: Platform
  readonly data: DataSet
  readonly keeper?: ClientKeeper | undefined
  /** What learns in the place of the client's own learner: a client may be anything. */
  readonly change?: ((learner: Learner) => Learner) | undefined
  /** Runs what the client computes; default: at once. */
  readonly turn?: (<T>(work: () => Promise<T>) => Promise<T>) | undefined
  /** Told when the client is ready to learn. */
  readonly onThere?: (() => void) | undefined
}

/** Milliseconds between two looks at the round. */
const POLL = 100

/** One client, from the recipe to its end. Waits where the run has not begun. */
export async function oneClient(
  transport: Transport,
  client: string,
  { rule, platform, data, keeper, change = (own) => own, turn = (work) => work(), onThere }: ClientGiven,
  signal: AbortSignal,
): Promise<void> {
  const recipe = await awaitRecipe(transport, signal)
  if (!recipe) return
  const { settings, federated, run } = recipe
  const learner = await turn(() =>
    openLearner({
      ...{ rule, platform, data, settings, federated, client },
      ...(keeper && {
        kept: (round: number) => keeper.last(client, round),
        keep: (round: number, bytes: Uint8Array) => keeper.keep(client, round, bytes),
      }),
    }),
  )
  try {
    onThere?.()
    const own = change(learner)
    const taking: Learner = { ...own, learn: (...given) => turn(() => own.learn(...given)) }
    const about = { clients: recipe.clients.length, salted: federated.noise > 0 }
    await takePart({ ...about, transport, run, client, learner: taking, clock: systemClock, poll: POLL, signal })
  } finally {
    await learner.close()
  }
}

/** All clients of a run in this process; one computes at a time, with all of the machine. */
export const clientsHere =
  (connect: () => Transport, clients: ReadonlyMap<string, ClientGiven>) =>
  async (_: Recipe, signal: AbortSignal): Promise<void> => {
    const turn = inTurns()
    await Promise.all(
      [...clients].map(async ([client, given]) => {
        const transport = connect()
        try {
          // A signal of its own: many who listen to one would look like a leak.
          await oneClient(transport, client, { ...given, turn }, AbortSignal.any([signal]))
        } finally {
          await transport.close()
        }
      }),
    )
  }

/** Runs one work after the other, in the order in which they come. */
export function inTurns(): NonNullable<ClientGiven['turn']> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const own = last.then(work, work)
    last = own.catch(() => {})
    return own
  }
}
