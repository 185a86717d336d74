// Losses of the output, their scores, and what their optimum means.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Target } from '../../../src/data/index.js'
import { constant, softmax, type Tensor } from '../../../src/graph/index.js'
import { checkOptions } from '../../../src/options/index.js'
import { broadcast } from '../../../src/rules/broadcast/broadcast.js'
import { CHOICES, type LossOptions, lossOf, statistics } from '../../../src/rules/broadcast/losses.js'
import { taskFor } from '../../../src/rules/task.js'
import { close, differences, normals, numbers, uniforms, whole } from '../../nn/evaluate.js'
import { rowsOf } from '../harness.js'
import { given } from './given.js'

const of = (loss: LossOptions['loss'], more: Partial<LossOptions> = {}): LossOptions => ({
  ...{ method: 'sbd', loss, quantile: 0.3 },
  ...more,
})
const KINDS = ['class', 'labels', 'values'] as const
const target = (kind: (typeof KINDS)[number]): Target => ({ kind, count: 3 })

/** The kinds of target that a loss takes. */
const taken = (loss: LossOptions['loss']) =>
  KINDS.filter((kind) => {
    try {
      return lossOf(target(kind), of(loss))
    } catch {
      return false
    }
  })

const targets: Record<string, Tensor> = {
  class: whole(0, 2, 1, 2),
  labels: uniforms('labels', 4, 3).greater(0.5).cast('float32'),
  values: normals('values', [4, 3]),
}

for (const loss of CHOICES)
  for (const kind of taken(loss))
    test(`the score of ${loss} is the slope of the loss, on ${kind}`, () => {
      const own = lossOf(target(kind), of(loss))
      const o = normals('o', [4, 3])
      const t = statistics(targets[kind]!, target(kind))
      assert.deepEqual(own.loss(o, t).shape, [4])
      close(numbers(own.score(o, t)), differences(own.loss(o, t), o), 1e-8)
    })

test('each loss takes the targets that its outputs can be read for', () => {
  assert.deepEqual(Object.fromEntries(CHOICES.map((loss) => [loss, taken(loss)])), {
    auto: ['class', 'labels', 'values'],
    'cross-entropy': ['class'],
    'squared-error': ['class', 'values'],
    pinball: ['values'],
    bernoulli: ['class', 'labels'],
    poisson: ['class'],
  })
  assert.throws(
    () => lossOf(target('labels'), of('pinball')),
    /targets of the kind values, and the data set has labels: take loss=bernoulli/,
  )
  assert.throws(() => lossOf(target('labels'), of('auto', { method: 'ebd' })), /take loss=bernoulli with method=sbd/)
  assert.throws(() => lossOf({ kind: 'none' }, of('auto')), /has none/)
})

test('the pinball loss is least where a part tau of the values lies below', () => {
  const own = lossOf(target('values'), of('pinball'))
  const y = constant(
    Array.from({ length: 10 }, (_, i) => i),
    [10, 1],
  )
  const at = (o: number): number => numbers(own.loss(constant(o).broadcastTo([10, 1]), y)).reduce((a, b) => a + b, 0)
  const best = Array.from({ length: 100 }, (_, i) => i / 10).reduce((a, b) => (at(b) < at(a) - 1e-9 ? b : a))
  assert.ok(best >= 2 && best <= 3, `${best}`)
})

test('Poisson counts that are known to sum to one are the classes of the cross-entropy', () => {
  const o = normals('o', [4, 3])
  const t = statistics(targets.class!, target('class'))
  const [counts, classes] = (['poisson', 'cross-entropy'] as const).map((loss) => lossOf(target('class'), of(loss)))
  // Minus log-likelihoods differ by that of the total: sum exp o - ln sum exp o.
  const total = o.exp().sum(-1)
  close(numbers(counts!.loss(o, t)), numbers(classes!.loss(o, t).add(total).sub(total.log())))
  close(numbers(softmax(o)), numbers(counts!.prediction(o).div(total.reshape([4, 1]))))
})

test('at the optimum of a softmax regression the score is uncorrelated with the input', () => {
  const own = lossOf(target('class'), of('cross-entropy'))
  const samples = 30
  const x = rowsOf(numbers(normals('points', [samples, 2])), samples).map((row) => [...row, 1])
  const labels = Array.from({ length: samples }, (_, i) => (i * 7 + (i % 4)) % 3)
  const t = statistics(whole(...labels), target('class'))
  const W = [0, 1, 2].map(() => [0, 0, 0])
  const slope = (): number[][] => {
    const o = x.map((row) => [0, 1, 2].map((k) => row.reduce((sum, v, j) => sum + v * W[j]![k]!, 0)))
    const s = rowsOf(numbers(own.score(constant(o.flat(), [samples, 3]), t)), samples)
    return [0, 1, 2].map((j) => [0, 1, 2].map((k) => x.reduce((sum, row, i) => sum + row[j]! * s[i]![k]!, 0) / samples))
  }
  const largest = (m: number[][]): number => Math.max(...m.flat().map(Math.abs))
  assert.ok(largest(slope()) > 0.01)
  for (let step = 0; step < 1500; step++) {
    const g = slope()
    for (const j of [0, 1, 2]) for (const k of [0, 1, 2]) W[j]![k]! -= 2 * g[j]![k]!
  }
  assert.ok(largest(slope()) < 1e-8, `${largest(slope())}`)
})

describe('options', () => {
  const refused = (values: Record<string, unknown>, message: RegExp): void => {
    assert.throws(() => checkOptions(broadcast.hyper, values, 'broadcast'), { name: 'UserError', exitCode: 2, message })
  }
  test('s*s is refused, with the reason', () => {
    refused({ factors: ['p', 's'] }, /factors .*s\*s is no admissible factor: .*variance.*take p or c/)
    checkOptions(broadcast.hyper, { factors: ['p', 'c'] }, 'broadcast')
    refused({ factors: ['p', 'p'] }, /each factor once/)
  })
  test('EBD has the squared error alone', () => {
    refused({ method: 'ebd', loss: 'cross-entropy' }, /what sbd broadcasts/)
  })
  test('as many kernels and strides as convolutions, and poolings where there are some', () => {
    refused({ channels: [4, 4, 4], kernels: [3, 5] }, /3 convolutions: give as many numbers, or one/)
    refused({ channels: [4], poolAfter: [1] }, /there is none 1/)
  })
  test('inputs that are no images, or too small to be pooled, are told when the rule is traced', () => {
    const told = (shape: number[], message: RegExp): void =>
      assert.throws(() => given({ channels: [2, 2], poolAfter: [0, 1] }, { shape }), { name: 'UserError', message })
    told([5], /reads images .*, not inputs of shape \[5\]/)
    told([1, 3, 8], /does not fit on 1 x 4 places: pool after fewer layers/)
  })
  test('correlations that start at 0 and stay there are refused', () => {
    refused({ memory: 1, correlation: 0 }, /from 0 hidden layers would hear nothing/)
    checkOptions(broadcast.hyper, { memory: 1, correlation: 0, method: 'dfa' }, 'broadcast')
    checkOptions(broadcast.hyper, { correlation: 0 }, 'broadcast')
  })
  test('what collapses is said before the training', () => {
    const warnings = (options: Record<string, unknown>): readonly string[] =>
      broadcast.warnings!(taskFor('glyphs'), broadcast.hyper.parse(options))
    const units = [50, 50, 50, 50, 50, 50]
    assert.match(warnings({ units, power: 0 }).join(), /6 hidden layers of rectified units .* collapse/)
    assert.deepEqual(warnings({ units }), [])
    assert.deepEqual(warnings({}), [])
    assert.deepEqual(warnings({ units, power: 0, activation: 'tanh' }), [])
    assert.deepEqual(warnings({ units, power: 0, method: 'dfa' }), [])
    assert.match(warnings({ memory: 0.99 }).join(), /chase single batches/)
    assert.match(warnings({ method: 'kolen-pollack' }).join(), /without weightDecay is feedback alignment/)
    const decaying = { method: 'kolen-pollack', weightDecay: 0.1 }
    assert.match(
      warnings({ ...decaying, optimizer: 'muon' }).join(),
      /optimizer=muon, .* is feedback alignment in dense layers/,
    )
    assert.deepEqual(warnings({ ...decaying, optimizer: 'sgd' }), [])
    for (const { hyper } of Object.values(broadcast.presets)) assert.deepEqual(warnings({ ...hyper }), [])
  })
  test('a target that a loss is not made for is told when the rule is traced', () => {
    assert.throws(() => given({ loss: 'pinball' }), /loss=pinball of broadcast learns targets of the kind values/)
    given({ loss: 'pinball' }, { target: target('values') })
  })
})
