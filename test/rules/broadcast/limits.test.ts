// Where the methods become one another, or backpropagation, exactly.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { grad, interpret, type Tensor, value } from '../../../src/graph/index.js'
import { lossOf, statistics } from '../../../src/rules/broadcast/losses.js'
import { type BroadcastLayer, layersOf } from '../../../src/rules/broadcast/network.js'
import { close } from '../../nn/evaluate.js'
import type { Numbers } from '../harness.js'
import { rowsOf } from '../harness.js'
import { matmul, transpose, zip } from '../matrices.js'
import { CONVOLUTIONAL, given, gradients, type Options, RATE } from './given.js'

const NETWORKS: Readonly<Record<string, Options>> = {
  'dense, relu': {},
  'dense, tanh': { activation: 'tanh' },
  'convolutional, average pooling': CONVOLUTIONAL,
  'convolutional, max pooling, tanh': { ...CONVOLUTIONAL, pooling: 'max', activation: 'tanh' },
}

/** Every gradient of the mean loss, by one `grad` through all layers. */
function backpropagated({ hyper, task, state, batch, joint }: ReturnType<typeof given>): Numbers {
  const layers = layersOf(task.input.shape, 3, task.precision, hyper)
  const inputs = new Map([...joint.state, ...joint.batch].map(({ name, input }) => [name, input]))
  const forward = layers.reduce((below: Tensor, layer: BroadcastLayer, k) => {
    const of = (part: string): Tensor => inputs.get(`layers.${k}.${part}`)!
    const u = layer.linear(of('weight'), below).add(layer.offset(of('bias')))
    if (k === layers.length - 1) return u
    return layer.pool(hyper.activation === 'relu' ? u.relu() : u.tanh())
  }, inputs.get('x')!)
  const loss = lossOf(task.target, hyper)
    .loss(forward, statistics(inputs.get('target')!, task.target))
    .mean()
  const names = [...inputs.keys()].filter((name) => name.startsWith('layers.'))
  const slopes = grad(
    loss,
    names.map((name) => inputs.get(name)!),
  )
  const bindings = new Map([...inputs].map(([name, input]) => [input, value(input, state[name] ?? batch[name]!)]))
  return Object.fromEntries(interpret(slopes, bindings).map(({ data }, i) => [names[i]!, Array.from(data)]))
}

const closeAll = (actual: Numbers, expected: Numbers, tolerance = 1e-12): void => {
  for (const [name, values] of Object.entries(expected)) close(actual[name]!, values, tolerance, name)
}

const differ = (a: readonly number[], b: readonly number[]): boolean => a.some((v, i) => Math.abs(v - b[i]!) > 1e-3)

for (const [name, options] of Object.entries(NETWORKS))
  describe(name, () => {
    test('feedback alignment by the transposed weights is backpropagation', () => {
      const own = given({ ...options, method: 'fa' })
      const expected = backpropagated(own)
      const random = gradients(own.state, own.run().state)
      assert.ok(differ(random['layers.0.weight']!, expected['layers.0.weight']!))
      const feedback = Object.keys(own.state).filter((leaf) => leaf.startsWith('feedback.'))
      const tied = { ...own.state }
      for (const leaf of feedback) tied[leaf] = own.state[`layers.${Number(leaf.split('.')[1]) + 1}.weight`]!
      assert.ok(feedback.length > 1)
      closeAll(gradients(tied, own.run(tied).state), expected)
    })

    test('the yardstick is backpropagation', () => {
      const own = given({ ...options, method: 'backprop' })
      closeAll(gradients(own.state, own.run().state), backpropagated(own))
    })

    test('sign symmetry is backpropagation where all weights have the size of their feedback', () => {
      for (const magnitude of ['unit', 'fixed'] as const) {
        const own = given({ ...options, method: 'sign-symmetry', magnitude })
        const state = { ...own.state }
        for (const { name, input } of own.joint.state.filter(({ name }) => /^layers\.[1-9].*weight/.test(name))) {
          const [outputs, rest] = input.rank === 2 ? [input.shape[1]!, 1] : [input.shape[0]!, input.shape[2]! ** 2]
          const kept = state[`feedback.${Number(name.split('.')[1]) - 1}`]
          const sizeOf = (i: number): number => kept?.[i] ?? 1 / Math.sqrt(outputs * rest)
          state[name] = state[name]!.map((v, i) => (v < 0 ? -sizeOf(i) : sizeOf(i)))
        }
        assert.equal(
          Object.keys(state).some((name) => name.startsWith('feedback')),
          magnitude === 'fixed',
        )
        closeAll(gradients(state, own.run(state).state), backpropagated({ ...own, state }))
      }
    })

    test('score broadcast with frozen correlations is direct feedback alignment', () => {
      const dfa = given({ ...options, method: 'dfa' })
      const sbd = given({ ...options, method: 'sbd', memory: 1, normalize: false })
      const feedback = Object.entries(dfa.state).filter(([leaf]) => leaf.startsWith('feedback.'))
      const frozen = Object.fromEntries(feedback.map(([leaf, B]) => [leaf.replace('feedback', 'correlations'), B]))
      const after = sbd.run({ ...sbd.state, ...frozen }).state
      for (const leaf of Object.keys(frozen)) assert.deepEqual(after[leaf], frozen[leaf])
      const expected = Object.entries(dfa.run().state).filter(([leaf]) => leaf.startsWith('layers.'))
      closeAll(after, Object.fromEntries(expected))
    })

    test('score broadcast of the squared error is error broadcast', () => {
      const [sbd, ebd] = (['sbd', 'ebd'] as const).map((method) => given({ ...options, method, loss: 'squared-error' }))
      assert.deepEqual(sbd!.run().state, ebd!.run(sbd!.state).state)
    })
  })

describe('one hidden layer', () => {
  const feedback = { units: [6] }
  const [dfa, fa, backprop] = (['dfa', 'fa', 'backprop'] as const).map((method) => given({ ...feedback, method }))

  test('direct feedback alignment is feedback alignment', () => {
    assert.deepEqual(dfa!.run().state, fa!.run(dfa!.state).state)
  })

  test('with B = W of the output it is backpropagation', () => {
    const state = { ...dfa!.state, 'feedback.0': dfa!.state['layers.1.weight']! }
    closeAll(gradients(state, dfa!.run(state).state), gradients(dfa!.state, backprop!.run(dfa!.state).state))
  })
})

describe('Kolen and Pollack', () => {
  /** W - B of each pair after some steps, over what it was. */
  const ratios = (options: Options, steps: number): number[] => {
    const own = given({ ...options, method: 'kolen-pollack', weightDecay: 0.5 })
    let state = own.state
    for (let k = 0; k < steps; k++) state = own.run(state).state
    const gap = (from: Numbers, k: number): number[] =>
      from[`feedback.${k}`]!.map((b, i) => from[`layers.${k + 1}.weight`]![i]! - b)
    return own.hyper.units.flatMap((_, k) => {
      const before = gap(own.state, k)
      return gap(state, k).map((d, i) => d / before[i]!)
    })
  }
  for (const optimizer of ['sgd', 'adam'] as const)
    test(`the weights approach each other by a factor (1 - rate decay) a step: ${optimizer}`, () => {
      const found = ratios({ optimizer }, 20)
      close(
        found,
        found.map(() => (1 - RATE * 0.5) ** 20),
        1e-9,
      )
    })

  test('the alignment that is told is the cosine between them', () => {
    for (const method of ['fa', 'kolen-pollack'] as const) {
      const own = given({ ...CONVOLUTIONAL, method })
      for (let k = 0; k < 4; k++) {
        const [W, B] = [own.state[`layers.${k + 1}.weight`]!, own.state[`feedback.${k}`]!]
        const dot = W.reduce((sum, w, i) => sum + w * B[i]!, 0)
        close(own.run().metrics[`layer ${k}/alignment`]!, [dot / Math.hypot(...W) / Math.hypot(...B)])
      }
    }
  })

  test('convolutions, too', () => {
    const own = given({ ...CONVOLUTIONAL, method: 'kolen-pollack', weightDecay: 0.5 })
    const after = own.run().state
    for (let k = 0; k < 4; k++)
      close(
        after[`feedback.${k}`]!.map((b, i) => after[`layers.${k + 1}.weight`]![i]! - b),
        own.state[`feedback.${k}`]!.map((b, i) => 0.95 * (own.state[`layers.${k + 1}.weight`]![i]! - b)),
      )
  })
})

describe('labels alone', () => {
  const own = given({ method: 'drtp', activation: 'tanh', units: [6, 5] })

  test('each hidden layer learns from its label through fixed feedback, by hand', () => {
    const after = gradients(own.state, own.run().state)
    const labels = own.batch.target!.map((label) => [0, 1, 2].map((k) => Number(k === label)))
    let below = rowsOf(own.batch.x!, 4)
    for (const [k, units] of [6, 5].entries()) {
      const weight = rowsOf(own.state[`layers.${k}.weight`]!, below[0]!.length)
      const bias = own.state[`layers.${k}.bias`]!
      const h = matmul(below, weight).map((row) => row.map((v, j) => Math.tanh(v + bias[j]!)))
      const q = matmul(labels, transpose(rowsOf(own.state[`feedback.${k}`]!, units)))
      const delta = zip((y, signal) => ((1 - y * y) * signal) / 4, h, q)
      close(after[`layers.${k}.weight`]!, matmul(transpose(below), delta).flat())
      below = h
    }
  })

  test('nothing that the output says reaches them', () => {
    const other = { ...own.state, 'layers.2.weight': own.state['layers.2.weight']!.map((v) => v + 1) }
    for (const k of [0, 1])
      assert.deepEqual(own.run(other).state[`layers.${k}.weight`], own.run().state[`layers.${k}.weight`])
  })
})
