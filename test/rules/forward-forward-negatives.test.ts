// Adaptive and fixed negatives: which wrong label is shown, read off the loss of the lowest layer.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { openTrainer } from '../../src/index.js'
import { certifyRule } from '../../src/rules/certify.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import type { ForwardForwardHyper } from '../../src/rules/forward-forward/options.js'
import { traceRule } from '../../src/rules/trace.js'
import type { Program, TensorRecord } from '../../src/runtime/index.js'
import { close, normals, numbers } from '../nn/evaluate.js'
import { lines } from '../train/fixtures.js'
import { interpreter } from '../train/oracle.js'
import { batchFor, evaluate, initialState, type Numbers, rowsOf, taskOf } from './harness.js'
import {
  lengthNormalized,
  type Matrix,
  mean,
  oneHot,
  type PlainLayer,
  passes,
  preactivation,
  softplus,
  squares,
  withCode,
} from './plain.js'
import { assertPromise } from './promise.js'

const CLASSES = 4
const task = taskOf({ classes: CLASSES, batch: 12 })
const UNITS = [6, 5, 4]

function given(options: Partial<ForwardForwardHyper>) {
  const hyper = forwardForward.hyper.parse({ units: UNITS, loss: 'symba', alpha: 4, rate: 0.05, ...options })
  const traced = traceRule(forwardForward, task, hyper)
  // As if much had been learned since the epoch began: the network and what is kept of it differ in all numbers.
  const learned = (state: Numbers, name: string): Numbers =>
    Object.fromEntries(
      Object.entries(state).map(([leaf, value]) => [
        leaf,
        leaf.includes('optimizer') ? value : numbers(normals(`${name} ${leaf}`, [value.length])),
      ]),
    )
  const first = initialState(traced)
  const batch = batchFor(traced.steps.joint!, task, 1)
  return { hyper, traced, first, state: learned(first, 'now'), batch, images: rowsOf(batch.x!, task.batch) }
}

const layersOf = (state: Numbers, under = ''): PlainLayer[] =>
  UNITS.map((_, i) => {
    const of = (leaf: string): readonly number[] => state[`${under}layers.${i}.${leaf}`] ?? []
    const weight = [...of('label'), ...of('weight')]
    return { weight: rowsOf(weight, weight.length / of('bias').length), bias: of('bias') }
  })

const goodness = (layers: readonly PlainLayer[], image: number[], label: number): number[] =>
  passes(layers, withCode(image, oneHot(label, CLASSES))).map(({ y }) => squares(y) / y.length)

/** The loss of the lowest layer if these wrong labels are shown. */
const lossWith = (state: Numbers, images: Matrix, labels: readonly number[], wrong: readonly number[]): number =>
  mean(
    images.map((image, i) => {
      const [p, n] = [labels[i]!, wrong[i]!].map((label) => goodness(layersOf(state), image, label)[0]!)
      return softplus(-4 * (p! - n!))
    }),
  )

/** The wrong label with the largest score. */
const largest = (scores: readonly number[], label: number): number =>
  scores
    .map((score, k) => (k === label ? Number.NEGATIVE_INFINITY : score))
    .reduce((a, s, k, all) => (s > all[a]! ? k : a), 0)

describe('adaptive negatives', () => {
  for (const energyFrom of [0, 1])
    test(`are what the goodness of the kept network predicts most, from layer ${energyFrom} on`, () => {
      const { traced, state, batch, images } = given({ negatives: 'adaptive', energyFrom })
      const wrong = images.map((image, i) => {
        const energies = Array.from({ length: CLASSES }, (_, k) =>
          goodness(layersOf(state, 'snapshot.'), image, k)
            .slice(energyFrom)
            .reduce((a, b) => a + b),
        )
        return largest(energies, batch.target![i]!)
      })
      assert.ok(wrong.every((label, i) => label !== batch.target![i]) && new Set(wrong).size > 1)
      const { metrics, state: after } = evaluate(traced.steps.joint!, state, batch)
      close(metrics['layer 0/loss']!, [lossWith(state, images, batch.target!, wrong)], 1e-12)
      for (const leaf of Object.keys(state).filter((name) => name.startsWith('snapshot.')))
        assert.deepEqual(after[leaf], state[leaf], `${leaf} moved within an epoch`)
    })

  test('are what the softmax head of the kept network predicts most', () => {
    const { traced, state, batch, images } = given({ negatives: 'adaptive', predict: 'softmax' })
    const weight = state['snapshot.head.parameters.weight']!
    const head = { weight: rowsOf(weight, weight.length / CLASSES), bias: state['snapshot.head.parameters.bias']! }
    const neutral = new Array(CLASSES).fill(1 / CLASSES)
    const wrong = images.map((image, i) => {
      const seen = passes(layersOf(state, 'snapshot.'), withCode(image, neutral)).slice(1)
      const input = seen.flatMap(({ y }) => lengthNormalized(y))
      return largest(preactivation(head, input), batch.target![i]!)
    })
    const { metrics } = evaluate(traced.steps.joint!, state, batch)
    close(metrics['layer 0/loss']!, [lossWith(state, images, batch.target!, wrong)], 1e-12)
  })

  test('are any wrong label in the first epoch: nothing is known yet', () => {
    const { traced, first, state, batch, images } = given({ negatives: 'adaptive' })
    const kept = Object.entries(first).filter(([name]) => name.startsWith('snapshot.'))
    assert.ok(kept.length > 0 && kept.every(([, value]) => value.every((v) => v === 0)))
    const noise = rowsOf(batch['noise.negatives']!, task.batch)
    const wrong = noise.map((row, i) => {
      const others = oneHot(0, CLASSES)
        .map((_, k) => k)
        .filter((k) => k !== batch.target![i])
      return others[row.indexOf(Math.max(...row))]!
    })
    const { metrics } = evaluate(traced.steps.joint!, { ...state, ...Object.fromEntries(kept) }, batch)
    close(metrics['layer 0/loss']!, [lossWith(state, images, batch.target!, wrong)], 1e-12)
  })

  test('the step before an epoch keeps what predictions are made of, and changes nothing else', () => {
    const { traced, state, hyper } = given({ negatives: 'adaptive', predict: 'softmax', peer: 0.1 })
    const { state: after } = evaluate(traced.steps.snapshot!, state, {})
    for (const [leaf, value] of Object.entries(after))
      assert.deepEqual(value, state[leaf.replace('snapshot.', '')], leaf)
    const runs = [0, 1, 2].map((epoch) => forwardForward.between!(epoch, hyper))
    assert.deepEqual(runs, [[], [{ step: 'snapshot', times: 1 }], [{ step: 'snapshot', times: 1 }]])
    assert.deepEqual(forwardForward.between!(1, given({ negatives: 'hard' }).hyper), [])
  })

  test('the certificate shows the choice: 3.17 bits of ten classes, from above; of one layer alone, none', () => {
    const digits = taskOf({ classes: 10 })
    const layers = (options: Partial<ForwardForwardHyper>) => {
      const own = { negatives: 'adaptive', ...options }
      const certificate = certifyRule(forwardForward, digits, own)
      assertPromise(certificate, forwardForward.locality(digits, forwardForward.hyper.parse(own)).promise)
      return certificate.layers.map(
        ({ reads }) => reads.choice && { ...reads.choice, bits: reads.choice.bits.toFixed(2) },
      )
    }
    const bits = '3.17'
    assert.deepEqual(layers({ units: [30, 20, 10] }), [{ blocks: [1, 2], bits }, { blocks: [2], bits }, undefined])
    const head = { blocks: [2], bits }
    assert.deepEqual(layers({ units: [30, 20], predict: 'softmax' }), [{ blocks: [1, 2], bits }, head, undefined])
    assert.deepEqual(layers({ units: [30] }), [undefined])
  })
})

describe('fixed negatives', () => {
  test('are drawn once a sample: from the noise that belongs to it', () => {
    const { traced, state, batch, images } = given({ negatives: 'fixed' })
    const port = traced.steps.joint!.batch.find(({ name }) => name === 'noise.negatives')!
    assert.equal(port.input.node.attributes.per, 'sample')
    const wrong = batch['noise.negatives']!.map((u, i) => {
      const draw = Math.floor(u * (CLASSES - 1))
      return draw >= batch.target![i]! ? draw + 1 : draw
    })
    const { metrics } = evaluate(traced.steps.joint!, state, batch)
    close(metrics['layer 0/loss']!, [lossWith(state, images, batch.target!, wrong)], 1e-12)
  })

  /** Every draw that a training's steps got, by the pixels of its sample: of the first phase, since features are kept. */
  async function drawsOf(negatives: string, schedule: 'joint' | 'greedy') {
    const draws = new Map<string, Set<number>>()
    const recorded = (program: Program): Program => {
      const run = program.run
      // The very object: programs that share a state know each other by it.
      return Object.assign(program, {
        run(steps: number, batch: TensorRecord) {
          const noise = batch['noise.negatives']
          for (const [i, row] of noise ? rowsOf([...batch.x!], noise.length).entries() : [])
            draws.set(row.join(), (draws.get(row.join()) ?? new Set()).add(noise![i]!))
          return run(steps, batch)
        },
      })
    }
    const trainer = await openTrainer({
      rule: forwardForward,
      data: lines(40, 12),
      platform: { compile: async (...asked) => recorded(await interpreter.compile(...asked)) },
      hyper: { units: [5], negatives },
      options: { epochs: 3, batch: 7, schedule, validation: 12 },
    })
    try {
      await trainer.load(await trainer.initialState())
      await trainer.run(trainer.positionAt(0), 12)
    } finally {
      await trainer.close()
    }
    return [...draws.values()]
  }

  for (const schedule of ['joint', 'greedy'] as const)
    test(`stay the same over the epochs of ${schedule} training, each sample having its own; uniform ones do not`, async () => {
      const fixed = await drawsOf('fixed', schedule)
      assert.equal(fixed.length, 28)
      assert.ok(
        fixed.every(({ size }) => size === 1),
        'a sample got two draws',
      )
      assert.ok(new Set(fixed.map((own) => [...own][0])).size > 20, 'samples share their draws')
      assert.ok((await drawsOf('uniform', schedule)).every(({ size }) => size === 3))
    })
})

test('greedy training says why adaptive negatives cannot be, and fixed ones can', () => {
  assert.throws(() => given({ negatives: 'adaptive' }).traced.greedy(0), {
    name: 'UserError',
    message: /greedy training .* needs negatives=uniform or negatives=fixed, .* whole network predicts/,
  })
  const { traced, state, batch } = given({ negatives: 'fixed' })
  const after = evaluate(traced.steps.joint!, state, batch)
  for (const layer of [0, 1, 2]) {
    const { step, features } = traced.greedy(layer)
    const kept = evaluate(features, state, { x: batch.x! }).metrics.features!
    const alone = evaluate(step, state, { ...batch, x: kept })
    close(alone.metrics[`layer ${layer}/loss`]!, after.metrics[`layer ${layer}/loss`]!, 1e-12)
  }
})
