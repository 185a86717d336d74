// Whether memory counted over a graph is what the engine takes: the slope of a process's peak over the size of batches,
// beside the slope of the count, for several rules and ways of backpropagation.
//   node build/bench/peak-memory.js [--depth 8] [--width 256] [--batches 2000,8000] [--optimize disabled|all] [case...]
// Each point is a process of its own, which runs one step three times, its arena and its memory patterns off: what it
// holds at its peak is what its tensors take. Large blocks go back to the system at once (MALLOC_MMAP_THRESHOLD_).
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { Tensor as OrtTensor } from 'onnxruntime-common'
import { sizeOf } from '../src/graph/types.js'
import { checkpointed } from '../src/meter/variants.js'
import type { Port, StepGraph } from '../src/onnx/index.js'
import { liveness } from '../src/onnx/liveness.js'
import { backprop } from '../src/rules/backprop.js'
import type { AnyRule } from '../src/rules/contract.js'
import { ruleById } from '../src/rules/registry.js'
import { taskFor } from '../src/rules/task.js'
import { traceRule } from '../src/rules/trace.js'
import { sessionOptions } from '../src/runtime/sessions.js'
import { lowered } from './profile.js'

interface Case {
  readonly rule: AnyRule
  readonly hyper?: Readonly<Record<string, unknown>>
  /** A greedy step of this layer, instead of the joint one. */
  readonly layer?: number
}

const CASES: Readonly<Record<string, Case>> = {
  backprop: { rule: backprop },
  'backprop, checkpointed': { rule: checkpointed(3) as AnyRule },
  'forward-forward': { rule: ruleById('forward-forward'), hyper: { negatives: 'uniform' } },
  'forward-forward, greedy': { rule: ruleById('forward-forward'), hyper: { negatives: 'uniform' }, layer: 1 },
  'rec-lra': { rule: ruleById('rec-lra') },
  'target-propagation': { rule: ruleById('target-propagation') },
}

function graphOf({ rule, hyper, layer }: Case, units: readonly number[], batch: number): StepGraph {
  const task = taskFor({ input: { shape: [1, 16, 16] }, target: { kind: 'class', count: 10 } }, { batch })
  const traced = traceRule(rule, task, rule.hyper.parse({ units, ...hyper }))
  return layer === undefined ? Object.values(traced.steps)[0]! : traced.greedy(layer).step
}

const { values, positionals } = parseArgs({
  options: {
    depth: { type: 'string', default: '8' },
    width: { type: 'string', default: '256' },
    batches: { type: 'string', default: '2000,8000' },
    optimize: { type: 'string', default: 'disabled' },
    child: { type: 'string' },
  },
  allowPositionals: true,
})
const units = new Array<number>(Number(values.depth)).fill(Number(values.width))

if (values.child !== undefined)
  console.log(await measured(graphOf(CASES[positionals[0]!]!, units, Number(values.child))))
else report()

/** Bytes that the process held at most while it ran the step. */
async function measured(graph: StepGraph): Promise<number> {
  const ort = await import('onnxruntime-node')
  const program = await lowered(graph)
  const session = await ort.InferenceSession.create(program.bytes, {
    ...sessionOptions('cpu', 1),
    enableCpuMemArena: false,
    enableMemPattern: false,
    graphOptimizationLevel: values.optimize as 'all' | 'disabled',
  })
  const fill = ({ dtype, shape }: Port): OrtTensor => {
    const size = sizeOf(shape)
    if (dtype === 'int32') return new ort.Tensor('int32', new Int32Array(size), shape)
    const data = new Float32Array(size)
    for (let i = 0; i < size; i++) data[i] = ((i * 7919) % 101) / 1000
    return new ort.Tensor('float32', data, shape)
  }
  const feeds = Object.fromEntries([...program.state, ...program.batch].map((port) => [port.name, fill(port)]))
  // What a run put out is freed before the next one: it would count otherwise, or not, as the collector likes.
  const run = async (): Promise<void> => {
    await session.run(feeds)
    globalThis.gc!()
    await new Promise((done) => setImmediate(done))
    globalThis.gc!()
  }
  await run()
  writeFileSync('/proc/self/clear_refs', '5')
  for (let i = 0; i < 2; i++) await run()
  return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))![1])
}

function report(): void {
  const [small, large] = values.batches.split(',').map(Number) as [number, number]
  const named = Object.keys(CASES).filter((name) => positionals.length === 0 || positionals.includes(name))
  console.log('case: counted and measured, KiB a sample; measured / counted')
  for (const name of named) {
    const counted = [small, large].map((batch) => liveness(graphOf(CASES[name]!, units, batch)).peakBytes)
    const peaks = [small, large].map((batch) => {
      const own = ['--depth', values.depth, '--width', values.width, '--optimize', values.optimize]
      const given = ['--expose-gc', fileURLToPath(import.meta.url), ...own, '--child', `${batch}`, name]
      const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '0' }
      return Number(execFileSync(process.execPath, given, { env, encoding: 'utf8' }))
    })
    const slope = ([a, b]: number[]): number => (b! - a!) / (large - small) / 1024
    const [model, seen] = [slope(counted), slope(peaks)]
    console.log(`${name}: ${model.toFixed(2)}, ${seen.toFixed(2)}; ${(seen / model).toFixed(3)}`)
  }
}
