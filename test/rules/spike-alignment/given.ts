import { constant, input, interpret, sizeOf, type Tensor, value } from '../../../src/graph/index.js'
import { uniformWeights } from '../../../src/nn/initialize.js'
import { noiseInputs, type Random } from '../../../src/nn/random.js'
import type { StepGraph } from '../../../src/onnx/index.js'
import { stream } from '../../../src/random/stream.js'
import { type AlignmentOptions, align } from '../../../src/rules/spike-alignment/phase.js'
import { compile } from '../../../src/runtime/compile.node.js'
import { stepNoise } from '../../../src/train/noise.js'
import { numbers } from '../../nn/evaluate.js'

/** The noise of a draw, [T, ...] in all. */
export type Noise = (name: string, size: number) => Float32Array

export const uniform =
  (seed = 5): Noise =>
  (name, size) => {
    const out = new Float32Array(size)
    stream(seed, 0, name).uniform(out)
    return out
  }

/** What a graph gives in float64 that reads noise alone. */
export function computed<T extends Readonly<Record<string, Tensor>>>(
  build: (random: Random) => T,
  noise: Noise = uniform(),
): Readonly<Record<keyof T, number[]>> {
  const { random, inputs } = noiseInputs()
  const outputs = build(random)
  const bindings = new Map(inputs.map((x) => [x, value(x, noise(x.node.attributes.name, x.size))]))
  const values = interpret(Object.values(outputs), bindings)
  return Object.fromEntries(Object.keys(outputs).map((name, i) => [name, Array.from(values[i]!.data)])) as never
}

/** Constant weights, uniform with a standard deviation of 1 / sqrt(the first size). */
export function weights(name: string, shape: readonly [number, number]): Tensor {
  const fixed: Random = {
    uniform: (own, size) => constant(uniform()(own, sizeOf(size)), size),
    normal: () => {
      throw new Error('no weights are normal here')
    },
  }
  return uniformWeights(fixed, name, shape, 'fan-in')
}

/** The angles of 50 x 50 weights over updates, on ONNX Runtime. */
export async function anglesOf(
  updates: number,
  seed: number,
  wishes: Partial<AlignmentOptions> = {},
): Promise<number[]> {
  const h = { alignSteps: 1250, alignBatch: 8, alignRate: 0.05, refractory: 10, ...wishes }
  const shape = [50, 50] as const
  const feedback = input({ name: 'feedback', kind: 'state', shape, dtype: 'float32' })
  const { random, inputs } = noiseInputs()
  const { feedback: output, figures } = align({ forward: [weights(`W${seed}`, shape)], feedback }, random, 'pair', h)
  const graph: StepGraph = {
    state: [{ name: 'feedback', input: feedback, output }],
    batch: inputs.map((x) => ({ name: x.node.attributes.name, input: x })),
    metrics: [{ name: 'angle', output: figures.angle }],
  }
  const program = await compile(graph, { device: 'cpu', threads: 1 })
  try {
    await program.load({ feedback: Float32Array.from(numbers(weights(`B${seed}`, shape))) })
    const angles: number[] = []
    for (let k = 0; k < updates; k++) {
      const { metrics } = await program.run(1, stepNoise(graph.batch, seed, k, 1))
      angles.push(metrics.angle![0]!)
    }
    return angles
  } finally {
    await program.dispose()
  }
}
