import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as ort from 'onnxruntime-node'
import type { Node } from '../src/graph/index.js'
import { lowerStep, type OnnxProgram, type StepGraph } from '../src/onnx/index.js'
import { blockOf } from '../src/runtime/block.js'
import { blockFor } from '../src/runtime/lowered.js'
import { sessionOptions } from '../src/runtime/sessions.js'
import { splitStep } from '../src/update/index.js'
import type { RuleStep } from './rule-step.js'

/** One line of ONNX Runtime's profile; durations in microseconds. */
interface ProfileEvent {
  readonly cat: string
  readonly name: string
  readonly dur: number
  readonly args?: { readonly op_name?: string }
}

/** What one node of ONNX took, in ms, each time that it ran. */
export interface NodeTimes {
  readonly operation: string
  /** The node of the step that it was lowered from; undefined where that is unknown. */
  readonly origin: Node | undefined
  readonly ms: readonly number[]
}

/** Parts of 1 by operation. */
type Shares = { readonly [operation: string]: number }

/** About so long a profile takes, in ms: a step with long loops has a line for each of a million nodes a second. */
const TIME = 500

/** One step a call, its convolutions lowered for this processor, as in training. `origins`: see `lowerStep`. */
export async function lowered(graph: StepGraph, origins = new Map<string, Node>()): Promise<OnnxProgram> {
  const block = await blockFor({ block: () => blockOf(ort) }, graph)
  return lowerStep(graph, 'cpu', { block, origins })
}

/**
 * What each node of a step takes in so many runs, by ONNX Runtime's own profiler; the first run finds memory cold. The
 * step is lowered as training lowers it, but for its loop over steps. Updates in place are not among the nodes.
 */
export async function nodeTimes({ step, state, feed }: RuleStep, threads: number, runs: number): Promise<NodeTimes[]> {
  const folder = mkdtempSync(join(tmpdir(), 'onward-profile-'))
  try {
    const graph = splitStep(step, threads)?.head ?? step
    const origins = new Map<string, Node>()
    const model = await lowered(graph, origins)
    const session = await ort.InferenceSession.create(model.bytes, {
      ...sessionOptions('cpu', threads),
      ...{ enableProfiling: true, profileFilePrefix: join(folder, 'step') },
    })
    for (let run = 0; run < runs; run++) {
      const given = { ...feed(1), ...state }
      const feeds = [...model.state, ...model.batch].map(({ name, dtype, shape }): [string, ort.Tensor] => [
        name,
        new ort.Tensor(dtype, given[name] as never, shape),
      ])
      await session.run(Object.fromEntries(feeds))
    }
    session.endProfiling()
    await session.release()
    const [file] = readdirSync(folder)
    return timesOf(JSON.parse(readFileSync(join(folder, file!), 'utf8')), origins)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const KERNEL = '_kernel_time'

/** How nodes are named where they are lowered; the engine lengthens the names of those that it rewrites. */
const LOWERED = /^[\w.:]+?_\d+/

function timesOf(events: readonly ProfileEvent[], origins: ReadonlyMap<string, Node>): NodeTimes[] {
  const times = new Map<string, { operation: string; origin: Node | undefined; ms: number[] }>()
  for (const { cat, name, dur, args } of events) {
    const operation = args?.op_name
    // What a loop takes is what its nodes take.
    if (cat !== 'Node' || !name.endsWith(KERNEL) || !operation || operation === 'Loop') continue
    const own = name.slice(0, -KERNEL.length)
    const known = times.get(own) ?? { operation, origin: origins.get(LOWERED.exec(own)?.[0] ?? ''), ms: [] }
    times.set(own, known)
    known.ms.push(dur / 1000)
  }
  return [...times.values()]
}

/** How the time of a step, `ms` long, is shared out among ONNX's operations: parts of 1, largest first. */
export async function profileOf(step: RuleStep, threads: number, ms: number): Promise<Shares> {
  const times = await nodeTimes(step, threads, Math.max(2, Math.round(TIME / (ms * step.step.span))))
  const sums = new Map<string, number>()
  let all = 0
  for (const { operation, ms: own } of times) {
    const sum = own.reduce((a, b) => a + b, 0)
    sums.set(operation, (sums.get(operation) ?? 0) + sum)
    all += sum
  }
  return Object.fromEntries([...sums].sort(([, a], [, b]) => b - a).map(([name, sum]) => [name, sum / all]))
}
