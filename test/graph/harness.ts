import assert from 'node:assert/strict'
import * as ort from 'onnxruntime-node'
import {
  constant,
  grad,
  input,
  interpret,
  reachable,
  sizeOf,
  type Tensor,
  type Value,
  value,
} from '../../src/graph/index.js'
import { lowerStep } from '../../src/onnx/index.js'
import type { Argument, Case } from './case.js'
import { CASES } from './cases.js'

export const ALL = Object.entries(CASES).flatMap(([op, cases]) => cases.map((own) => ({ op, own })))

/** The same numbers in [0, 1) for the same text. */
export function uniforms(text: string): () => number {
  let state = 2166136261
  for (const letter of text) state = Math.imul(state ^ letter.charCodeAt(0), 16777619)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

function fill({ shape, dtype, between: [low, high], values }: Argument, next: () => number): number[] {
  if (values) return [...values]
  return Array.from({ length: sizeOf(shape) }, () => {
    const x = low + (high - low) * next()
    return dtype === 'float32' ? Math.fround(x) : Math.floor(x)
  })
}

export interface Traced {
  readonly inputs: readonly Tensor[]
  readonly bindings: ReadonlyMap<Tensor, Value>
  readonly outputs: readonly Tensor[]
  /** Two scalar losses: the plain sum of the outputs, whose cotangents only broadcast, and a weighted one. */
  readonly losses: readonly Tensor[]
  readonly sources: readonly Tensor[]
}

/** Traces a case, and losses over all float32 values that it gives. */
export function trace(op: string, own: Case): Traced {
  const next = uniforms(`${op} ${own.name}`)
  const inputs = own.inputs.map(({ shape, dtype }, i) => input({ name: `x${i}`, kind: 'data', shape, dtype }))
  const bindings = new Map(inputs.map((x, i) => [x, value(x, fill(own.inputs[i]!, next))]))
  const outputs = [own.build(...inputs)].flat() as Tensor[]
  const losses = lossesOf(outputs, next)
  const sources = inputs.filter(({ dtype }) => dtype === 'float32')
  return { inputs, bindings, outputs, losses: sources.length > 0 ? losses : [], sources }
}

function lossesOf(outputs: readonly Tensor[], next: () => number): Tensor[] {
  const float = outputs.filter(({ dtype }) => dtype === 'float32')
  if (float.length === 0) return []
  const total = (parts: Tensor[]): Tensor => parts.reduce((sum, part) => sum.add(part))
  const weighted = float.map((y) =>
    y
      .mul(
        constant(
          Array.from({ length: y.size }, () => next() + 0.5),
          y.shape,
        ),
      )
      .sum(),
  )
  return [total(float.map((y) => y.sum())), total(weighted)]
}

/** The gradients of every loss of a case with respect to every source. */
export const gradients = ({ losses, sources }: Traced): Tensor[] => losses.flatMap((loss) => grad(loss, sources))

export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  assert.equal(actual.length, expected.length, what)
  const scale = Array.from(expected).reduce((largest, x) => Math.max(largest, Math.abs(x)), 1)
  for (let i = 0; i < expected.length; i++)
    assert.ok(
      Math.abs(actual[i]! - expected[i]!) <= tolerance * scale,
      `${what}: element ${i} is ${actual[i]}, expected ${expected[i]}`,
    )
}

/** (f(x + h) - f(x - h)) / 2h for every element of every source, by the interpreter. */
export function centralDifferences({ losses, sources, bindings }: Traced): Float64Array[] {
  const h = 1e-5
  const slopes = losses.map(() => sources.map(({ size }) => new Float64Array(size)))
  sources.forEach((source, s) => {
    for (let i = 0; i < source.size; i++) {
      const [above, below] = [h, -h].map((shift) => {
        const moved = value(source, bindings.get(source)!.data)
        moved.data[i]! += shift
        return interpret(losses, new Map(bindings).set(source, moved))
      })
      losses.forEach((_, l) => {
        slopes[l]![s]![i] = (above![l]!.data[0]! - below![l]!.data[0]!) / (2 * h)
      })
    }
  })
  return slopes.flat()
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }

/** Kept to the end: releasing the last session of WebGPU throws its compiled shaders away. */
const sessions: ort.InferenceSession[] = []

/** Runs the outputs, and the gradients where there are any, on ONNX Runtime, and holds them to the interpreter. */
export async function assertLowering(op: string, own: Case, device: 'cpu' | 'webgpu', block = 1): Promise<void> {
  const traced = trace(op, own)
  const outputs = [...traced.outputs, ...(own.gradient === 'refused' ? [] : gradients(traced))]
  const program = lowerStep(
    {
      state: [],
      batch: traced.inputs.map((tensor, i) => ({ name: `x${i}`, input: tensor })),
      metrics: outputs.map((output, i) => ({ name: `y${i}`, output })),
    },
    device,
    { block },
  )
  const loops = reachable(outputs).some((node) => node.op === 'loop')
  const session = await ort.InferenceSession.create(program.bytes, {
    executionProviders: [device],
    ...(device === 'webgpu' &&
      (loops ? { logSeverityLevel: 0 } : { extra: { session: { disable_cpu_ep_fallback: '1' } } })),
  })
  sessions.push(session)
  const feeds = traced.inputs.map(({ shape, dtype }, i): [string, ort.Tensor] => {
    const data = ARRAYS[dtype].from(traced.bindings.get(traced.inputs[i]!)!.data)
    return [`x${i}`, new ort.Tensor(dtype, data as Float32Array, shape)]
  })
  const results = await session.run(Object.fromEntries(feeds))
  interpret(outputs, traced.bindings).forEach(({ data, shape, dtype }, i) => {
    const result = results[`metric.y${i}`]!
    const what = i < traced.outputs.length ? `output ${i}` : `gradient ${i - traced.outputs.length}`
    assert.equal(result.type, dtype, what)
    assert.deepEqual([...result.dims], [...shape], what)
    assertClose(Array.from(result.data as Float32Array, Number), data, 2e-5, what)
  })
}
