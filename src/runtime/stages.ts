import { type Engine, inOrder } from './engine.js'
import type { StagesRequest } from './opened.js'
import type { RunResult, TensorData, TensorRecord } from './program.js'
import { fail, OTHER_FAILED, reset } from './rings.js'

/** An engine that can let the stages of a step run at once. */
export interface StagedEngine extends Engine {
  /**
   * Opens the stages of a step under a number of their own, which `run` and `close` take. Says whether they could be had;
   * if not, runs are those of the whole program.
   */
  openStages(request: StagesRequest): Promise<boolean>
}

interface Staged extends StagesRequest {
  /** The first stage's is that of the whole program. None, where the stages could not be had. */
  engines: readonly Engine[]
  /** Whether the later stages hold their state; else the whole program does. */
  away: boolean
}

/**
 * The first stage of a step runs in the engine `here`, each of the others in one of its own, whose thread is made by the one
 * that this is in. State goes to them when they run, and comes back as soon as anything else asks for it.
 */
export function withStages(here: Engine, startEngine: () => Engine): StagedEngine {
  let others: Engine[] = []
  const opened = new Map<number, Staged>()
  /** Of each program, the one that had its state first. */
  const owners = new Map<number, number>()

  async function openStages(request: StagesRequest): Promise<boolean> {
    const { id, stateOf, stages } = request
    const staged: Staged = { ...request, engines: [], away: false }
    opened.set(id, staged)
    const made: Engine[] = []
    try {
      while (others.length < stages.length - 1) others.push(startEngine())
      for (const [i, engine] of [here, ...others].slice(0, stages.length).entries()) {
        const shared = i === 0 ? { stateOf } : {}
        if (!(await engine.open({ id, device: 'cpu', threads: 1, ...stages[i]!, ...shared })))
          throw new Error('a stage could not be had')
        made.push(engine)
      }
      staged.engines = made
      return true
    } catch {
      // No room, or no more threads: the whole step needs neither.
      await Promise.allSettled(made.map((engine) => engine.close(id)))
      return false
    }
  }

  async function handOver(staged: Staged): Promise<void> {
    const { id, stateOf, stages, engines } = staged
    if (staged.away) return
    for (const [i, engine] of engines.entries()) {
      const names = stages[i]!.program.state.map(({ name }) => name)
      if (i > 0) await engine.load(id, await here.read(stateOf, names))
    }
    staged.away = true
  }

  /** What is away of the state of a program comes back, unless it is where it will be needed. */
  async function bringBack(id: number, needed?: Staged): Promise<void> {
    for (const staged of opened.values()) {
      if (!staged.away || staged === needed || owners.get(staged.stateOf) !== owners.get(id)) continue
      staged.away = false
      try {
        for (const engine of staged.engines.slice(1)) await here.load(staged.stateOf, await engine.read(staged.id))
      } catch (error) {
        // The thread is gone, and this state with it: said once. What follows goes on without stages.
        staged.engines = []
        others = []
        throw error
      }
    }
  }

  async function runStages(staged: Staged, steps: number, batch: TensorRecord): Promise<RunResult> {
    const { id, stages, engines } = staged
    const start = performance.now()
    await handOver(staged)
    const rings = stages.flatMap(({ inPlace }) => inPlace?.outgoing ?? [])
    for (const ring of rings) reset(ring)
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
      const wereDone = running.filter((_, k) => ends[k]!.status === 'fulfilled')
      await Promise.allSettled(wereDone.map(({ engine }) => engine.undo(id)))
      // The others failed because of one.
      throw (failed.find(({ reason }) => reason.message !== OTHER_FAILED) ?? failed[0]!).reason
    }
    const metrics = Object.assign({}, ...done.map((result) => result.metrics))
    return { metrics, seconds, notFinite: done.flatMap(({ notFinite }) => notFinite) }
  }

  return inOrder({
    async open(request) {
      const { id, stateOf = id } = request
      owners.set(id, owners.get(stateOf) ?? stateOf)
      return await here.open(request)
    },
    openStages,
    async load(id, state) {
      await bringBack(id)
      await here.load(id, state)
    },
    async run(id, steps, batch) {
      const staged = opened.get(id)
      const whole = staged?.stateOf ?? id
      await bringBack(whole, staged)
      if (staged && staged.engines.length > 0) return await runStages(staged, steps, batch)
      return await here.run(whole, steps, batch)
    },
    async read(id, names) {
      await bringBack(id)
      return await here.read(id, names)
    },
    undo: (id) => here.undo(id),
    async close(id) {
      const staged = opened.get(id)
      try {
        await bringBack(staged?.stateOf ?? id)
      } finally {
        opened.delete(id)
        owners.delete(id)
        const engines = staged ? staged.engines : [here]
        await Promise.allSettled(engines.map((engine) => engine.close(id)))
      }
    },
  })
}

/** What a stage reads of the batch: copies of what an earlier one is handed, be it under another name. */
function batchOf(stages: StagesRequest['stages'], i: number, batch: TensorRecord): TensorRecord {
  const arraysOf = (k: number): [string, TensorData][] =>
    stages[k]!.program.batch.flatMap(({ name }) => (batch[name] ? [[name, batch[name]]] : []))
  const handed = new Set(stages.slice(0, i).flatMap((_, k) => arraysOf(k).map(([, { buffer }]) => buffer)))
  return Object.fromEntries(arraysOf(i).map(([name, data]) => [name, handed.has(data.buffer) ? data.slice() : data]))
}
