import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DataSet } from '../data/index.js'
import { UsageError } from '../errors.js'
import { makeFolder } from '../files.node.js'
import { awaitFolder, lockFolder } from '../lock.node.js'
import { openTrainer, resume, train } from '../node.js'
import { node } from '../runs.node.js'
import type { TensorRecord } from '../runtime/index.js'
import type { StoppedEvent, TrainEvent } from '../train/events.js'
import type { TrainInput } from '../train/options.js'
import { type Budget, epochsWithin } from './budget.js'
import type { Arm, Contender } from './contender.js'
import { contending, type Field, fieldOf, withEpochs } from './contenders.js'
import { differences } from './differences.js'
import { checkRun, checkSameComparison, described, keep, readKept, runFolder } from './folder.node.js'
import { paceOf } from './pace.node.js'
import { type Comparison, resultOf } from './result.js'
import { type RunRecord, readRun } from './run-record.node.js'
import { type Tuning, type TuningEvent, tunedSettings } from './tuning.node.js'
import { borrowedWeights, type Sharing, sharingOf } from './weights.js'

export interface CompareRequest {
  readonly arms: readonly Arm[]
  readonly data: DataSet
  /** Seeds 0 to `seeds` - 1. */
  readonly seeds: number
  readonly budget?: Budget | undefined
  /** Training options for all arms; `seed` and `epochs` are the comparison's business. */
  readonly options?: TrainInput['options']
  /** Whether arms begin with the same weights where names and shapes are equal. */
  readonly weights: 'shared' | 'own'
  /** Options that an arm leaves open are searched first, by as many trials for each arm. */
  readonly tuning?: Tuning | undefined
  /** Its folder. One that holds the same comparison is gone on with: finished runs are kept. */
  readonly out: string
  readonly signal?: AbortSignal | undefined
  readonly onWait?: (message: string) => void
}

interface OfRun {
  readonly arm: string
  readonly seed: number
  /** From 1, in the order in which the runs are made. */
  readonly run: number
  readonly of: number
}

/** What `compare` yields; the last one is `done`, or `stopped`, after which it can go on. */
export type CompareEvent =
  | {
      readonly event: 'start'
      readonly arms: readonly string[]
      readonly reference: string
      readonly notes: readonly string[]
    }
  | TuningEvent
  | ({ readonly event: 'training'; readonly told: TrainEvent } & OfRun)
  | ({ readonly event: 'finished'; readonly isKept: boolean; readonly record: RunRecord } & OfRun)
  | { readonly event: 'stopped'; readonly message: string }
  | { readonly event: 'done'; readonly result: Comparison }

/**
 * Trains every arm with every seed, by turns (all arms with seed 0, then all with seed 1), so that what a machine does
 * besides falls on all of them, each as an ordinary run; then compares the figures of the test samples, which each run
 * reads once. Throws a UserError where the arms cannot be compared, or the folder holds another comparison.
 */
export async function* compare(request: CompareRequest): AsyncGenerator<CompareEvent> {
  const { data, seeds, out, signal, weights } = request
  const options = request.options
  const field = await fieldOf(request.arms, { data, ...(options && { options }), platform: node() })
  makeFolder(out)
  await awaitFolder(out, { signal, onWait: request.onWait })
  const lock = lockFolder(out)
  try {
    const asked = await settled(field, request)
    const found = request.tuning ? yield* tuned(asked, request.tuning, request) : { contenders: asked, notes: [] }
    if (!found)
      return yield { event: 'stopped', message: 'stopped while options were searched; trials that ended are kept' }
    const contenders = await paced(found.contenders, request)
    const sharing = weights === 'shared' ? sharingOf(contenders) : undefined
    const notes = [...field.notes, ...found.notes, ...differences(contenders, sharing)]
    const reference = contenders[field.contenders.indexOf(field.reference)]!
    yield { event: 'start', arms: contenders.map(({ name }) => name), reference: reference.name, notes }
    const runs: RunRecord[][] = contenders.map(() => [])
    for (let seed = 0; seed < seeds; seed++) {
      const first = firstStates(contenders, data, seed)
      for (const [place, contender] of contenders.entries()) {
        const run = seed * contenders.length + place + 1
        const told = { arm: contender.name, seed, run, of: seeds * contenders.length }
        const path = runFolder(out, place, contender.name, seed)
        if (existsSync(join(path, 'config.json'))) checkRun(path, { data: data.name, seed, ...contender.settings })
        const kept = readRun(path, seed)
        if (!kept) {
          const stopped = yield* trained(contender, path, told, request, sharing?.[place], first)
          if (stopped) return yield { event: 'stopped', message: stopped.message }
        }
        lock.check()
        const record = kept ?? readRun(path, seed)!
        runs[place]!.push(record)
        yield { event: 'finished', isKept: kept !== undefined, record, ...told }
      }
    }
    yield { event: 'done', result: resultOf(contenders, reference, runs, notes) }
  } finally {
    lock.release()
  }
}

/** The contenders with their epochs, by the budget or as the folder has them; what is new is written down there. */
async function settled({ contenders }: Field, request: CompareRequest): Promise<Contender[]> {
  const { data, budget, out, weights, signal, tuning } = request
  const kept = readKept(out)
  const own: Contender[] = []
  for (const [i, contender] of contenders.entries()) {
    // A pace is measured once: the epochs that it allowed stay.
    const before = budget?.kind === 'seconds' ? kept?.arms[i]?.options.epochs : undefined
    if (typeof before === 'number') own.push(withEpochs(contender, before))
    else own.push(budget ? withEpochs(contender, await epochsFor(budget, contender, data, signal)) : contender)
  }
  const now = described(own, data, budget, weights, tuning?.trials)
  if (kept) checkSameComparison(out, kept, now)
  else keep(out, now)
  return own
}

/** The contenders with the options that were found for each, and what is to be said of them; undefined where stopped. */
async function* tuned(
  contenders: readonly Contender[],
  tuning: Tuning,
  { data, out, signal }: CompareRequest,
): AsyncGenerator<CompareEvent, { contenders: Contender[]; notes: string[] } | undefined> {
  const notes = [
    `Options were searched by ${tuning.trials} trials for each arm, on held-out samples and with another seed; the test samples were not read.`,
  ]
  const all: Contender[] = []
  for (const [place, contender] of contenders.entries()) {
    const events = tunedSettings(contender, place, tuning, out, signal)
    let next = await events.next()
    for (; !next.done; next = await events.next()) {
      if (next.value.event === 'tuned') notes.push(next.value.note)
      yield next.value
    }
    if (!next.value) return undefined
    all.push(await contending(contender, next.value, { data, platform: node() }))
  }
  return { contenders: all, notes }
}

/**
 * Tuned contenders with as many epochs as a budget of seconds allows them: what was found may be slower than what the search began with.
 * This pace is measured once, too, and written down.
 */
async function paced(
  contenders: readonly Contender[],
  { data, budget, out, signal, tuning }: CompareRequest,
): Promise<readonly Contender[]> {
  if (!tuning || budget?.kind !== 'seconds') return contenders
  const kept = readKept(out)!
  const epochs = [...(kept.tunedEpochs ?? [])]
  if (epochs.length === 0) {
    for (const contender of contenders) epochs.push(await epochsFor(budget, contender, data, signal))
    keep(out, { ...kept, tunedEpochs: epochs })
  }
  return contenders.map((contender, i) => withEpochs(contender, epochs[i]!))
}

async function epochsFor(
  budget: Budget,
  contender: Contender,
  data: DataSet,
  signal: AbortSignal | undefined,
): Promise<number> {
  if (budget.kind !== 'seconds') return epochsWithin(budget, contender)
  if (contender.phases > 1)
    throw new UsageError(
      'layers that learn one after the other have paces of their own: give the budget in epochs or images.',
    )
  return epochsWithin(budget, contender, await paceOf(contender, data, budget.amount, signal))
}

/** The first states of arms with a seed, each made once. */
function firstStates(contenders: readonly Contender[], data: DataSet, seed: number) {
  const known = new Map<number, Promise<TensorRecord>>()
  const make = async (place: number): Promise<TensorRecord> => {
    const { rule, settings } = contenders[place]!
    const trainer = await openTrainer({ rule, data, settings: seeded(settings, seed) })
    try {
      return await trainer.initialState()
    } finally {
      await trainer.close()
    }
  }
  return (place: number): Promise<TensorRecord> => {
    known.set(place, known.get(place) ?? make(place))
    return known.get(place)!
  }
}

const seeded = ({ hyper, options }: Contender['settings'], seed: number): Contender['settings'] => ({
  hyper,
  options: { ...options, seed },
})

/** Trains a run, or goes on with it; tells of it. How it was stopped comes back, where it was aborted. */
async function* trained(
  { rule, preset, settings }: Contender,
  path: string,
  told: OfRun,
  { data, signal, onWait }: CompareRequest,
  sharing: Sharing | undefined,
  first: (place: number) => Promise<TensorRecord>,
): AsyncGenerator<CompareEvent, StoppedEvent | undefined> {
  const how = { data, signal, ...(onWait && { onWait }) }
  const begin = async () => {
    const state = sharing ? await borrowedWeights(sharing, first) : []
    const from = state.length > 0 && { from: { run: 'the other arms', state } }
    return train({ rule, preset, settings: seeded(settings, told.seed), out: path, ...from, ...how })
  }
  const isBegun = existsSync(join(path, 'checkpoint.safetensors'))
  for await (const event of isBegun ? resume(path, { rule, ...how }) : await begin()) {
    yield { event: 'training', told: event, ...told }
    if (event.event === 'stopped' && event.reason === 'aborted') return event
  }
  return undefined
}
