import type { StepGraph } from '../onnx/index.js'
import type { Program, RunResult, TensorRecord } from '../runtime/index.js'
import type { TrainingOptions } from './options.js'
import type { Platform } from './platform.js'

/** The compiled programs of a training, which share one state. */
export interface Programs {
  /** Holds the state. */
  readonly owner: Program
  /** A program on that state, compiled when its key is first asked for. */
  shared(key: string, graph: StepGraph): Promise<Program>
  /** Lets go of those whose keys are over, and of their memory: each session has its own. Asked for, they are compiled again. */
  letGo(isOver: (key: string) => boolean): Promise<void>
  /** Runs a graph that has no part in the state. */
  runOnce(graph: StepGraph, batch: TensorRecord): Promise<RunResult>
  close(): Promise<void>
}

export async function openPrograms(
  platform: Platform,
  { device, threads }: Pick<TrainingOptions, 'device' | 'threads'>,
  graph: StepGraph,
): Promise<Programs> {
  const place = { device, ...(threads !== undefined && { threads }) }
  const owner = await platform.compile(graph, place)
  const known = new Map<string, Program>()
  return {
    owner,
    async shared(key, own) {
      const program = known.get(key) ?? (await platform.compile(own, { ...place, stateOf: owner }))
      known.set(key, program)
      return program
    },
    async letGo(isOver) {
      for (const [key, program] of [...known].filter(([key]) => isOver(key))) {
        known.delete(key)
        await program.dispose(false)
      }
    },
    async runOnce(own, batch) {
      const program = await platform.compile(own, place)
      try {
        return await program.run(1, batch)
      } finally {
        await program.dispose()
      }
    },
    async close() {
      for (const program of [...known.values()].reverse()) await program.dispose()
      known.clear()
      await owner.dispose()
    },
  }
}
