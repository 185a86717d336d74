import { ConflictError, type Values } from '../transport.js'
import { keysOf } from './names.js'
import { getJson, type Known, putJson } from './values.js'

/** Who holds a stage. Epochs only grow; a holder that lives counts beats. */
export interface Lease {
  readonly holder: string
  readonly epoch: number
  readonly beat: number
}

/** Another worker holds the stage: this one must stop, and nothing that it does counts. */
export class FencedError extends Error {
  override readonly name = 'FencedError'
}

export interface Held {
  readonly epoch: number
  /** Aborted with a FencedError where the lease is lost, or with what went wrong. */
  readonly lost: AbortSignal
  /** Throws a FencedError where somebody else has the lease by now. */
  check(): Promise<void>
  /** Gives the lease up, so that another worker need not wait. */
  release(): Promise<void>
}

export interface LeaseTimes {
  /** Between two beats of a holder, ms. */
  readonly beat: number
  /** A holder that was silent for so long (ms, by the clock of who waits) may be replaced. */
  readonly silence: number
}

/** A holder that was not heard of for so long is taken for dead, ms. */
export const SILENCE = 3000

export const LEASE_TIMES: LeaseTimes = { beat: 500, silence: SILENCE }

/**
 * Takes the lease of a stage: at once where it is free or its holder is known to be dead, else when that has been silent.
 * Undefined where the signal came first.
 */
export async function takeLease(
  values: Values,
  key: string,
  { holder, dead }: { readonly holder: string; readonly dead?: string | undefined },
  signal: AbortSignal,
  { beat, silence }: LeaseTimes = LEASE_TIMES,
): Promise<Held | undefined> {
  let seen: { revision: number; since: number } | undefined
  while (!signal.aborted) {
    const known = await getJson<Lease>(values, key)
    if (seen?.revision !== known?.revision) seen = known && { revision: known.revision, since: performance.now() }
    const isLeft = !known || known.value.holder === '' || known.value.holder === dead
    const isFree = isLeft || performance.now() - seen!.since >= silence
    if (isFree) {
      const mine = { holder, epoch: (known?.value.epoch ?? 0) + 1, beat: 0 }
      try {
        const revision = await putJson(values, key, mine, known?.revision ?? 0)
        return held(values, key, { value: mine, revision }, beat)
      } catch (error) {
        if (!(error instanceof ConflictError)) throw error
      }
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(beat, 100)))
  }
  return undefined
}

function held(values: Values, key: string, first: Known<Lease>, every: number): Held {
  const lost = new AbortController()
  const { holder, epoch } = first.value
  let { revision } = first
  let beats = 0
  let writing = Promise.resolve()
  const write = (lease: Lease): Promise<void> => {
    writing = writing.then(async () => {
      try {
        revision = await putJson(values, key, lease, revision)
      } catch (error) {
        // The answer to an earlier beat may have been lost on its way: what counts is who stands there.
        const now = await getJson<Lease>(values, key)
        const isMine = now?.value.holder === holder && now.value.epoch === epoch
        if (!(error instanceof ConflictError) || !isMine) throw error
        revision = now.revision
      }
    })
    return writing
  }
  const timer = setInterval(() => {
    write({ holder, epoch, beat: ++beats }).catch((error) => {
      clearInterval(timer)
      lost.abort(error instanceof ConflictError ? fenced(key) : error)
    })
  }, every)
  return {
    epoch,
    lost: lost.signal,
    async check() {
      const now = await getJson<Lease>(values, key)
      if (now?.value.holder !== holder || now.value.epoch !== epoch) throw fenced(key)
    },
    async release() {
      clearInterval(timer)
      if (!lost.signal.aborted) await write({ holder: '', epoch, beat: beats }).catch(() => undefined)
    },
  }
}

const fenced = (key: string): FencedError => new FencedError(`another worker holds ${key}`)

/**
 * The highest stage that nobody has: those that are started with the run are the lowest ones, and may not have theirs
 * yet. Where all are held, those whose holders are silent are waited for.
 */
export async function freeStage(
  values: Values,
  run: string,
  stages: number,
  silence = SILENCE,
): Promise<number | undefined> {
  const read = (stage: number): Promise<Known<Lease> | undefined> => getJson<Lease>(values, keysOf(run).lease(stage))
  const revisions: number[] = []
  for (let stage = stages - 1; stage >= 0; stage--) {
    const known = await read(stage)
    if (!known || known.value.holder === '') return stage
    revisions[stage] = known.revision
  }
  await new Promise((resolve) => setTimeout(resolve, silence))
  for (let stage = stages - 1; stage >= 0; stage--) if ((await read(stage))?.revision === revisions[stage]) return stage
  return undefined
}
