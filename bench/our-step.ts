import { gatherInputs, makeDataSet } from '../src/data/index.js'
import { forwardForward } from '../src/rules/forward-forward/forward-forward.js'
import { taskFor } from '../src/rules/task.js'
import { type TracedRule, traceRule } from '../src/rules/trace.js'
import { compile } from '../src/runtime/compile.node.js'
import type { Program, TensorRecord } from '../src/runtime/program.js'
import { targetKind } from '../src/targets/index.js'
import { initialNoise, stepNoise } from '../src/train/noise.js'

export interface StepOptions {
  readonly units: readonly number[]
  readonly batch: number
  readonly threads: number
  readonly precision: 'float32' | 'int8'
}

/** The same step as the PyTorch twin's: SymBa, alpha 4, mean of squares, length normalisation, Adam 1e-3. */
export function traceStep(options: StepOptions, levels = 127): TracedRule {
  const { units, batch, precision } = options
  const hyper = forwardForward.hyper.parse({
    units,
    loss: 'symba',
    alpha: 4,
    negatives: 'uniform',
    rate: 0.001,
    schedule: 'constant',
  })
  const bits = precision === 'int8' ? ({ bits: 8, levels } as const) : ({ bits: 32 } as const)
  return traceRule(forwardForward, taskFor('glyphs', { batch, precision: bits }), hyper)
}

/** Compiled, with a first state, and a function that makes the batches of a call. */
export async function ourStep(
  options: StepOptions,
  levels?: number,
): Promise<{ program: Program; traced: TracedRule; feed(steps: number): TensorRecord }> {
  const traced = traceStep(options, levels)
  const settings = { device: 'cpu', threads: options.threads } as const
  const init = await compile(traced.init, settings)
  const state = (await init.run(1, initialNoise(traced.init.batch, 0))).metrics
  await init.dispose()
  const program = await compile(traced.steps.joint!, settings)
  await program.load(state)
  const data = makeDataSet('glyphs')
  const { train } = data
  let taken = 0
  const feed = (steps: number): TensorRecord => {
    const rows = steps * options.batch
    const indices = Uint32Array.from({ length: rows }, (_, i) => (taken * options.batch + i) % train.count)
    const x = new Float32Array(rows * 784)
    gatherInputs(data, train, indices, x)
    const target = targetKind(data.target).gather(train, indices, data)
    const noise = stepNoise(traced.steps.joint!.batch, 0, taken, steps)
    taken += steps
    return { x, target, progress: new Float32Array(steps), ...noise }
  }
  return { program, traced, feed }
}
