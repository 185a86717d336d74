import { type DataSet, findDataSet } from '../src/data/index.js'
import { stream } from '../src/random/stream.js'
import { findRule } from '../src/rules/registry.js'
import type { TracedStep } from '../src/rules/trace.js'
import { compile } from '../src/runtime/compile.node.js'
import type { TensorRecord } from '../src/runtime/program.js'
import { courseOf, taskOf } from '../src/train/course.js'
import { initialNoise, stepNoise } from '../src/train/noise.js'
import { resolve } from '../src/train/options.js'
import { stepAt } from '../src/train/plan.js'
import type { RuleSpeedJob } from './jobs.js'
import { describeMachine } from './machine.js'
import { startTwin } from './pytorch.js'
import { median, writeRecord } from './records.js'

const ROUNDS = 5
/** Each side works about this long in a round, in ms. */
const ROUND = 1500

/** Times a rule's step, or a whole period of steps that take turns, and its twin's, in turns; both per mini-batch. */
export async function runRuleSpeed(job: RuleSpeedJob): Promise<void> {
  const machine = await describeMachine(job.threads)
  const ours = await ourSide(job)
  const twin = await startTwin(
    [`bench/pytorch/${job.twin}`, '--case', job.case, '--threads', `${job.threads}`],
    job.threads,
  )
  const theirs = async (count: number): Promise<number> => Number((await twin.ask(`run ${count}`)).ms)
  const perRound = (ms: number, least: number): number => Math.max(least, Math.round(ROUND / ms))
  await ours.time(2)
  const counts = [perRound(await ours.time(2), 1), perRound(await theirs(2), 2)] as const
  const results = []
  for (let round = 0; round < ROUNDS; round++) {
    const own = await ours.time(counts[0])
    const torch = await theirs(counts[1])
    results.push({ ours: own, torch, torchRatio: torch / own })
  }
  console.error(`  ${median(results.map(({ torchRatio }) => torchRatio)).toFixed(2)} times PyTorch`)
  const { variant, variants, torch, build } = twin.about
  twin.stop()
  await ours.close()
  writeRecord({
    id: job.id,
    command: `bench/run ${job.id}`,
    date: new Date().toISOString().slice(0, 10),
    machine,
    results: [...results, { when: 'twin', variant, variants, torch, build }],
  })
}

async function ourSide({ rule: id, preset, hyper, data, batch, threads }: RuleSpeedJob) {
  const rule = findRule(id)
  const { shape, classNames } = findDataSet(data)
  const count = 64 * batch
  // The trainer asks for a data set; of this one only the shape and the number of images matter.
  const split = { images: new Uint8Array(0), labels: new Uint8Array(0), count }
  const source = { name: data, shape, classes: classNames.length, classNames, maximum: 255, train: split, test: split }
  const set: DataSet = { ...source, mean: [], deviation: [] }
  const settings = resolve(rule, set, {
    preset,
    ...(hyper && { hyper }),
    options: { batch, epochs: 1, validation: 0, threads },
  })
  const task = await taskOf(set, settings.options, { compile })
  const { traced, plan, steps } = courseOf(rule, task, settings, count)
  const step: TracedStep = steps[stepAt(plan, { phase: 0, epoch: 0, batch: 0 })]!
  const init = await compile(traced.init, { device: 'cpu', threads })
  const { metrics: state } = await init.run(1, initialNoise(traced.init.batch, 0))
  await init.dispose()
  const program = await compile(step, { device: 'cpu', threads })
  await program.load(state)
  let taken = 0

  /** Random pixels and labels; noise as in training. */
  const feed = (runs: number): TensorRecord => {
    const batches = runs * step.span
    const x = new Float32Array(batches * batch * shape[0] * shape[1] * shape[2])
    stream(1, taken, 'pixels').uniform(x)
    const labels = Int32Array.from({ length: batches * batch }, (_, i) => (i * 7) % classNames.length)
    const given: TensorRecord = { x, labels, progress: new Float32Array(batches) }
    const asked = Object.entries(given).filter(([name]) => step.batch.some((port) => port.name === name))
    const noise = stepNoise(step.batch, 0, taken, batches, step.span)
    taken += batches
    return { ...Object.fromEntries(asked), ...noise }
  }
  return {
    /** Milliseconds a mini-batch. */
    async time(batches: number): Promise<number> {
      const runs = Math.max(1, Math.round(batches / step.span))
      const { seconds } = await program.run(runs, feed(runs))
      return (1000 * seconds) / (runs * step.span)
    },
    close: () => program.dispose(),
  }
}
