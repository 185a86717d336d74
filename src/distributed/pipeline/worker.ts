import { UserError } from '../../errors.js'
import { notFinite } from '../../train/not-finite.js'
import type { Stream, Transport, Values } from '../transport.js'
import { openOutlet } from './edge.js'
import { type Held, type LeaseTimes, takeLease } from './lease.js'
import type { Manifest } from './manifest.js'
import { encodeHanded } from './message.js'
import { keysOf, limitsOf } from './names.js'
import { progressTeller, type Teller } from './progress.js'
import { openSaver } from './saver.js'
import { fromEdge, fromPlan } from './source.js'
import { decodeState, readStanding } from './standing.js'
import { setOnce } from './values.js'
import type { StageWork } from './work.js'

export interface StageOptions {
  readonly run: string
  readonly stage: number
  /** Its own name, unlike that of any other worker. */
  readonly holder: string
  /** A holder that is known to be dead: its lease is taken at once. */
  readonly dead?: string | undefined
  readonly signal: AbortSignal
  readonly times?: LeaseTimes | undefined
}

/** How a worker ended: where the run ends or was stopped, or because it was told to leave, or numbers blew up. */
export type Ending = 'over' | 'left' | 'broken'

/**
 * Works on one stage of a run until it is over, from where its last holder left it: what came up after that is read
 * again, and what was handed up already is not handed up twice. Throws a FencedError where another worker has taken
 * over, and a UserError where the run cannot go on.
 */
export async function workOnStage(
  transport: Transport,
  manifest: Manifest,
  work: StageWork,
  { run, stage, holder, dead, signal, times }: StageOptions,
): Promise<Ending> {
  const keys = keysOf(run)
  const lease = await takeLease(transport.values, keys.lease(stage), { holder, dead }, signal, times)
  if (!lease) return 'left'
  try {
    const { window, stages, messageBytes } = manifest
    const stream = await transport.stream(keys.stream, limitsOf(run, window, stages.length, messageBytes))
    const stop = AbortSignal.any([signal, lease.lost])
    return await hold(transport, stream, manifest, work, { run, stage, holder, lease, stop })
  } catch (error) {
    throw lease.lost.aborted ? lease.lost.reason : error
  } finally {
    await lease.release()
  }
}

interface Holding {
  readonly run: string
  readonly stage: number
  readonly holder: string
  readonly lease: Held
  readonly stop: AbortSignal
}

async function hold(
  transport: Transport,
  stream: Stream,
  manifest: Manifest,
  { plan, compute, parts, blocks }: StageWork,
  { run, stage, holder, lease, stop }: Holding,
): Promise<Ending> {
  const { values, objects } = transport
  const keys = keysOf(run)
  const known = await readStanding(values, run, stage)
  const bytes = known && (await objects.get(known.value.object))
  if (!known || !bytes) throw new UserError(`the state of stage ${stage} of the run ${run} is gone: start the run anew`)
  const { value: standing } = known
  if (standing.isOver) return 'over'
  const { state, sums } = decodeState(bytes)
  await compute.load(Object.fromEntries(state.map(({ name, data }) => [name, data])))
  const up = keys.edge(stage + 1)
  const outlet = stage + 1 < manifest.stages.length ? await openOutlet(stream, up, lease) : undefined
  if (outlet && outlet.chunk < standing.chunk)
    throw new UserError(
      `stage ${stage} had handed up ${standing.chunk} messages and only ${outlet.chunk} are there: the broker has lost ` +
        'what it had stored. Resume the run from its last epoch (--resume)',
    )
  const saver = openSaver(transport, stream, manifest, { run, stage, first: known, sums })
  const tell = progressTeller(transport, run, stage, holder)
  const hasCredit = creditOf(values, manifest, { run, stage, stop }, tell)
  const size = manifest.chunk
  const tasks =
    stage === 0
      ? fromPlan(values, keys.stop, plan, standing, size)
      : fromEdge(stream, keys.edge(stage), plan, standing, size, (step) => parts[step]!.takes, stop)
  /** While a chunk goes up, the next one is computed. */
  let publishing: Promise<void> = Promise.resolve()
  let ready = performance.now()
  for await (const { chunk, taken, place, sequence } of tasks) {
    if (stop.aborted) break
    tell.waited(performance.now() - ready, 'starved')
    if (!chunk) {
      await publishing
      await outlet?.publish(encodeHanded(up, [], 0, { chunk: place.chunk + 1, isLast: true, values: {} }))
      await saver.finish(await compute.read(), place, sequence)
      return 'over'
    }
    if (!(await hasCredit(chunk.number))) break
    const made = await compute.run(chunk.call, taken)
    const broken = notFinite({ metrics: made.metrics, notFinite: [...made.notFinite] }, blocks)
    if (broken !== undefined) {
      await setOnce(values, keys.broken, { what: broken, call: chunk.call })
      return 'broken'
    }
    saver.add(made.metrics)
    tell.made(chunk, made)
    await publishing
    if (outlet) {
      const { gives } = parts[chunk.call.step]!
      const own = { chunk: chunk.number, isLast: false, values: made.values }
      publishing = outlet.publish(encodeHanded(up, gives, chunk.call.runs, own))
      publishing.catch(() => undefined)
    }
    if (saver.isDue(chunk)) {
      await publishing
      await saver.save(await compute.read(), chunk, sequence)
    }
    ready = performance.now()
  }
  await publishing
  await saver.settled()
  if (lease.lost.aborted) throw lease.lost.reason
  return 'left'
}

/** Between two looks at where the stage above stands, ms. */
const LOOK = 10

/** Waits until the stage above has kept so much that a chunk may be sent; false where the signal came first. */
export function creditOf(
  values: Values,
  { window, stages }: Pick<Manifest, 'window' | 'stages'>,
  { run, stage, stop }: Pick<Holding, 'run' | 'stage' | 'stop'>,
  tell: Teller,
): (chunk: number) => Promise<boolean> {
  let most = stage + 1 < stages.length ? 0 : Number.POSITIVE_INFINITY
  return async (chunk) => {
    const begin = performance.now()
    while (chunk > most && !stop.aborted) {
      most = ((await readStanding(values, run, stage + 1))?.value.chunk ?? 0) + window
      if (chunk > most) await new Promise((resolve) => setTimeout(resolve, LOOK))
    }
    tell.waited(performance.now() - begin, 'held')
    return !stop.aborted
  }
}
