import assert from 'node:assert/strict'
import test from 'node:test'
import { grad, input, type Tensor } from '../../src/graph/index.js'
import { type Emitted, inEngineOrder } from '../../src/onnx/engine-order.js'
import type { StepGraph } from '../../src/onnx/index.js'
import { emitterFor } from '../../src/onnx/lowerings.js'

const ROWS = 50
const tensor = (name: string, shape: number[]): Tensor => input({ name, kind: 'data', shape, dtype: 'float32' })

/** Layers that learn from losses of their own, or from one at the end; traced so that all gradients come last. */
function network(depth: number, isLocal: boolean): StepGraph {
  const x = tensor('x', [ROWS, 4])
  const weights = Array.from({ length: depth }, (_, i) => tensor(`w${i}`, [4, 4]))
  const outputs: Tensor[] = []
  for (const w of weights) {
    const below = outputs.at(-1) ?? x
    outputs.push((isLocal ? below.stopGradient() : below).matmul(w).relu())
  }
  const losses = isLocal ? outputs.map((y) => y.square().sum()) : [outputs.at(-1)!.square().sum()]
  const gradients = isLocal ? weights.map((w, i) => grad(losses[i]!, [w])[0]!) : grad(losses[0]!, weights)
  const velocities = gradients.map((_, i) => tensor(`v${i}`, [4, 4]))
  const moved = velocities.map((v, i) => v.mul(0.9).add(gradients[i]!))
  return {
    state: [
      ...weights.map((w, i) => ({ name: `w${i}`, input: w, output: w.sub(moved[i]!.mul(0.1)) })),
      ...velocities.map((v, i) => ({ name: `v${i}`, input: v, output: moved[i]! })),
    ],
    batch: [{ name: 'x', input: x }],
    metrics: losses.map((loss, i) => ({ name: `loss ${i}`, output: loss })),
  }
}

interface Node {
  readonly input: readonly string[]
  readonly output: readonly string[]
}

/** As ONNX Runtime orders nodes: from what nobody reads, the last one first, each after all that it needs. */
function asRun(nodes: readonly Node[]): Node[] {
  const read = new Set(nodes.flatMap((node) => node.input))
  const maker = new Map(nodes.flatMap((node) => node.output.map((name): [string, Node] => [name, node])))
  const order = new Set<Node>()
  const visit = (node: Node): void => {
    if (order.has(node)) return
    for (const name of node.input) if (maker.has(name)) visit(maker.get(name)!)
    order.add(node)
  }
  for (const node of nodes.toReversed()) if (!node.output.some((name) => read.has(name))) visit(node)
  return [...order]
}

/** How many results of nodes are held at the worst moment, those that nobody reads aside. */
function mostHeld(nodes: readonly Node[]): number {
  const order = asRun(nodes)
  const last = new Map(order.flatMap((node, i) => node.input.map((name): [string, number] => [name, i])))
  const held = new Set<string>()
  let most = 0
  for (const [i, node] of order.entries()) {
    for (const name of node.output) if (last.has(name)) held.add(name)
    most = Math.max(most, held.size)
    for (const name of held) if (last.get(name) === i) held.delete(name)
  }
  return most
}

function emitted(graph: StepGraph): readonly Node[] {
  const emitter = emitterFor('cpu')
  for (const { name, input: own } of [...graph.state, ...graph.batch]) emitter.bind(own, name)
  const results = [...graph.state, ...graph.metrics]
  emitter.emit(
    results.map(({ output }) => output),
    undefined,
  )
  for (const { name, output } of results) emitter.raw('Identity', [emitter.name(output)], [`out.${name}`])
  return emitter.takeNodes() as unknown as Node[]
}

test('layers that learn from losses of their own hold as much at any depth', () => {
  const [shallow, deep] = [4, 16].map((depth) => mostHeld(emitted(network(depth, true))))
  assert.equal(deep, shallow)
})

test('backpropagation holds one activity for each layer, and each derivative no longer than it is needed', () => {
  const [shallow, deep] = [4, 16].map((depth) => mostHeld(emitted(network(depth, false))))
  assert.equal(deep! - shallow!, 12)
})

test('nodes stay in an order that ONNX takes: each after those that it reads', () => {
  for (const isLocal of [true, false]) {
    const made = new Set(['x', ...network(6, isLocal).state.map(({ name }) => name)])
    for (const node of emitted(network(6, isLocal))) {
      for (const name of node.input)
        assert.ok(made.has(name) || name.startsWith('constant'), `${name} is not there yet`)
      for (const name of node.output) made.add(name)
    }
  }
})

test('a result that other nodes read stays where it is, and its name goes to the end', () => {
  const node = (opType: string, from: string[], to: string): Emitted =>
    ({ opType, input: from, output: [to], isNumber: false, message: to }) as unknown as Emitted
  const nodes = [
    node('Add', ['x', 'x'], 'a'),
    node('Mul', ['a', 'a'], 'b'),
    node('Identity', ['a'], 'out.a'),
    node('Identity', ['b'], 'out.b'),
  ]
  const reads = new Map([...new Set(['x', 'a', 'b'])].map((name) => [name, name === 'b' ? 1 : 3]))
  assert.deepEqual(inEngineOrder(nodes, reads), ['a', 'b', 'out.b', 'out.a'])
})
