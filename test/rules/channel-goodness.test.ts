import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import {
  classGoodness,
  entropy,
  gramError,
  oneHotAssignment,
  softAssignment,
} from '../../src/rules/channel-goodness/assignment.js'
import { channelGoodness } from '../../src/rules/channel-goodness/channel-goodness.js'
import type { ChannelGoodnessHyper } from '../../src/rules/channel-goodness/options.js'
import { temperatureAt } from '../../src/rules/channel-goodness/reading.js'
import { traceRule } from '../../src/rules/trace.js'
import { close, differences, normals, numbers, slopes } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers, rowsOf, taskOf } from './harness.js'
import { assertLearnsByOwnLoss } from './own-loss.js'

function given(options: Partial<ChannelGoodnessHyper> = {}, progress = 0.1, shape = [2, 8, 8]) {
  const hyper = channelGoodness.hyper.parse({ units: [4, 5], poolAfter: [0], ...options })
  const task = taskOf({ shape })
  const traced = traceRule(channelGoodness, task, hyper)
  const joint = traced.steps.joint!
  const batch: Numbers = { ...batchFor(joint, task, 1), progress: [progress] }
  return { hyper, task, traced, joint, state: initialState(traced), batch }
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const softmax = (row: readonly number[]): number[] => {
  const all = row.map(Math.exp)
  return all.map((v) => v / all.reduce((a, b) => a + b))
}

describe('the assignment of channels to classes', () => {
  const a = normals('a', [7, 3])

  test('is non-negative, and the shares of a channel are 1 in all', () => {
    const w = rowsOf(numbers(softAssignment(a, constant(0.5))), 7)
    close(
      w.flat(),
      rowsOf(numbers(a), 7).flatMap((row) => softmax(row.map((v) => v / 0.5))),
    )
    for (const row of w) {
      assert.ok(row.every((v) => v >= 0))
      close([row.reduce((x, y) => x + y)], [1])
    }
  })

  test('without temperature gives each channel to the class of its largest entry', () => {
    const largest = rowsOf(numbers(a), 7).flatMap((row) => row.map((v) => Number(v === Math.max(...row))))
    close(numbers(softAssignment(a, constant(1e-3))), largest, 1e-12)
    // A large identity, one after the other, is the fixed assignment.
    const identity = oneHotAssignment(7, 3)
    close(numbers(softAssignment(identity.mul(5), constant(0.1))), numbers(identity), 1e-12)
    const rows = rowsOf(numbers(identity), 7)
    assert.deepEqual(
      rows.map((row) => row.indexOf(1)),
      [0, 1, 2, 0, 1, 2, 0],
    )
  })

  test('has a temperature within bounds, which falls over the training', () => {
    const at = (t: number, decay: number, progress: number) =>
      numbers(temperatureAt(constant(t), decay, constant(progress)))
    close(at(Math.log(10), 0.25, 0.5), [5], 1e-9)
    close([...at(-9, 1, 0), ...at(9, 1, 0)], [0.1, 100], 1e-9)
  })

  test('has entropy ln K where it is even; entropy and Gram term are 0 for classes of one size', () => {
    close(numbers(entropy(softAssignment(constant(0).broadcastTo([6, 3]), constant(1)))), [Math.log(3)], 1e-9)
    close([...numbers(entropy(oneHotAssignment(6, 3))), ...numbers(gramError(oneHotAssignment(6, 3)))], [0, 0], 1e-9)
    // Of four channels class 0 has two, so that 3/4 w^T w - I is diag(1/2, -1/4, -1/4).
    close(numbers(gramError(oneHotAssignment(4, 3))), [(1 / 4 + 1 / 16 + 1 / 16) / 9], 1e-9)
  })

  test('scores a class by its channels alone, at length 1: by hand', () => {
    const p = [2, -1, 0.5, 1, 3, -2, -3.5]
    const said = numbers(classGoodness(constant(p, [1, 7]), oneHotAssignment(7, 3)))
    close(said, [(2 + 1 - 3.5) / Math.sqrt(3), (-1 + 3) / Math.sqrt(2), (0.5 - 2) / Math.sqrt(2)], 1e-9)
  })

  test('has the gradients of its terms', () => {
    const p = normals('p', [4, 7])
    const T = constant(0.7)
    for (const term of [classGoodness(p, softAssignment(a, T)).square(), entropy(softAssignment(a, T))]) {
      close(slopes(term, a), differences(term, a), 1e-8)
      close(slopes(term, T), differences(term, T), 1e-8)
    }
    const gram = gramError(softAssignment(a, T))
    close(slopes(gram, a), differences(gram, a), 1e-8)
  })
})

describe('a layer', () => {
  const plain: Partial<ChannelGoodnessHyper> = { optimizer: 'sgd', momentum: 0, rate: 1, schedule: 'constant' }

  /** What a step of SGD at rate 1 takes off, beside the derivative of the layer's loss by differences. */
  function checkGradients(options: Partial<ChannelGoodnessHyper>, names?: RegExp): void {
    const { joint, state, batch } = given({ ...plain, ...options }, 0.6)
    assertLearnsByOwnLoss(joint, state, batch, (name) => !names || names.test(name))
  }

  test('learns by the derivative of its own loss, in every form', () => {
    checkGradients({ smoothing: 0.1, entropy: 0.3, gram: 0.5 })
    checkGradients({ reading: 'one-hot', norm: 'batch', hiding: 'none' })
    checkGradients({ reading: 'random', values: 20, hiding: 'sample', projections: 0.5, space: [2] }, /weight|tau/)
  })

  test('learns its kernels, its bias and what reads its channels; a fixed reading learns its scale alone', () => {
    const learned = (options: Partial<ChannelGoodnessHyper>) =>
      Object.keys(given(options).state)
        .filter((name) => name.startsWith('layers.1.'))
        .map((name) => name.slice('layers.1.'.length))
        .toSorted()
    assert.deepEqual(learned({}), ['bias', 'reading.assignment', 'reading.tau', 'reading.temperature', 'weight'])
    for (const reading of ['one-hot', 'random'] as const)
      assert.deepEqual(learned({ reading, projections: 1, space: [2] }), ['bias', 'reading.tau', 'weight'])
  })

  test('reads maps that are wider than high', () => {
    for (const values of [1, 64]) {
      const { joint, state, batch } = given({ values, projections: 0.5, space: [2] }, 0.1, [1, 4, 16])
      assert.ok(Number.isFinite(evaluate(joint, state, batch).metrics['layer 1/loss']![0]!))
    }
  })

  test('says of one sample what the definition says, through the interpreter', () => {
    const options: Partial<ChannelGoodnessHyper> = { units: [4], poolAfter: [], whiten: false, activation: 'relu' }
    const { hyper, state, batch, traced } = given(options)
    const side = 8
    const [x, W, b] = [batch.x!, state['layers.0.weight']!, state['layers.0.bias']!]
    const [m, d] = [state['running.0.input.mean']!, state['running.0.input.deviation']!]
    const pixel = (n: number, c: number, r: number, s: number): number =>
      Math.min(r, s) < 0 || Math.max(r, s) >= side ? 0 : (x[((n * 2 + c) * side + r) * side + s]! - m[c]!) / d[c]!
    const activity = (n: number, k: number, r: number, s: number): number => {
      let sum = b[k]!
      for (let c = 0; c < 2; c++)
        for (let i = 0; i < 3; i++)
          for (let j = 0; j < 3; j++) sum += W[((k * 2 + c) * 3 + i) * 3 + j]! * pixel(n, c, r + i - 1, s + j - 1)
      return Math.max(0, sum)
    }
    const places = Array.from({ length: side * side }, (_, i) => [Math.floor(i / side), i % side] as const)
    const energies = [0, 1, 2, 3].map((k) => mean(places.map(([r, s]) => activity(0, k, r, s) ** 2)))
    const centred = energies.map((e) => e - mean(energies))
    const p = centred.map((e) => e / Math.sqrt(mean(centred.map((v) => v * v)) + 1e-6))
    const w = rowsOf(state['layers.0.reading.assignment']!, 4).map(softmax)
    const g = [0, 1, 2].map((k) => {
      const own = w.map((row) => row[k]!)
      return (hyper.tau * own.reduce((sum, v, c) => sum + v * p[c]!, 0)) / Math.hypot(...own)
    })
    const said = evaluate(traced.predict!, state, batch).metrics.scores!.slice(0, 3)
    close(said, softmax(g).map(Math.log), 1e-6)
  })

  test('answers the same whatever the scale of its activities, and the layer above does not see what is hidden', () => {
    /** How much both layers' answers change when kernels of layer 0, of as many channels, are three times as long. */
    const changes = (hiding: ChannelGoodnessHyper['hiding'], channels: number): number[] => {
      const { state, batch, traced } = given({ activation: 'relu', hiding })
      const rows = rowsOf(state['layers.0.weight']!, 4)
      const weight = rows.flatMap((row, c) => row.map((v) => (c < channels ? 3 * v : v)))
      const biased = { ...state, 'layers.1.bias': [0.2, -0.3, 0.1, 0.5, -0.2] }
      const [one, other] = [biased, { ...biased, 'layers.0.weight': weight }].map(
        (own) => evaluate(traced.predict!, own, batch).metrics,
      )
      return ['parts/layer 0', 'parts/layer 1'].map((part) =>
        Math.max(...one![part]!.map((v, i) => Math.abs(v - other![part]![i]!))),
      )
    }
    const [all, some] = [4, 2]
    assert.ok(Math.max(...changes('instance', all), ...changes('sample', all), changes('none', all)[0]!) < 1e-3)
    assert.ok(changes('instance', some)[1]! < 1e-3)
    assert.ok(changes('none', all)[1]! > 0.1)
    assert.ok(Math.min(changes('sample', some)[1]!, changes('instance', some)[0]!) > 0.1)
  })

  test('is in use at the temperature of its last step, and goes on cooling while it learns', () => {
    const { state, batch, joint, traced } = given({ decay: 0.1, until: [0.5, 1] }, 0.3)
    assert.deepEqual(state['running.1.progress'], [0])
    assert.deepEqual(evaluate(joint, state, batch).state['running.0.progress'], [0.3])
    const cooled = { ...state, 'running.1.progress': [0.9] }
    const [warm, cold] = [state, cooled].map((own) => evaluate(traced.predict!, own, batch).metrics.scores!)
    assert.notDeepEqual(warm, cold)
    const frozen = evaluate(traced.steps['without 0']!, { ...state, 'running.0.progress': [0.5] }, batch).state
    assert.deepEqual([frozen['running.0.progress'], frozen['running.1.progress']], [[0.5], [0.3]])
  })
})

test('layers that stop early do not learn one after the other', () => {
  const { traced } = given({ until: [0.5, 1] })
  assert.throws(() => traced.greedy(0), /layers that stop early \(until\) are for joint training/)
  given({ until: [1, 1] }).traced.greedy(1)
})

test('maps of one place cannot be hidden by the instance norm: the error says so, and what to do', () => {
  const build = (hiding: 'instance' | 'sample') => () => given({ units: [3, 4, 5], poolAfter: [0, 1], hiding })
  assert.throws(build('instance'), /layer 1 has maps of one place.*hiding=sample/)
  build('sample')()
})

test('a prediction is the mean of the log-probabilities of the last layers', () => {
  const { state, batch, traced } = given({ readOut: 2 })
  const said = evaluate(traced.predict!, state, batch).metrics
  const parts = Object.entries(said).filter(([name]) => name !== 'scores')
  assert.equal(parts.length, 2)
  close(
    said.scores!,
    said.scores!.map((_, i) => (parts[0]![1][i]! + parts[1]![1][i]!) / 2),
    1e-12,
  )
  assert.throws(() => channelGoodness.hyper.parse({ units: [2], readOut: 2 }), /not so many layers/)
})
