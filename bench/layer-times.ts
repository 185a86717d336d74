import { flopOfNode } from '../src/meter/flop.js'
import { compile } from '../src/runtime/compile.node.js'
import type { LayerTimesJob } from './job.js'
import { nodeTimes } from './profile.js'
import { quietMachine } from './quiet.js'
import { median, writeMeasured } from './records.js'
import { type RuleStep, ruleStep } from './rule-step.js'
import { type Place, placesOf } from './step-parts.js'

const RUNS = 6

/** One part of one layer of a step: its time in ms, and the FLOP of its products for each image. */
export type LayerTime = Place & { readonly ms: number; readonly flop: number }

/** What a step takes part by part: by ONNX Runtime's profiler, and as a whole without it. */
export interface StepTimes {
  readonly precision: 'float32' | 'int8'
  readonly parts: readonly LayerTime[]
  /** Nodes of which nobody knows what they are for, such as names of results. */
  readonly rest: number
  readonly step: number
}

/** Times each layer of a step in float32 and in 8 bits, and keeps the record. */
export async function runLayerTimes(job: LayerTimesJob): Promise<void> {
  const machine = await quietMachine(job)
  const results = [await stepTimes(job, 'float32'), await stepTimes(job, 'int8')]
  for (const { precision, step } of results) console.error(`  ${precision}: ${step.toFixed(0)} ms a step`)
  writeMeasured(
    job.id,
    machine,
    results.map((own) => ({ ...own })),
  )
}

export async function stepTimes(
  job: Omit<LayerTimesJob, 'kind' | 'id' | 'title'>,
  precision: StepTimes['precision'],
): Promise<StepTimes> {
  const own = await ruleStep({ ...job, precision })
  const place = placesOf(own.step)
  const parts = new Map<string, LayerTime>()
  const counted = new Set()
  let rest = 0
  for (const { origin, ms } of await nodeTimes(own, job.threads, RUNS)) {
    // The first run finds memory cold.
    const typical = median(ms.length > 1 ? ms.slice(1) : ms)
    if (!origin) {
      rest += typical
      continue
    }
    const at = place(origin)
    const key = `${at.layer} ${at.part}`
    const before = parts.get(key) ?? { ...at, ms: 0, flop: 0 }
    const flop = counted.has(origin) ? 0 : flopOfNode(origin) / job.batch
    counted.add(origin)
    parts.set(key, { ...before, ms: before.ms + typical, flop: before.flop + flop })
  }
  return { precision, parts: [...parts.values()], rest, step: await wholeStep(own, job.threads) }
}

/** The median time of a step without the profiler, in ms. */
async function wholeStep({ step, state, feed }: RuleStep, threads: number): Promise<number> {
  const program = await compile(step, { device: 'cpu', threads })
  await program.load(Object.fromEntries(Object.entries(state).map(([name, data]) => [name, data.slice()])))
  const times: number[] = []
  for (let run = 0; run < RUNS; run++) times.push(1000 * (await program.run(1, feed(1))).seconds)
  await program.dispose()
  return median(times.slice(1))
}
