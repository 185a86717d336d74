import { checkSplit, type GivenNumbers, gatherInputs } from '../data/index.js'
import { UserError } from '../errors.js'
import { type Shape, sizeOf } from '../graph/index.js'
import type { AnyRule, Locality } from '../rules/contract.js'
import { traceRule } from '../rules/trace.js'
import { activityGraph } from './activity-graph.js'
import { type Checkpoint, checkState, statePorts, stateRecord } from './checkpoint.js'
import { heldOutNoise } from './noise.js'
import type { Platform } from './platform.js'
import type { NamedTensor } from './safetensors.js'
import { taskOf } from './traced-plan.js'

/** What a block hands up: what the blocks above it read of it; of the highest, the largest tensor that it makes. */
export interface Activity {
  /** The name of the block. */
  readonly block: string
  /** Of one sample: [units], [C, H, W]. */
  readonly shape: Shape
  /**
   * How many activities there are of each sample: more than one where the block is run on each sample several times, as
   * Forward-Forward does with each label in the input.
   */
  readonly views: number
  /** [samples, views, ...shape]. */
  readonly values: Float32Array
}

/** The activities of a network, to be closed after use. */
export interface Activities {
  load(state: readonly NamedTensor[]): Promise<void>
  /** Of inputs as the data set has them. Blocks that hand nothing up for one sample alone are left out. */
  of(inputs: readonly GivenNumbers[]): Promise<Activity[]>
  close(): Promise<void>
}

/** Opens the activities of the network of a checkpoint: one sample at a time, since how samples lie in a batch is the rule's. */
export async function openActivities(
  rule: AnyRule,
  checkpoint: Checkpoint,
  platform: Platform,
  where: string,
): Promise<Activities> {
  const { settings, samples } = checkpoint
  const task = { ...(await taskOf(samples, settings.options, platform)), batch: 1 }
  const { blocks }: Locality = rule.locality(task, settings.hyper as never)
  const traced = traceRule(rule, task, settings.hyper)
  const graph = traced.activities ?? activityGraph(traced.predict, blocks)
  if (graph.metrics.length === 0) throw new UserError(`the blocks of ${rule.id} hand nothing up that could be read`)
  const { device, threads, seed } = settings.options
  const program = await platform.compile(graph, { device, ...(threads !== undefined && { threads }) })
  const load = async (state: readonly NamedTensor[]): Promise<void> => {
    checkState(statePorts(graph), state, where)
    await program.load(stateRecord(state))
  }
  await load(checkpoint.state)
  return {
    load,
    async of(given) {
      const { input } = samples
      const shown = { inputs: given, count: given.length }
      const split = checkSplit(shown, { input, target: { kind: 'none' } }, 'what is shown to the network')
      const x = new Float32Array(split.count * sizeOf(input.shape))
      const rows = Uint32Array.from({ length: split.count }, (_, i) => i)
      gatherInputs(samples, split, rows, x)
      // The noise is that of the first sample, for each of them.
      const noise = heldOutNoise(graph.batch, seed, 0, 1)
      const stacked = Object.entries(noise).map(([name, own]) => {
        const all = new Float32Array(own.length * split.count)
        for (let i = 0; i < split.count; i++) all.set(own as Float32Array, i * own.length)
        return [name, all] as const
      })
      const { metrics } = await program.run(split.count, { x, ...Object.fromEntries(stacked) })
      return graph.metrics.map(({ name, output }) => {
        const [views = 1, ...shape] = output.shape
        return { block: name, views, shape: withoutOnes(shape), values: Float32Array.from(metrics[name]!) }
      })
    },
    close: () => program.dispose(),
  }
}

/** Where the views came first, [views, 1, units], the axis of the one sample is left. */
const withoutOnes = (shape: Shape): Shape => (shape.length === 2 && shape[0] === 1 ? shape.slice(1) : shape)
