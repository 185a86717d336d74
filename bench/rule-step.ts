import { type DataSet, findDataSet } from '../src/data/index.js'
import { sizeOf } from '../src/graph/types.js'
import { stream } from '../src/random/stream.js'
import { ruleById } from '../src/rules/registry.js'
import type { TracedStep } from '../src/rules/trace.js'
import { compile } from '../src/runtime/compile.node.js'
import { int8IsExact } from '../src/runtime/doctor.node.js'
import type { TensorRecord } from '../src/runtime/program.js'
import { initialNoise, stepNoise } from '../src/train/noise.js'
import { resolve } from '../src/train/options.js'
import { beginOf, stepAt } from '../src/train/plan.js'
import { taskOf, tracePlan } from '../src/train/traced-plan.js'
import type { RuleSpeedJob } from './job.js'

/** A rule's step, or a whole period of steps that take turns, as training would take it. */
export interface RuleStep {
  readonly step: TracedStep
  /** Of an untrained network. */
  readonly state: TensorRecord
  /** Random pixels and labels for so many runs; noise as in training. */
  feed(runs: number): TensorRecord
}

/** What a step is made of. */
type Asked = Pick<RuleSpeedJob, 'rule' | 'preset' | 'hyper' | 'data' | 'batch' | 'threads' | 'precision'>

export async function ruleStep({ rule: id, preset, hyper, data, batch, threads, precision }: Asked): Promise<RuleStep> {
  const rule = ruleById(id)
  const { input, target: wanted, names } = findDataSet(data)
  const count = 64 * batch
  // The trainer asks for a data set; of this one only its description and the number of samples matter.
  const split = { inputs: new Uint8Array(0), targets: new Uint8Array(0), count }
  const set: DataSet = { name: data, input, target: wanted, names, train: split, test: split }
  const settings = resolve(rule, set, {
    preset,
    ...(hyper && { hyper }),
    options: { batch, epochs: 1, validation: 0, threads, ...(precision && { precision }) },
  })
  const task = await taskOf(set, settings.options, { compile, exactInt8: int8IsExact })
  const { traced, plan, steps } = tracePlan(rule, task, settings, count)
  const step: TracedStep = steps[stepAt(plan, beginOf(0))]!
  const init = await compile(traced.init, { device: 'cpu', threads })
  const pixels = (size: number, k: number): Float32Array => {
    const x = new Float32Array(size)
    stream(1, k, 'pixels').uniform(x)
    return x
  }
  const asksFor = ({ batch: ports }: Pick<TracedStep, 'batch'>, name: string): boolean =>
    ports.some((port) => port.name === name)
  const sample = asksFor(traced.init, 'x') && { x: pixels(batch * sizeOf(input.shape), 0) }
  const { metrics: state } = await init.run(1, { ...sample, ...initialNoise(traced.init.batch, 0) })
  await init.dispose()
  let taken = 0
  return {
    step,
    state,
    feed(runs) {
      const batches = runs * step.span
      const x = pixels(batches * batch * sizeOf(input.shape), taken)
      const target = Int32Array.from({ length: batches * batch }, (_, i) => (i * 7) % names.length)
      const given: TensorRecord = { x, target, progress: new Float32Array(batches) }
      const asked = Object.entries(given).filter(([name]) => asksFor(step, name))
      const noise = stepNoise(step.batch, 0, taken, batches, step.span)
      taken += batches
      return { ...Object.fromEntries(asked), ...noise }
    },
  }
}
