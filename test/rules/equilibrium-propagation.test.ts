// Oracles: finite differences of the settled cost, the orders of the bias, backpropagation through the settling.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant, grad, oneHot, type Tensor } from '../../src/graph/index.js'
import { contrastOf, type Dense, outerContrast, squaredError, UNITS } from '../../src/nn/index.js'
import { checkOptions } from '../../src/options/index.js'
import { certifyRule } from '../../src/rules/certify.js'
import { equilibriumPropagation } from '../../src/rules/equilibrium-propagation/equilibrium-propagation.js'
import type { EquilibriumPropagationHyper } from '../../src/rules/equilibrium-propagation/options.js'
import {
  energy,
  halfSweep,
  type LayeredNetwork,
  resting,
  type States,
  settle,
  sweep,
} from '../../src/rules/equilibrium-propagation/settling.js'
import { taskFor } from '../../src/rules/task.js'
import { traceRule } from '../../src/rules/trace.js'
import { close, normals, numbers } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, metricOf, type Numbers, taskOf } from './harness.js'

type Options = Partial<EquilibriumPropagationHyper>

/** Steps of plain gradient descent at rate 1, so that a step shows the gradient; settled as far as float64 goes. */
const PLAIN: Options = {
  units: [5],
  activation: 'logistic',
  optimizer: 'sgd',
  momentum: 0,
  rates: [1],
  gains: [0.6],
  schedule: 'constant',
  freeSweeps: 200,
  nudgedSweeps: 60,
  tolerance: 1e-14,
}

const CLASSES = taskOf({ shape: [1, 2, 3] })
const VALUES = taskFor({ input: { shape: [6] }, target: { kind: 'values', count: 2 } }, { batch: 4 })

function given(options: Options = {}, task = CLASSES) {
  const hyper = checkOptions(equilibriumPropagation.hyper, { ...PLAIN, ...options }, 'equilibrium-propagation')
  const traced = traceRule(equilibriumPropagation, task, hyper)
  const joint = traced.steps.joint!
  const start = Object.entries(initialState(traced)).map(([name, data]): [string, readonly number[]] =>
    name.endsWith('.bias') ? [name, numbers(normals(name, [data.length]).mul(0.2).add(0.3))] : [name, data],
  )
  const state: Numbers = Object.fromEntries(start)
  const batch = batchFor(joint, task, 1)
  const step = (own: Numbers = state, other: Numbers = {}) => evaluate(joint, own, { ...batch, ...other })
  return { task, hyper, traced, joint, state, batch, step, parameters: Object.keys(state) }
}

/** What a step takes from every parameter. */
function gradientOf({ state, step, parameters }: ReturnType<typeof given>, other: Numbers = {}): number[] {
  const after = step(state, other).state
  return parameters.flatMap((name) => state[name]!.map((v, i) => v - after[name]![i]!))
}

/** The slopes of the cost of the free state, by central differences. */
function slopesOf(options: Options, task = CLASSES, h = 1e-5): number[] {
  const { state, joint, batch, parameters } = given({ ...options, nudgedSweeps: 1, estimator: 'positive' }, task)
  const cost = (name: string, i: number, shift: number): number =>
    metricOf(joint, 'loss', { ...state, [name]: state[name]!.with(i, state[name]![i]! + shift) }, batch)
  return parameters.flatMap((name) => state[name]!.map((_, i) => (cost(name, i, h) - cost(name, i, -h)) / (2 * h)))
}

const norm = (v: readonly number[]): number => Math.hypot(...v)
const distance = (a: readonly number[], b: readonly number[]): number => norm(a.map((v, i) => v - b[i]!)) / norm(b)

/** Of every kind of output and of hidden units, with one and with two hidden layers. */
const NETWORKS: Record<string, Options> = {
  'squared error': { output: 'linear' },
  'squared error, two hidden layers': { output: 'linear', units: [5, 4] },
  'squared error, clipped units': { output: 'linear', activation: 'clip' },
  'squared error, clipped units, two hidden layers': { output: 'linear', activation: 'clip', units: [5, 4] },
  'logistic outputs': { output: 'logistic' },
  'logistic outputs, two hidden layers': { output: 'logistic', units: [5, 4] },
  'cross-entropy': { output: 'cross-entropy' },
  'cross-entropy, two hidden layers': { output: 'cross-entropy', units: [5, 4] },
  'cross-entropy, clipped units': { output: 'cross-entropy', activation: 'clip' },
  'cross-entropy, three hidden layers': { output: 'cross-entropy', units: [5, 4, 6], gains: [0.3] },
}

describe('the gradient', () => {
  for (const [name, options] of Object.entries(NETWORKS))
    test(`is that of the settled cost: ${name}`, () => {
      const expected = slopesOf(options)
      assert.ok(norm(expected) > 1e-2)
      const error = distance(gradientOf(given({ ...options, beta: 1e-4 })), expected)
      assert.ok(error < 1e-6, `relative error ${error}`)
    })
  for (const units of [[5], [5, 4]])
    test(`is that of the settled cost: values, ${units.length} hidden`, () => {
      const expected = slopesOf({ units }, VALUES)
      assert.ok(norm(expected) > 1e-2)
      const error = distance(gradientOf(given({ units, beta: 1e-4 }, VALUES)), expected)
      assert.ok(error < 1e-6, `relative error ${error}`)
    })
  test('an output that is not linear says no values', () =>
    assert.throws(() => given({ output: 'logistic' }, VALUES), /an output that is logistic cannot say values/))
})

describe('the bias of the estimators', () => {
  const BETAS = [0.2, 0.1, 0.05, 0.025]
  for (const output of ['linear', 'logistic', 'cross-entropy'] as const) {
    const options: Options = { output, units: [5, 4] }
    const truth = gradientOf(given({ ...options, beta: 1e-4 }))
    const errors = (estimator: 'positive' | 'negative' | 'centred'): number[] =>
      BETAS.map((beta) => distance(gradientOf(given({ ...options, estimator, beta })), truth))
    const orders = (estimator: 'positive' | 'negative' | 'centred'): number[] => {
      const all = errors(estimator)
      return all.slice(1).map((error, i) => Math.log2(all[i]! / error))
    }
    test(`grows by beta on one side, by its square in the middle: ${output}`, () => {
      for (const side of ['positive', 'negative'] as const) close(orders(side).slice(-1), [1], 0.1, side)
      close(orders('centred').slice(-1), [2], 0.1, 'centred')
    })
    test(`of the centred estimate is the mean of both sides: ${output}`, () => {
      const [positive, negative, centred] = (['positive', 'negative', 'centred'] as const).map((estimator) =>
        gradientOf(given({ ...options, estimator, beta: 0.3 })),
      )
      const mean = positive!.map((v, i) => (v + negative![i]!) / 2)
      assert.ok(distance(centred!, mean) < 1e-13)
      assert.ok(distance(positive!, negative!) > 1e-2)
    })
    test(`of a random sign is that of one side, by the draw: ${output}`, () => {
      const of = (estimator: 'positive' | 'negative' | 'random-sign', other: Numbers = {}): number[] =>
        gradientOf(given({ ...options, estimator, beta: 0.3 }), other)
      close(of('random-sign', { 'noise.sign': [0.7] }), of('positive'), 1e-13)
      close(of('random-sign', { 'noise.sign': [0.3] }), of('negative'), 1e-13)
    })
  }
})

const leaf = (name: string, shape: readonly number[], scale: number, offset = 0): Tensor =>
  constant(numbers(normals(name, shape).mul(scale).add(offset)), shape)

/** A network of its own, with leaves that can be differentiated, and a target. */
function layered(widths: readonly number[], kind: 'clip' | 'logistic', rows = 3) {
  const shapes = widths.slice(1).map((units, k): [number, number] => [widths[k]!, units])
  const layers: Dense[] = shapes.map((shape, k) => ({
    weight: leaf(`weight ${k}`, shape, 1 / Math.sqrt(shape[0])),
    bias: leaf(`bias ${k}`, [shape[1]], 0.2, 0.3),
  }))
  const x = leaf('x', [rows, widths[0]!], 0.3, 0.5)
  const y = oneHot(constant([0, 1, 2], [rows], 'int32'), widths.at(-1)!)
  const network: LayeredNetwork = {
    drive: x.matmul(layers[0]!.weight).add(layers[0]!.bias),
    connections: layers.slice(1),
    units: layers.map((_, k) => (k === layers.length - 1 ? UNITS.linear : UNITS[kind])),
  }
  const nudgedBy = (beta: number): LayeredNetwork => ({
    ...network,
    nudge: (a) => a.add(y.mul(beta)).mul(1 / (1 + beta)),
  })
  return { layers, x, y, network, nudgedBy }
}

const at = (states: States): States => states.map((s) => constant(numbers(s), s.shape))

describe('gradient-descending updates (Ernoult et al. 2019)', () => {
  for (const [widths, depth] of [
    [[4, 6, 3], 'one hidden layer'],
    [[4, 6, 5, 3], 'two hidden layers'],
    [[4, 6, 5, 4, 3], 'three hidden layers'],
  ] as const)
    for (const kind of ['logistic', 'clip'] as const)
      test(`after t nudged sweeps the contrast is backpropagation through the last t of the free phase: ${depth}, ${kind}`, () => {
        const { layers, x, y, network, nudgedBy } = layered(widths, kind)
        const free = at(settle(network, resting(network), 400).states)
        const parameters = layers.flatMap(({ weight, bias }) => [weight, bias])
        const beta = 1e-5
        for (const t of [2, 3, 5]) {
          const [plus, minus] = [beta, -beta].map((b) => settle(nudgedBy(b), free, t).states)
          const contrasts = plus!.map((s, k) => contrastOf(s, minus![k]!, -1 / (2 * beta)))
          const learned = contrasts.flatMap((own, k) => [
            k === 0 ? x.matmul(own.difference, { transposeA: true }) : outerContrast(contrasts[k - 1]!, own),
            own.difference.sum(0),
          ])
          // The nudge enters with the last layer; a sweep of the free phase counts from there. Where that is one of the
          // first half, the half before it belongs to the sweep too.
          const start = halfSweep(
            network,
            free.map((s) => s.stopGradient()),
            1,
          )
          const sweeps = (widths.length - 1) % 2 === 0 ? t - 1 : t
          const { states } = settle(network, start, sweeps)
          const expected = grad(squaredError(states.at(-1)!, y).mul(0.5).sum(), parameters)
          const error = distance(learned.flatMap(numbers), expected.flatMap(numbers))
          assert.ok(error < 1e-7, `t = ${t}: relative error ${error}`)
        }
      })

  test('more sweeps give another gradient: the equality is not that of a constant', () => {
    const { layers, y, network } = layered([4, 6, 3], 'logistic')
    const free = at(settle(network, resting(network), 400).states)
    const [few, many] = [2, 5].map((sweeps) =>
      numbers(grad(squaredError(settle(network, free, sweeps).states[1]!, y).sum(), [layers[1]!.weight])[0]!),
    )
    assert.ok(distance(few!, many!) > 1e-3)
  })
})

describe('settling', () => {
  for (const kind of ['clip', 'logistic'] as const)
    for (const widths of [
      [4, 6, 3],
      [4, 6, 5, 4, 3],
    ])
      test(`never raises the energy: ${kind}, ${widths}`, () => {
        const { network, nudgedBy, y } = layered(widths, kind)
        for (const beta of [0, 0.5, -0.5]) {
          const settling = beta === 0 ? network : nudgedBy(beta)
          const total = (states: States): number[] =>
            numbers(energy(network, states).add(squaredError(states.at(-1)!, y).mul(beta / 2)))
          let states = resting(network)
          const seen = [total(states)]
          for (let i = 0; i < 6; i++)
            for (const half of [0, 1] as const) {
              states = at(halfSweep(settling, states, half))
              seen.push(total(states))
            }
          for (let i = 1; i < seen.length; i++)
            seen[i]!.forEach((e, row) => {
              assert.ok(e <= seen[i - 1]![row]! + 1e-12, `half sweep ${i}: ${seen[i - 1]![row]} to ${e}`)
            })
          assert.ok(seen.at(-1)!.every((e, row) => e < seen[0]![row]! - 0.1))
        }
      })

  for (const kind of ['linear', 'clip', 'logistic'] as const)
    test(`a ${kind} unit's response is where its potential less its input is least`, () => {
      for (const a of [-0.4, 0.2, 0.5, 0.9, 1.3]) {
        const s = numbers(UNITS[kind].response(constant(a)))[0]!
        const total = (v: number): number => numbers(UNITS[kind].potential(constant(v)))[0]! - a * v
        const inside = kind === 'linear' ? [-2, 2] : [0, 1]
        for (const other of [s - 0.01, s + 0.01])
          if (other >= inside[0]! && other <= inside[1]!) assert.ok(total(s) < total(other), `${kind}, ${a}, ${other}`)
      }
    })

  test('stops by the residual, at most at the limit, and says after how many sweeps', () => {
    const { network } = layered([4, 6, 3], 'logistic')
    const start = resting(network)
    const settled = settle(network, start, 400, 1e-6)
    const [count, residual] = [settled.sweeps, settled.residual].map((x) => numbers(x)[0]!)
    assert.ok(count! > 2 && count! < 100 && residual! <= 1e-6)
    const fixed = settle(network, start, count!)
    close(settled.states.flatMap(numbers), fixed.states.flatMap(numbers), 0)
    close(numbers(fixed.residual), [residual!], 0)
    const before = settle(network, start, count! - 1)
    assert.ok(numbers(before.residual)[0]! > 1e-6)
    assert.equal(numbers(settle(network, start, 3, 1e-6).sweeps)[0], 3)
  })

  test('the residual is the largest change of any unit of any layer', () => {
    const { network } = layered([4, 6, 3], 'logistic')
    const before = at(settle(network, resting(network), 1).states)
    const changes = sweep(network, before).map((s, k) => Math.max(...numbers(s.sub(before[k]!).abs())))
    assert.ok(changes[1]! > 1.05 * changes[0]!, `${changes}`)
    close(numbers(settle(network, resting(network), 2).residual), [changes[1]!], 1e-15)
    close(numbers(settle(network, resting(network), 2, 1e-9).residual), [changes[1]!], 1e-15)
  })

  test('ends where every unit answers its input', () => {
    const { network } = layered([4, 6, 5, 3], 'clip')
    const free = at(settle(network, resting(network), 400).states)
    close(sweep(network, free).flatMap(numbers), free.flatMap(numbers), 1e-12)
  })

  test('the contrast keeps what the difference of two products would lose', () => {
    const [a, b] = [leaf('a', [3, 4], 1), leaf('b', [3, 2], 1)]
    const [da, db] = [leaf('da', [3, 4], 0.1), leaf('db', [3, 2], 0.1)]
    const [pa, pb] = [a.add(da), b.add(db)]
    const plain = pa
      .matmul(pb, { transposeA: true })
      .sub(a.matmul(b, { transposeA: true }))
      .mul(3)
    close(numbers(outerContrast(contrastOf(pa, a, 3), contrastOf(pb, b, 3))), numbers(plain), 1e-13)
  })
})

describe('a trained network', () => {
  /** Four images of one pixel each: enough to tell them apart. */
  const x = Array.from({ length: 24 }, (_, i) => Number(i % 7 === 0))

  /** A batch learned by heart. */
  function trained(options: Options) {
    const settling = { freeSweeps: 60, nudgedSweeps: 8, tolerance: 0, gains: [1] }
    const own = given({ ...options, ...settling, optimizer: 'adam', rates: [0.05] })
    let { state } = own
    const losses: number[] = []
    for (let k = 0; k < 60; k++) {
      const after = own.step(state, { x })
      state = after.state
      losses.push(after.metrics.loss![0]!)
    }
    return { ...own, state, losses }
  }

  for (const [name, options] of Object.entries(NETWORKS)) {
    test(`learns, settles in T1, and is all in its state: ${name}`, () => {
      const { state, task, hyper, traced, losses } = trained(options)
      assert.ok(losses.at(-1)! < 0.5 * losses[0]!, `${losses}`)
      const scores = (graph: typeof traced.predict, from: Numbers): readonly number[] =>
        evaluate(graph, from, { ...batchFor(graph, task), x }).metrics.scores!
      const twice = traceRule(equilibriumPropagation, task, { ...hyper, freeSweeps: 2 * hyper.freeSweeps })
      close(scores(twice.predict, state), scores(traced.predict, state), 1e-3)
      const again = JSON.parse(JSON.stringify(state)) as Numbers
      const other = traceRule(equilibriumPropagation, task, hyper)
      assert.deepEqual(scores(other.predict, again), scores(traced.predict, state))
    })
  }

  test('a row settles the same alone and beside others', () => {
    const own = given({ freeSweeps: 20, tolerance: 0.1 })
    const alone = traceRule(equilibriumPropagation, taskOf({ shape: [1, 2, 3], batch: 1 }), own.hyper).predict
    const together = evaluate(own.traced.predict, own.state, own.batch).metrics.scores!
    for (let i = 0; i < 4; i++) {
      const x = own.batch.x!.slice(6 * i, 6 * i + 6)
      close(evaluate(alone, own.state, { x }).metrics.scores!, together.slice(3 * i, 3 * i + 3), 1e-14)
    }
  })
})

describe('options', () => {
  test('the step size of each layer', () => {
    const one = gradientOf(given({ units: [5, 4] }))
    const own = given({ units: [5, 4], rates: [0.5, 2, 3] })
    const factors = own.parameters.flatMap((name) =>
      own.state[name]!.map(() => [0.5, 2, 3][Number(name.split('.')[1])]!),
    )
    close(
      gradientOf(own),
      one.map((g, i) => g * factors[i]!),
      1e-12,
    )
  })

  test('as many rates and gains as layers, or one', () => {
    for (const name of ['rates', 'gains'] as const)
      assert.throws(() => given({ units: [5, 4], [name]: [1, 2] }), {
        name: 'UserError',
        message: `the option ${name} of equilibrium-propagation is 1,2: the network has 3 layers: give 3 numbers or 1.`,
        exitCode: 2,
      })
  })

  test('metrics: what was pulled and what lies on the rim', () => {
    const { metrics } = given({ activation: 'clip', gains: [4] }).step()
    assert.ok(metrics['layer 0/saturated']![0]! > 0.5)
    assert.ok(given({ activation: 'clip', gains: [0.01] }).step().metrics['layer 0/saturated']![0]! < 0.3)
    const [small, large] = [0.01, 0.02].map((beta) => given({ beta }).step().metrics['output/pulled']![0]!)
    close([large! / small!], [2], 0.05)
    assert.ok(metrics.residual![0]! <= 1e-14)
  })
})

describe('the certificate', () => {
  for (const [name, options] of Object.entries(NETWORKS))
    test(`names the feedback from every layer above, and the weights it passes backwards: ${name}`, () => {
      const { task, hyper } = given(options)
      const { local, layers } = certifyRule(equilibriumPropagation, task, hyper)
      assert.equal(local, false)
      layers.forEach(({ window, depth, reads }, k) => {
        assert.deepEqual([window, depth], [1, 0])
        const blocks = layers.slice(k + 1).map(({ layer }) => layer)
        const feedback = blocks.length > 0 && { feedback: { blocks, transport: true } }
        assert.deepEqual(reads, { labels: 'loss', ...feedback })
      })
    })
})
