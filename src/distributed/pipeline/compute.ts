import type { TensorRecord } from '../../runtime/index.js'
import type { feed } from '../../train/feed.js'
import type { TrainingOptions } from '../../train/options.js'
import type { Call } from '../../train/plan.js'
import type { Platform } from '../../train/platform.js'
import { openPrograms } from '../../train/programs.js'
import type { StageStep } from './cut.js'

/** What a chunk made: of the stage's metrics one number a run, and what goes up. */
export interface Made {
  readonly metrics: TensorRecord
  readonly values: TensorRecord
  /** State that is no longer finite. */
  readonly notFinite: readonly string[]
  /** Where it ran. */
  readonly seconds: number
}

/** The programs of one stage, on its state. */
export interface StageCompute {
  load(state: TensorRecord): Promise<void>
  read(): Promise<TensorRecord>
  /** `taken`: what came up from below, stacked over the runs of the call; of the lowest stage, nothing. */
  run(call: Call, taken: TensorRecord): Promise<Made>
  close(): Promise<void>
}

/** `make` gives what a stage makes itself: noise and progress; the lowest stage also reads the samples. */
export async function openStage(
  parts: Readonly<Record<string, StageStep>>,
  make: ReturnType<typeof feed>,
  options: TrainingOptions,
  platform: Platform,
): Promise<StageCompute> {
  const [first, ...others] = Object.keys(parts) as [string, ...string[]]
  const programs = await openPrograms(platform, options, parts[first]!.program)
  const known = new Map([[first, programs.owner]])
  for (const key of others) known.set(key, await programs.shared(key, parts[key]!.program))
  return {
    load: (state) => programs.owner.load(state),
    read: () => programs.owner.read(),
    async run(call, taken) {
      const { program, takes, passes, gives } = parts[call.step]!
      const isTaken = new Set(takes.map(({ name }) => name))
      const ports = program.batch.filter(({ name }) => !isTaken.has(name))
      const own = await make(call, [...ports, ...passes])
      const all: TensorRecord = { ...own, ...taken }
      const handed = Object.fromEntries(gives.flatMap(({ name }) => (all[name] ? [[name, all[name]]] : [])))
      // A program takes its inputs away: what goes on up is kept.
      const batch = Object.fromEntries(
        program.batch.map(({ name }) => [name, name in handed ? all[name]!.slice() : all[name]!]),
      )
      const { metrics, notFinite, seconds } = await known.get(call.step)!.run(call.runs, batch)
      const isGiven = new Set(gives.map(({ name }) => name))
      const of = (given: boolean): TensorRecord =>
        Object.fromEntries(Object.entries(metrics).filter(([name]) => isGiven.has(name) === given))
      return { metrics: of(false), values: { ...handed, ...of(true) }, notFinite, seconds }
    },
    close: programs.close,
  }
}
