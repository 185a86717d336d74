import { type Engine, inOrder } from './engine.js'
import type { StagesRequest } from './opened.js'
import type { RunResult, TensorRecord } from './program.js'
import { fail, reset } from './wires.js'

/** A program whose stages run at once: the first one here, each of the others in an engine of its own. */
interface Staged extends StagesRequest {
  readonly engines: readonly Engine[]
  /** Whether the later stages hold their state; else the program does whose state it is. */
  away: boolean
}

/**
 * An engine that runs the stages of a step in threads of their own, all made by the one that it is in. State goes to them
 * when they run, and comes back as soon as anything else is asked for.
 */
export function withStages(here: Engine, startEngine: () => Engine): Engine {
  const others: Engine[] = []
  const opened = new Map<number, Staged>()

  async function openStages(request: StagesRequest): Promise<boolean> {
    const { id, stateOf, stages } = request
    while (others.length < stages.length - 1) others.push(startEngine())
    const engines = [here, ...others.slice(0, stages.length - 1)]
    const device = { device: 'cpu', threads: 1 } as const
    for (const [i, engine] of engines.entries()) {
      const isOpen = await engine.open({ id, ...device, ...stages[i]!, ...(i === 0 && { stateOf }) }).catch(() => false)
      if (isOpen) continue
      for (const before of engines.slice(0, i)) await before.close(id)
      return false
    }
    opened.set(id, { ...request, engines, away: false })
    return true
  }

  async function handOver(staged: Staged): Promise<void> {
    const { id, stateOf, stages, engines } = staged
    if (staged.away) return
    for (const [i, { program }] of stages.entries())
      if (i > 0)
        await engines[i]!.load(
          id,
          await here.read(
            stateOf,
            program.state.map(({ name }) => name),
          ),
        )
    staged.away = true
  }

  /** Whatever is away comes back. */
  async function bringBack(): Promise<void> {
    for (const staged of opened.values()) {
      if (!staged.away) continue
      for (const engine of staged.engines.slice(1)) await here.load(staged.stateOf, await engine.read(staged.id))
      staged.away = false
    }
  }

  async function runStages(staged: Staged, steps: number, batch: TensorRecord): Promise<RunResult> {
    const { id, stages, engines } = staged
    await handOver(staged)
    const rings = stages.flatMap(({ inPlace }) => inPlace?.outgoing ?? [])
    for (const ring of rings) reset(ring)
    const start = performance.now()
    // From the last one on: an array that several stages read is handed over to the first, the others get copies.
    const running = engines.map((engine, i) => ({ engine, i })).toReversed()
    const ends = await Promise.allSettled(
      running.map(({ engine, i }) =>
        engine.run(id, steps, batchOf(stages, i, batch)).catch((error: Error) => {
          for (const ring of rings) fail(ring)
          throw error
        }),
      ),
    )
    const seconds = (performance.now() - start) / 1000
    const failed = ends.filter((end) => end.status === 'rejected')
    const done = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []))
    if (failed.length > 0) {
      for (const [k, { engine }] of running.entries()) if (ends[k]!.status === 'fulfilled') await engine.undo(id)
      // The others failed because of one.
      throw (failed.find(({ reason }) => !/^another stage/.test(reason.message)) ?? failed[0]!).reason
    }
    const metrics = Object.assign({}, ...done.map((result) => result.metrics))
    return { metrics, seconds, notFinite: done.flatMap(({ notFinite }) => notFinite) }
  }

  return inOrder({
    open: (request) => here.open(request),
    openStages,
    async load(id, state) {
      await bringBack()
      await here.load(id, state)
    },
    async run(id, steps, batch) {
      const staged = opened.get(id)
      if (staged) return await runStages(staged, steps, batch)
      await bringBack()
      return await here.run(id, steps, batch)
    },
    async read(id, names) {
      await bringBack()
      return await here.read(id, names)
    },
    undo: (id) => here.undo(id),
    async close(id) {
      await bringBack()
      for (const engine of opened.get(id)?.engines.slice(1) ?? []) await engine.close(id)
      opened.delete(id)
      await here.close(id)
    },
  })
}

/** What a stage reads of the batch. */
function batchOf(stages: StagesRequest['stages'], i: number, batch: TensorRecord): TensorRecord {
  const names = stages.map(({ program }) => new Set(program.batch.map(({ name }) => name)))
  const own: TensorRecord = {}
  for (const [name, data] of Object.entries(batch))
    if (names[i]!.has(name)) own[name] = names.slice(0, i).some((read) => read.has(name)) ? data.slice() : data
  return own
}
