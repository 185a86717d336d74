import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import type { Task } from '../../src/rules/contract.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { hybridImages, smoothMasks } from '../../src/rules/forward-forward/hybrids.js'
import type { ForwardForwardHyper } from '../../src/rules/forward-forward/options.js'
import { traceRule } from '../../src/rules/trace.js'
import { close, normals, numbers } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers, rowsOf, taskOf } from './harness.js'
import {
  lengthNormalized,
  logistic,
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

const CLASSES = 3
const RATE = 0.05

/** Plain gradient descent, one product for image and label, uniform negatives; weights and biases all random. */
const SIMPLE: Partial<ForwardForwardHyper> = {
  units: [6, 5],
  negatives: 'uniform',
  optimizer: 'sgd',
  momentum: 0,
  schedule: 'constant',
  rate: RATE,
  headRate: RATE,
  alpha: 4,
}

function given(options: Partial<ForwardForwardHyper>, task: Task = taskOf()) {
  const hyper = forwardForward.hyper.parse({ ...SIMPLE, ...options })
  const traced = traceRule(forwardForward, task, hyper)
  const start = Object.entries(initialState(traced)).map(([name, value]): [string, readonly number[]] =>
    name.endsWith('.bias') ? [name, numbers(normals(name, [value.length]).mul(0.3))] : [name, value],
  )
  const state: Numbers = Object.fromEntries(start)
  const joint = traced.steps.joint!
  const batch = batchFor(joint, task, 1)
  return { hyper, traced, task, state, joint, batch, after: evaluate(joint, state, batch) }
}

/** Weights of a layer as one matrix: of the lowest one those of the label's pixels come first. */
const weightOf = (state: Numbers, i: number): number[] => [
  ...(state[`layers.${i}.label`] ?? []),
  ...state[`layers.${i}.weight`]!,
]

const layersOf = (state: Numbers, count: number): PlainLayer[] =>
  Array.from({ length: count }, (_, i) => {
    const bias = state[`layers.${i}.bias`]!
    const weight = weightOf(state, i)
    return { weight: rowsOf(weight, weight.length / bias.length), bias }
  })

const imagesOf = (batch: Numbers, task: Task): Matrix => rowsOf(batch.x!, task.batch)

/** Floor of u (K - 1), the true label left out. */
const wrongLabels = (batch: Numbers): number[] =>
  batch['noise.negatives']!.map((u, i) => {
    const draw = Math.floor(u * (CLASSES - 1))
    return draw >= batch.target![i]! ? draw + 1 : draw
  })

/** All layers' passes over the positives and over the negatives. */
function contrasted({ state, batch, task, hyper }: ReturnType<typeof given>) {
  const layers = layersOf(state, hyper.units.length)
  const rows = (labels: readonly number[]) =>
    imagesOf(batch, task).map((image, i) => passes(layers, withCode(image, oneHot(labels[i]!, CLASSES))))
  return { layers, positives: rows(batch.target!), negatives: rows(wrongLabels(batch)) }
}

const LOSSES: Record<string, (p: number, n: number, theta: number) => { loss: number; slopes: [number, number] }> = {
  threshold: (p, n, theta) => ({
    loss: softplus(theta - p) + softplus(n - theta),
    slopes: [-logistic(theta - p), logistic(n - theta)],
  }),
  symba: (p, n) => {
    const slope = 4 * logistic(-4 * (p - n))
    return { loss: softplus(-4 * (p - n)), slopes: [-slope, slope] }
  },
  swish: (p, n) => {
    const t = -4 * (p - n)
    const slope = 4 * logistic(t) * (1 + t * (1 - logistic(t)))
    return { loss: t * logistic(t), slopes: [-slope, slope] }
  },
}

describe('one step by hand', () => {
  for (const loss of ['threshold', 'symba', 'swish'] as const)
    for (const goodness of ['mean', 'sum'] as const)
      test(`losses and updates of both layers: ${loss} on the ${goodness} of squares`, () => {
        const own = given({ loss, goodness })
        const { layers, positives, negatives } = contrasted(own)
        const n = positives.length
        layers.forEach((layer, l) => {
          const units = layer.bias.length
          const [share, theta] = goodness === 'mean' ? [1 / units, 2] : [1, units]
          const weight = layer.weight.map((row) => [...row])
          const bias = [...layer.bias]
          const pairs = positives.map((row, i) => {
            const [p, q] = [row[l]!, negatives[i]![l]!]
            const [gp, gq] = [share * squares(p.y), share * squares(q.y)]
            const { loss: value, slopes } = LOSSES[loss]!(gp, gq, theta)
            // dg/dz_j = 2 y_j (over n with the mean), dW = x^T dz.
            for (const [side, { x, y }] of [p, q].entries())
              y.forEach((v, j) => {
                const dz = (slopes[side]! * share * 2 * v) / n
                bias[j]! -= RATE * dz
                for (const [k, input] of x.entries()) weight[k]![j]! -= RATE * dz * input
              })
            return { value, separated: Number(gp > gq) }
          })
          close(own.after.metrics[`layer ${l}/loss`]!, [mean(pairs.map(({ value }) => value))], 1e-12)
          close(own.after.metrics[`layer ${l}/separation`]!, [mean(pairs.map(({ separated }) => separated))])
          close(weightOf(own.after.state, l), weight.flat(), 1e-12, `layer ${l} weight`)
          close(own.after.state[`layers.${l}.bias`]!, bias, 1e-12, `layer ${l} bias`)
          assert.notDeepEqual(weightOf(own.after.state, l), weightOf(own.state, l))
        })
      })

  test('the threshold is an option', () => {
    const own = given({ loss: 'threshold', theta: 0.7 })
    const { positives, negatives } = contrasted(own)
    const values = positives.map((row, i) => {
      const [p, n] = [squares(row[1]!.y) / 5, squares(negatives[i]![1]!.y) / 5]
      return softplus(0.7 - p) + softplus(n - 0.7)
    })
    close(own.after.metrics['layer 1/loss']!, [mean(values)])
  })

  test('the step size follows the schedule', () => {
    const [full, half] = ['constant', 'linear-half'].map((schedule) => {
      const { joint, state, batch } = given({ schedule: schedule as 'constant' })
      const moved = evaluate(joint, state, { ...batch, progress: [0.75] }).state['layers.0.weight']!
      return moved.map((v, i) => v - state['layers.0.weight']![i]!)
    })
    close(
      half!,
      full!.map((move) => move / 2),
      1e-14,
    )
  })
})

describe('gradient isolation: a change above leaves the update below bit for bit as it was', () => {
  for (const options of [
    { loss: 'threshold', goodness: 'sum' },
    { loss: 'symba', optimizer: 'adam', peer: 0.1 },
    { loss: 'swish', normalization: 'layer' },
    { network: 'convolutional', units: [3, 4, 2], poolAfter: [0], optimizer: 'adam' },
  ] as Partial<ForwardForwardHyper>[])
    test(JSON.stringify(options), () => {
      const { joint, state, batch, after } = given({ units: [12, 10, 8], ...options })
      const under = (own: Numbers, layer: number) =>
        Object.entries(own).filter(([name]) => Number(name.split('.')[1]) === layer)
      for (const changed of [1, 2]) {
        const other = Object.fromEntries(
          Object.entries(state).map(([name, value]) => [
            name,
            name.startsWith(`layers.${changed}.`) ? value.map((v, i) => 1.5 * v + Math.sin(i + 1)) : value,
          ]),
        )
        const moved = evaluate(joint, other, batch).state
        for (let below = 0; below < changed; below++) assert.deepEqual(under(moved, below), under(after.state, below))
        for (let above = changed; above < 3; above++)
          assert.notDeepEqual(under(moved, above), under(after.state, above), 'the change had no effect at all')
      }
    })
})

describe('peer normalisation', () => {
  test('adds strength * (mean(m) - m_j) to the drive of every positive case, silent units too', () => {
    const strength = 0.3
    const silenced = (own: ReturnType<typeof given>): Numbers => ({
      ...own.state,
      'layers.0.bias': own.state['layers.0.bias']!.with(2, -50),
      ...(own.state['running.0.mean'] && { 'running.0.mean': [0.2, 0.9, 0.05, 0.4, 0.6, 0.1] }),
    })
    const [without, withPeers] = [0, strength].map((peer) => {
      const own = given({ peer })
      const state = silenced(own)
      return { ...own, state, after: evaluate(own.joint, state, own.batch) }
    }) as [ReturnType<typeof given>, ReturnType<typeof given>]
    const rows = contrasted(withPeers).positives.map((row) => row[0]!)
    const before = withPeers.state['running.0.mean']!
    const m = before.map((v, j) => 0.9 * v + 0.1 * mean(rows.map(({ y }) => y[j]!)))
    const drive = m.map((own) => strength * (mean(m) - own))
    const inputs = rows[0]!.x.map((_, k) => mean(rows.map(({ x }) => x[k]!)))
    const difference = (of: (state: Numbers) => readonly number[]): number[] =>
      of(withPeers.after.state).map((v, i) => v - of(without.after.state)[i]!)
    const bias = difference((state) => state['layers.0.bias']!)
    close(
      bias,
      drive.map((own) => RATE * own),
      1e-12,
    )
    close(
      difference((state) => weightOf(state, 0)),
      inputs.flatMap((input) => drive.map((own) => RATE * input * own)),
      1e-12,
    )
    close(withPeers.after.state['running.0.mean']!, m)
    assert.ok(rows.every(({ y }) => y[2] === 0) && bias[2]! > 0, 'the silent unit must rise')
  })

  test('running means start at one half', () => {
    const { state } = given({ peer: 0.1 })
    assert.deepEqual(state['running.1.mean'], [0.5, 0.5, 0.5, 0.5, 0.5])
  })
})

describe('prediction', () => {
  test('its scores are log-probabilities where the head gives them, and goodness is none', () => {
    const asked = [{}, { predict: 'softmax' }, { negatives: 'hybrid' }]
    const parsed = asked.map((hyper) => forwardForward.hyper.parse(hyper))
    assert.deepEqual(parsed.map(forwardForward.probabilities!), [false, true, true])
  })

  test('energies are those of K separate passes', () => {
    for (const energyFrom of [0, 1])
      for (const goodness of ['mean', 'sum'] as const) {
        const { traced, state, batch, task } = given({ energyFrom, goodness })
        const { metrics } = evaluate(traced.predict, state, { x: batch.x! })
        const layers = layersOf(state, 2)
        const energies = imagesOf(batch, task).map((image) =>
          oneHot(0, CLASSES).map((_, k) =>
            passes(layers, withCode(image, oneHot(k, CLASSES))).map(
              ({ y }) => squares(y) / (goodness === 'mean' ? y.length : 1),
            ),
          ),
        )
        for (const l of [0, 1])
          close(
            metrics[`parts/layer ${l}`]!,
            energies.flatMap((own) => own.map((g) => g[l]!)),
            1e-12,
          )
        close(
          metrics.scores!,
          energies.flatMap((own) => own.map(([a, b]) => (energyFrom === 0 ? a! : 0) + b!)),
          1e-12,
        )
      }
  })

  test('asking for energies of layers that do not exist is a clear error', () => {
    const { error } = forwardForward.hyper.safeParse({ units: [6, 5], energyFrom: 2 })
    assert.deepEqual(
      error?.issues.map(({ path }) => path),
      [['energyFrom']],
    )
  })

  test('the softmax head reads normalised activities above the first layer under the neutral label', () => {
    const { traced, state, batch, task } = given({ predict: 'softmax', units: [6, 5, 4] })
    const { metrics } = evaluate(traced.predict, state, { x: batch.x! })
    close(
      metrics.scores!,
      imagesOf(batch, task).flatMap((image) => headScores(state, image)),
      1e-12,
    )
  })
})

/** What the head reads of an image, and what it says. */
const headInput = (state: Numbers, image: number[]): number[] =>
  passes(layersOf(state, 3), withCode(image, [1 / 3, 1 / 3, 1 / 3]))
    .slice(1)
    .flatMap(({ y }) => lengthNormalized(y))

const headOf = (state: Numbers): PlainLayer => ({
  weight: rowsOf(state['head.parameters.weight']!, 9),
  bias: state['head.parameters.bias']!,
})

const headScores = (state: Numbers, image: number[]): number[] => preactivation(headOf(state), headInput(state, image))

test('the head learns by the softmax regression of that input', () => {
  const { state, batch, task, after } = given({ predict: 'softmax', units: [6, 5, 4], headWeightDecay: 0.2 })
  const { weight, bias } = headOf(state)
  // L2 decay is part of the gradient, of weights and biases alike.
  const expected = {
    weight: weight.map((row) => row.map((w) => w * (1 - RATE * 0.2))),
    bias: bias.map((b) => b * 0.99),
  }
  const losses = imagesOf(batch, task).map((image, i) => {
    const powers = headScores(state, image).map(Math.exp)
    const total = powers.reduce((a, b) => a + b)
    powers.forEach((power, k) => {
      const error = (power / total - Number(k === batch.target![i])) / task.batch
      expected.bias[k]! -= RATE * error
      for (const [j, input] of headInput(state, image).entries()) expected.weight[j]![k]! -= RATE * error * input
    })
    return -Math.log(powers[batch.target![i]!]! / total)
  })
  close(after.metrics['softmax head/loss']!, [mean(losses)])
  close(after.state['head.parameters.weight']!, expected.weight.flat(), 1e-12)
  close(after.state['head.parameters.bias']!, expected.bias, 1e-12)
})

test('hybrid negatives: the images themselves against masked mixtures with their successors', () => {
  const { state, batch, task, after, hyper } = given({ negatives: 'hybrid', predict: 'softmax', loss: 'symba' })
  const images = imagesOf(batch, task)
  const masks = smoothMasks(constant(batch['noise.masks']!, [task.batch, 1, 4, 4]))
  const mixed = rowsOf(numbers(hybridImages(constant(batch.x!, [task.batch, 1, 4, 4]), masks)), task.batch)
  assert.notDeepEqual(mixed, images)
  const layers = layersOf(state, hyper.units.length)
  const goodness = (rows: Matrix, l: number) => rows.map((row) => squares(passes(layers, row)[l]!.y))
  for (const l of [0, 1]) {
    const units = layers[l]!.bias.length
    const negative = goodness(mixed, l)
    const losses = goodness(images, l).map((p, i) => softplus((-4 * (p - negative[i]!)) / units))
    close(after.metrics[`layer ${l}/loss`]!, [mean(losses)])
  }
})

test('hard negatives follow the head: the wrong label that it is sure of is the one that is shown', () => {
  const own = given({ negatives: 'hard', loss: 'symba', units: [6, 5, 4] })
  const sure = { ...own.state, 'head.parameters.weight': new Array(27).fill(0), 'head.parameters.bias': [0, 300, 600] }
  const { metrics } = evaluate(own.joint, sure, own.batch)
  // True labels 1, 2, 0, 1: of the wrong ones the head likes 2 best, and 1 where 2 is true.
  assert.deepEqual(own.batch.target, [1, 2, 0, 1])
  const layers = layersOf(sure, 3)
  const losses = imagesOf(own.batch, own.task).map((image, i) => {
    const [p, n] = [own.batch.target![i]!, [2, 1, 2, 2][i]!].map(
      (label) => squares(passes(layers, withCode(image, oneHot(label, CLASSES)))[0]!.y) / 6,
    )
    return softplus(-4 * (p! - n!))
  })
  close(metrics['layer 0/loss']!, [mean(losses)])
})

describe('greedy training', () => {
  for (const options of [
    {},
    { optimizer: 'adam', peer: 0.2 },
    { network: 'convolutional', units: [3, 4, 2], poolAfter: [0] },
  ] as Partial<ForwardForwardHyper>[])
    test(`a layer on its features learns what it learns in the joint step: ${JSON.stringify(options)}`, () => {
      const { traced, state, batch, after, task } = given({ units: [6, 5, 4], ...options })
      for (const layer of [0, 1, 2]) {
        const { step, features } = traced.greedy(layer)
        const kept = evaluate(features, state, { x: batch.x! }).metrics.features!
        const first = features.metrics[0]!.output.shape
        assert.deepEqual(first.slice(0, 2), layer === 0 ? [task.batch, 1] : [task.batch, CLASSES])
        const alone = evaluate(step, state, { ...batch, x: kept })
        for (const [name, value] of Object.entries(alone.state)) {
          const own = Number(name.split('.')[1]) === layer
          close(value, own ? after.state[name]! : state[name]!, own ? 1e-12 : 0, name)
        }
        for (const [name, value] of Object.entries(alone.metrics)) close(value, after.metrics[name]!, 1e-12, name)
      }
    })

  test('the softmax head has a phase of its own, on what all layers make of a neutral label', () => {
    const { traced, state, batch, after } = given({ predict: 'softmax', units: [6, 5, 4] })
    const { step, features } = traced.greedy(3)
    const kept = evaluate(features, state, { x: batch.x! }).metrics.features!
    const alone = evaluate(step, state, { ...batch, x: kept })
    for (const [name, value] of Object.entries(alone.state))
      close(value, name.startsWith('head.') ? after.state[name]! : state[name]!, 1e-12, name)
    close(alone.metrics['softmax head/loss']!, after.metrics['softmax head/loss']!)
  })

  test('is refused in words where the head chooses the negatives, or two images make them', () => {
    for (const negatives of ['hard', 'hybrid'] as const)
      for (const layer of [0, 1])
        assert.throws(() => given({ negatives }).traced.greedy(layer), {
          name: 'UserError',
          message: /greedy training .* needs negatives=uniform/,
        })
  })
})

test('a head that starts at zero has no bias: it says the same of every class', () => {
  const { traced, state, batch } = given({ predict: 'softmax', headInitial: 'zero' })
  assert.equal(state['head.parameters.bias'], undefined)
  assert.ok(evaluate(traced.predict, state, { x: batch.x! }).metrics.scores!.every((score) => score === 0))
  for (const name of ['hinton', 'loewe'])
    assert.equal(forwardForward.hyper.parse(forwardForward.presets[name]!.hyper).headInitial, 'zero')
})
