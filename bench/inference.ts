import { forwardForward } from '../src/rules/forward-forward/forward-forward.js'
import { taskFor } from '../src/rules/task.js'
import { traceRule } from '../src/rules/trace.js'
import { compile } from '../src/runtime/compile.node.js'
import { initialNoise } from '../src/train/noise.js'
import type { InferenceJob } from './job.js'
import { describeMachine } from './machine.js'
import { median, writeMeasured } from './records.js'

const BATCH = 500
const ROUNDS = 15

/** Times the prediction by all labels against one pass with the neutral label (the softmax read-out's pass). */
export async function runInference(job: InferenceJob): Promise<void> {
  const machine = await describeMachine()
  const samples = { input: { shape: [1, 28, 28], levels: 256 }, target: { kind: 'class', count: 10 } } as const
  const task = taskFor(samples, { batch: BATCH })
  const hyper = forwardForward.hyper.parse({ units: job.units, predict: 'energy' })
  const { init } = traceRule(forwardForward, task, hyper)
  const settings = { device: 'cpu', threads: 2 } as const
  const start = await compile(init, settings)
  const state = (await start.run(1, initialNoise(init.batch, 0))).metrics
  await start.dispose()

  const programs = []
  for (const predict of ['energy', 'softmax'] as const) {
    const traced = traceRule(forwardForward, task, { ...hyper, predict }).predict
    const graph = { ...traced, metrics: traced.metrics.filter(({ name }) => name === 'scores') }
    const program = await compile(graph, settings)
    await program.load(state)
    programs.push(program)
  }
  const [all, one] = programs as [(typeof programs)[0], (typeof programs)[0]]
  const time = async (program: typeof all): Promise<number> => {
    const steps = 10
    const { seconds } = await program.run(steps, { x: new Float32Array(steps * BATCH * 784).fill(0.5) })
    return (1000 * seconds) / steps
  }
  await time(all)
  await time(one)
  const results = []
  for (let round = 0; round < ROUNDS; round++) {
    const everyLabel = await time(all)
    const single = await time(one)
    results.push({ everyLabel, single, passes: everyLabel / single })
  }
  for (const program of programs) await program.dispose()
  console.error(`  all labels: ${median(results.map(({ passes }) => passes)).toFixed(2)} single passes`)
  writeMeasured(job.id, machine, results)
}
