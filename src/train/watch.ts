import type { Shape } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import type { StepInputs } from './feed.js'
import { heldOutNoise } from './noise.js'
import type { Settings } from './options.js'
import type { Position } from './plan.js'
import type { Programs } from './programs.js'

/** What can be seen of a block in a phase of a step. */
export interface Seen {
  readonly block: string
  readonly phase: string
  readonly what: string
  /** [N, ...]. */
  readonly shape: Shape
  readonly values: Float32Array
}

interface Given {
  readonly graph: () => StepGraph | undefined
  readonly programs: Programs
  readonly settings: Settings
  readonly batch: (at: Position) => Promise<StepInputs>
}

/** Compiles what a rule shows when it is first asked for. */
export function watcher({ graph, programs, settings, batch }: Given) {
  let known: { readonly graph: StepGraph | undefined } | undefined
  return async (at: Position): Promise<readonly Seen[] | undefined> => {
    known ??= { graph: graph() }
    const own = known.graph
    if (!own) return undefined
    const program = await programs.shared('watch', own)
    const inputs = await batch(at)
    const all = {
      ...inputs,
      progress: new Float32Array(1),
      ...heldOutNoise(own.batch, settings.options.seed, at.batch, 1),
    }
    const asked = Object.fromEntries(own.batch.map(({ name }) => [name, all[name as keyof typeof all]!]))
    const { metrics } = await program.run(1, asked)
    return own.metrics.map(({ name, output }): Seen => {
      const [block, phase, what] = name.split('/') as [string, string, string]
      return { block, phase, what, shape: output.shape, values: metrics[name] as Float32Array }
    })
  }
}
