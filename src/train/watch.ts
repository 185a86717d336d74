import type { Shape } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import type { Block } from '../rules/contract.js'
import { PASS } from '../rules/phases.js'
import type { TracedRule } from '../rules/trace.js'
import { activityGraph } from './activity-graph.js'
import type { StepInputs } from './feed.js'
import { heldOutNoise } from './noise.js'
import type { Settings } from './options.js'
import type { Position } from './plan.js'
import type { Programs } from './programs.js'

/** What can be seen of a block in a phase of a step. */
export interface Watched {
  readonly block: string
  readonly phase: string
  readonly what: string
  /** [N, ...]. */
  readonly shape: Shape
  readonly values: Float32Array
}

interface Given {
  readonly traced: TracedRule
  readonly blocks: readonly Block[]
  readonly programs: Programs
  readonly settings: Settings
  readonly batch: (at: Position) => Promise<StepInputs>
}

/** What each block hands up in predictions, where the rule itself shows nothing. */
function handedUp({ predict }: TracedRule, blocks: readonly Block[], { options }: Settings): StepGraph {
  const { metrics, ...graph } = activityGraph(predict, blocks)
  const own = metrics.filter(({ output }) => output.shape[0] === options.batch)
  return { ...graph, metrics: own.map(({ name, output }) => ({ name: `${name}/${PASS}/activity`, output })) }
}

/** Compiles what a rule shows when it is first asked for. */
export function watcher({ traced, blocks, programs, settings, batch }: Given) {
  let known: StepGraph | undefined
  return async (at: Position): Promise<readonly Watched[]> => {
    known ??= traced.watch() ?? handedUp(traced, blocks, settings)
    const own = known
    if (own.metrics.length === 0) return []
    const program = await programs.shared('watch', own)
    const inputs = await batch(at)
    const all = {
      ...inputs,
      progress: new Float32Array(1),
      ...heldOutNoise(own.batch, settings.options.seed, at.batch, 1),
    }
    const asked = Object.fromEntries(own.batch.map(({ name }) => [name, all[name as keyof typeof all]!]))
    const { metrics } = await program.run(1, asked)
    return own.metrics.map(({ name, output }): Watched => {
      const [block, phase, what] = name.split('/') as [string, string, string]
      return { block, phase, what, shape: output.shape, values: metrics[name] as Float32Array }
    })
  }
}
