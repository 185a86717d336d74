import type { Tensor as OrtTensor } from 'onnxruntime-common'
import { input, type Node, type Op, reachable, sizeOf, type Tensor } from '../graph/index.js'
import { resultsOf } from '../graph/loop.js'
import { apply } from '../graph/tensor.js'
import type { OnnxProgram, StepGraph } from '../onnx/program.js'
import { sessionOptions } from './sessions.js'
import { dataOf, type Ort } from './slots.js'

/**
 * Operations whose numbers cannot depend on how they are shared out among threads: they move or compare, or are one
 * instruction of the processor, rounded as IEEE 754 says. All others sum in some order, or compute a function in one
 * way for whole vectors and in another for the numbers left over, of which each thread has some.
 */
const EXACT: ReadonlySet<Op> = new Set<Op>([
  ...(['input', 'constant', 'reshape', 'transpose', 'broadcastTo', 'slice', 'pad', 'concat', 'gather'] as const),
  ...(['add', 'sub', 'mul', 'div', 'sqrt', 'maximum', 'minimum', 'neg', 'abs', 'square', 'relu', 'max'] as const),
  ...(['greater', 'greaterEqual', 'equal', 'and', 'or', 'not', 'select', 'cast'] as const),
  ...(['stopGradient', 'maxPool2d', 'loop'] as const),
])

/** Operations with fewer results are repeated on other numbers: the bits of a few could agree by chance. */
const MIN_COMPARED = 8

/** Operations with more numbers would take too long, and too much memory. */
const MAX_COMPARED = 2 ** 26

/**
 * A program of all the operations of a step that are not exact, each kind once: the same operands, by shape, give the
 * same kernel, and how that shares out its work depends on shapes alone, not on numbers. Undefined where it would be
 * too large.
 */
export function comparison(graph: StepGraph): StepGraph | undefined {
  const kinds = new Map<string, Node>()
  const seen = new Set<Node>()
  const visit = (outputs: readonly Tensor[]): void => {
    for (const node of reachable(outputs, (own) => !seen.has(own))) {
      seen.add(node)
      if (node.op === 'loop') visit(resultsOf(node.attributes))
      const isOneNumber = node.inputs.every(({ size }) => size === 1)
      if (!EXACT.has(node.op) && !isOneNumber && node.outputs[0]!.dtype === 'float32') kinds.set(kindOf(node), node)
    }
  }
  visit([...graph.state, ...graph.metrics].map(({ output }) => output))

  const batch: StepGraph['batch'][number][] = []
  const metrics: StepGraph['metrics'][number][] = []
  let numbers = 0
  for (const { op, inputs, outputs, attributes } of kinds.values()) {
    const times = Math.min(MIN_COMPARED, Math.ceil(MIN_COMPARED / outputs[0]!.size))
    for (let i = 0; i < times; i++) {
      const operands = inputs.map((x) => {
        if (x.node.op === 'constant') return x
        const name = `x${batch.length}`
        const own = input({ name, kind: 'data', shape: x.shape, dtype: x.dtype })
        batch.push({ name, input: own })
        return op === 'log' ? own.abs() : own
      })
      metrics.push({ name: `y${metrics.length}`, output: apply(op, operands, attributes)[0]! })
    }
    numbers += times * [...inputs, ...outputs].reduce((sum, { size }) => sum + size, 0)
  }
  return numbers > MAX_COMPARED ? undefined : { state: [], batch, metrics }
}

/** What a kernel depends on. The engine may prepare a constant operand for another one. */
export const kindOf = ({ op, inputs, attributes }: Node): string =>
  `${op} ${inputs.map(operandOf)} ${JSON.stringify(attributes)}`

const operandOf = ({ node, shape }: Tensor): string => `${node.op === 'constant' ? 'constant ' : ''}[${shape}]`

/** Runs a program of float32 inputs on random numbers with each number of threads, and compares all bits. */
export async function sameBits(ort: Ort, program: OnnxProgram, threads: readonly number[]): Promise<boolean> {
  const random = randomNumbers(Math.max(0, ...program.batch.map(({ shape }) => sizeOf(shape))) + program.batch.length)
  const feeds = Object.fromEntries(
    // Each from a place of its own: no two operands are the same numbers.
    program.batch.map(({ name, dtype, shape }, i) => [
      name,
      new ort.Tensor(dtype, random.subarray(i, i + sizeOf(shape)), shape),
    ]),
  )
  let expected: Record<string, OrtTensor> | undefined
  for (const count of threads) {
    const session = await ort.InferenceSession.create(program.bytes, sessionOptions('cpu', count))
    const outputs = await session.run(feeds)
    await session.release()
    expected ??= outputs
    for (const [name, tensor] of Object.entries(outputs)) if (!equalBits(tensor, expected[name]!)) return false
  }
  return true
}

function equalBits(a: OrtTensor, b: OrtTensor): boolean {
  const [one, two] = [a, b].map((tensor) => {
    const { buffer, byteOffset, byteLength } = dataOf(tensor)
    return new Int32Array(buffer, byteOffset, byteLength / 4)
  }) as [Int32Array, Int32Array]
  for (let i = 0; i < one.length; i++) if (one[i] !== two[i]) return false
  return true
}

/** In [-1, 1), the same at every call. */
function randomNumbers(count: number): Float32Array {
  const numbers = new Float32Array(count)
  let state = 1
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    numbers[i] = state / 2 ** 31
  }
  return numbers
}
