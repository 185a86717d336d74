import { compile } from '../src/runtime/compile.node.js'
import { JOBS } from './jobs.js'
import { exportStart, PROVEN, type Proof } from './proof.js'
import { startTwin } from './pytorch.js'
import { ruleStep } from './rule-step.js'

for (const id of process.argv.slice(2)) {
  const job = JOBS.find((own) => own.id === id)!
  if (job.kind !== 'rule-speed') continue
  const { step, state, feed } = await ruleStep(job)
  const batches = feed(PROVEN / step.span)
  const file = exportStart(step, state, batches)
  const program = await compile(step, { device: 'cpu', threads: 1 })
  await program.load(Object.fromEntries(Object.entries(state).map(([name, data]) => [name, data.slice()])))
  const { metrics } = await program.run(PROVEN / step.span, batches)
  const twin = await startTwin([`bench/twins/${job.twin}`, '--case', job.case, '--start', file, '--threads', '2'], 2)
  for (const [variant, losses] of Object.entries(twin.about.proof as Proof))
    for (const [name, values] of Object.entries(losses))
      console.log(
        id,
        variant,
        name,
        Array.from(values)
          .map(
            (v, k) =>
              `${metrics[name]![k]!.toPrecision(4)}:${(Math.abs(v - metrics[name]![k]!) / Math.abs(metrics[name]![k]!)).toExponential(0)}`,
          )
          .join(' '),
      )
  twin.stop()
  await program.dispose()
}
process.exit(0)
