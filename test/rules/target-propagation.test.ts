import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { makeDataSet } from '../../src/data/index.js'
import { constant, grad, type Tensor } from '../../src/graph/index.js'
import { bernoulli, sign } from '../../src/nn/discrete.js'
import { denoisingLoss } from '../../src/nn/label-autoencoder.js'
import { crossEntropy, squaredError } from '../../src/nn/losses.js'
import { differenceReconstructionLoss, propagateTargets, reconstructionLoss } from '../../src/nn/targets.js'
import { certifyRule } from '../../src/rules/certify.js'
import type { Task } from '../../src/rules/contract.js'
import type { TargetPropagationHyper } from '../../src/rules/target-propagation/options.js'
import { targetPropagation } from '../../src/rules/target-propagation/target-propagation.js'
import { traceRule } from '../../src/rules/trace.js'
import { compile } from '../../src/runtime/compile.node.js'
import { train } from '../../src/train/train.js'
import { close, normals, numbers, whole } from '../nn/evaluate.js'
import { collect, keeper, numbersOf, ofKind } from '../train/fixtures.js'
import { batchFor, evaluate, initialState, type Numbers, rowsOf, taskOf } from './harness.js'

type Options = Partial<TargetPropagationHyper>
type Matrix = readonly (readonly number[])[]

const RATE = 0.1
/** Plain gradient descent. */
const SIMPLE: Options = {
  ...{ units: [6, 5, 4], optimizer: 'sgd', momentum: 0, schedule: 'constant' },
  ...{ rate: RATE, outputRate: RATE, inverseRate: RATE, autoencoderUnits: 7 },
}

function given(options: Options, task: Task = taskOf()) {
  const hyper = targetPropagation.hyper.parse({ ...SIMPLE, ...options })
  const traced = traceRule(targetPropagation, task, hyper)
  const state: Numbers = Object.fromEntries(
    Object.entries(initialState(traced)).map(([name, value]) => [
      name,
      name.endsWith('.bias') ? numbers(normals(name, [value.length]).mul(0.3)) : value,
    ]),
  )
  const run = (step: 'forward' | 'feedback', from = state, k = 1) => {
    const batch = batchFor(traced.steps[step]!, task, k)
    return { batch, ...evaluate(traced.steps[step]!, from, batch) }
  }
  return { hyper, traced, task, state, run }
}

const VARIANTS: Options[] = (['plain', 'difference', 'drl'] as const).flatMap((form) =>
  (['gradient', 'output', 'label-autoencoder'] as const).flatMap((topTarget) =>
    (['tanh', 'sign', 'bernoulli'] as const).map((hidden) => ({ form, topTarget, hidden })),
  ),
)
const nameOf = ({ form, topTarget, hidden }: Options): string => `${form}, ${topTarget}, ${hidden}`

// Matrices in plain numbers.
const times = (a: Matrix, b: Matrix): number[][] =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, v, k) => sum + v * b[k]![j]!, 0)))
const flip = (a: Matrix): number[][] => a[0]!.map((_, j) => a.map((row) => row[j]!))
const zip = (f: (...values: number[]) => number, ...all: Matrix[]): number[][] =>
  all[0]!.map((row, i) => row.map((_, j) => f(...all.map((m) => m[i]![j]!))))
const minus = (a: Matrix, b: Matrix): number[][] => zip((x, y) => x - y, a, b)
const inverse2 = ([[a, b], [c, d]]: [[number, number], [number, number]]): number[][] => {
  const det = a * d - b * c
  return [
    [d / det, -b / det],
    [-c / det, a / det],
  ]
}
const tensor = (m: Matrix): Tensor => constant(m.flat(), [m.length, m[0]!.length])
const distance = (a: Matrix, b: Matrix): number =>
  Math.sqrt(
    minus(a, b)
      .flat()
      .reduce((s, v) => s + v * v, 0) / b.flat().reduce((s, v) => s + v * v, 0),
  )

/** x W + b with the parameters under a name. */
function affine(state: Numbers, name: string, x: Matrix): number[][] {
  const bias = state[`${name}.bias`]!
  const weight = rowsOf(state[`${name}.weight`]!, state[`${name}.weight`]!.length / bias.length)
  return times(x, weight).map((row) => row.map((v, j) => v + bias[j]!))
}
const softmax = (rows: Matrix): number[][] =>
  rows.map((row) => {
    const total = row.map(Math.exp).reduce((a, b) => a + b)
    return row.map((v) => Math.exp(v) / total)
  })

/** The forward step in plain numbers: what every layer's weights and biases become, the targets on the way. */
function byHand({ hyper: h, state, task }: ReturnType<typeof given>, batch: Numbers) {
  const n = task.batch
  const last = h.units.length - 1
  const labels = batch.labels!.map((label) => Array.from({ length: task.classes }, (_, k) => Number(k === label)))
  const activate = h.hidden === 'bernoulli' ? (v: number) => 1 / (1 + Math.exp(-v)) : Math.tanh
  const slope = h.hidden === 'bernoulli' ? (y: number) => y * (1 - y) : (y: number) => 1 - y * y
  const signs = (m: Matrix) => zip(Math.sign, m)
  const inputs: Matrix[] = [rowsOf(batch.x!, n)]
  const activities: Matrix[] = []
  for (let i = 0; i <= last; i++) {
    const own = zip(activate, affine(state, `layers.${i}`, inputs[i]!))
    activities.push(own)
    const draws = h.hidden === 'bernoulli' ? rowsOf(batch[`noise.layers.${i}.sample`]!, n) : []
    if (h.hidden === 'bernoulli') inputs.push(zip((p, u) => Number(u < p), own, draws))
    else inputs.push(h.hidden === 'sign' && i < last ? signs(own) : own)
  }
  const scores = affine(state, `layers.${last + 1}`, inputs.at(-1)!)
  const error = minus(softmax(scores), labels)
  const top = activities.at(-1)!
  const stepped = (from: Matrix, along: Matrix) => zip((v, s) => v - h.step * s, from, along)
  const output = rowsOf(state[`layers.${last + 1}.weight`]!, h.units.at(-1)!)
  const r = (seen: Matrix): number[][] => {
    const code = top.map((row, i) => [...row, ...seen[i]!])
    const middle = zip(Math.tanh, affine(state, 'autoencoder.encoder', code))
    return zip(Math.tanh, affine(state, 'autoencoder.decoder', middle))
  }
  const first = (): Matrix => {
    if (h.topTarget === 'gradient') return stepped(top, times(error, flip(output)))
    if (h.topTarget === 'output') return stepped(scores, error)
    if (h.form === 'plain') return r(labels)
    return zip((v, a, b) => v + a - b, top, r(labels), r(softmax(scores)))
  }
  const levels = h.topTarget === 'output' ? [...activities, scores] : activities
  const targets = [first()]
  for (let i = levels.length - 2; i >= 0; i--) {
    const g = (v: Matrix) =>
      zip(Math.tanh, affine(state, `inverses.${i}`, h.hidden === 'sign' && i < last ? signs(v) : v))
    const [goal, now] = [g(targets[0]!), g(levels[i + 1]!)]
    targets.unshift(h.form === 'plain' ? goal : zip((v, a, b) => v + a - b, levels[i]!, goal, now))
  }
  const deltas = [...activities.map((own, i) => zip((y, t) => (y - t) * slope(y), own, targets[i]!)), error]
  const updated = deltas.flatMap((delta, i): [string, number[]][] => {
    const dW = times(flip(inputs[i]!), delta).flat()
    const moved = (name: string, by: number[]): [string, number[]] => [
      name,
      state[name]!.map((v, k) => v - (RATE * by[k]!) / n),
    ]
    const db = flip(delta).map((column) => column.reduce((a, b) => a + b))
    return [moved(`layers.${i}.weight`, dW), moved(`layers.${i}.bias`, db)]
  })
  return { updated: Object.fromEntries(updated), targets, activities }
}

describe('one step of the layers by hand', () => {
  for (const options of VARIANTS.filter(({ form }) => form !== 'drl'))
    test(nameOf(options), () => {
      const own = given(options)
      const { batch, state, metrics } = own.run('forward')
      const { updated, targets, activities } = byHand(own, batch)
      for (const [name, expected] of Object.entries(updated)) close(state[name]!, expected, 1e-12, name)
      activities.forEach((y, i) => {
        const squares = zip((a, t) => (a - t) ** 2, y, targets[i]!).flat()
        close(metrics[`layers.${i}.loss`]!, [squares.reduce((a, b) => a + b) / 2 / own.task.batch])
      })
    })
})

describe('one step of the inverses', () => {
  for (const options of VARIANTS)
    test(`follows the central differences of each one's own loss: ${nameOf(options)}`, () => {
      const { state, run, hyper } = given({ ...options, inverseDecay: 0.1 })
      const { state: after } = run('feedback')
      const lossOf = (name: string): string => {
        const [group, i] = name.split('.')
        return group === 'autoencoder' ? 'autoencoder.loss' : `layers.${i}.inverse`
      }
      const learned = Object.keys(state).filter((name) => /^(inverses|autoencoder)\./.test(name))
      assert.equal(learned.length > 0, hyper.units.length > 1)
      const h = 1e-5
      for (const name of learned) {
        const value = state[name]!
        // Every third number: the loss is one formula for all of them.
        for (let i = 0; i < value.length; i += 3) {
          const [above, below] = [h, -h].map(
            (shift) =>
              run('feedback', { ...state, [name]: value.with(i, value[i]! + shift) }).metrics[lossOf(name)]![0]!,
          )
          close([(value[i]! - after[name]![i]!) / RATE], [(above! - below!) / (2 * h)], 1e-6, `${name}.${i}`)
        }
      }
    })
})

describe('the golden vectors of the specification', () => {
  /** a sin(1 + 3 i + 5 j + 7 l), rows of outputs, as the specification writes weights; ours are its transpose. */
  const w = (r: number, c: number, l: number, a: number): number[][] =>
    Array.from({ length: r }, (_, i) => Array.from({ length: c }, (_, j) => a * Math.sin(1 + 3 * i + 5 * j + 7 * l)))
  const task = taskOf({ shape: [1, 1, 3], classes: 2, batch: 2 })
  const own = given({ units: [4, 4], rate: 1, inverseRate: 1, noise: 1 }, task)
  const zero = Object.entries(own.state).map(([name, value]): [string, number[]] => [name, value.map(() => 0)])
  const weights = { 'layers.0': w(4, 3, 0, 0.5), 'layers.1': w(4, 4, 1, 0.5), 'layers.2': w(2, 4, 2, 0.5) }
  const state: Numbers = {
    ...Object.fromEntries(zero),
    ...Object.fromEntries(Object.entries(weights).map(([name, m]) => [`${name}.weight`, flip(m).flat()])),
    'inverses.0.weight': flip(w(4, 4, 3, 0.5)).flat(),
  }
  const batch = { x: [0.2, -0.4, 0.1, 0.5, 0.1, -0.3], labels: [0, 1], progress: [0] }
  const within = (actual: readonly number[], expected: number[]): void => {
    // As many digits as are printed.
    assert.equal(actual.length, expected.length)
    actual.forEach((v, i) => {
      assert.ok(Math.abs(v - expected[i]!) < 6e-9, `${actual} is not ${expected}`)
    })
  }

  test('layers: activities, targets, gradients', () => {
    const { activities, targets } = byHand({ ...own, state }, batch)
    within(activities[0]![0]!, [0.08978823, -0.10814895, 0.12429725, -0.13792765])
    within(activities[1]![0]!, [0.03336943, -0.02990848, 0.02584843, -0.02127029])
    within(targets[1]![0]!, [0.13778178, 0.10117115, -0.00419925, -0.16939671])
    within(targets[0]![0]!, [0.19104155, -0.22797489, 0.26023585, -0.28722097])
    const { state: after, metrics } = evaluate(own.traced.steps.forward!, state, batch)
    within(metrics.loss!, [0.7037897])
    const gradientRow = (name: string, inputs: number): number[] =>
      flip(rowsOf(minus([state[name]!], [after[name]!])[0]!, inputs))[0]!
    within(gradientRow('layers.0.weight', 3), [0.01324101, 0.02474435, -0.01899268])
    within(gradientRow('layers.1.weight', 4), [0.01313623, -0.01077675, 0.00819388, -0.00542373])
  })

  test('the inverse: its loss and gradient', () => {
    const noise = Array.from({ length: 8 }, (_, k) => 0.1 * Math.sin(1 + Math.floor(k / 4) + 2 * (k % 4)))
    const feedback = own.traced.steps.feedback!
    const { state: after, metrics } = evaluate(feedback, state, { ...batch, 'noise.layers.0.noise': noise })
    within(metrics['layers.0.inverse']!, [0.19364288])
    const change = minus([state['inverses.0.weight']!], [after['inverses.0.weight']!])[0]!
    within(flip(rowsOf(change, 4))[0]!, [-0.052243, 0.05722415, -0.06105891, 0.06367539])
  })
})

describe('difference targets', () => {
  test('without a first step every target is its activity and no hidden layer moves; in plain form they move', () => {
    for (const topTarget of ['gradient', 'output'] as const)
      for (const hidden of ['tanh', 'sign', 'bernoulli'] as const) {
        const still = (form: 'difference' | 'drl' | 'plain'): boolean => {
          const own = given({ topTarget, hidden, form, step: 0 })
          const { state, metrics } = own.run('forward')
          const moved = ['layers.0.weight', 'layers.1.bias'].flatMap(
            (name) => minus([state[name]!], [own.state[name]!])[0]!,
          )
          return moved.every((v) => Math.abs(v) < 1e-12) && metrics['layers.0.loss']![0]! < 1e-24
        }
        assert.deepEqual(
          [still('difference'), still('drl'), still('plain')],
          [true, true, false],
          `${topTarget} ${hidden}`,
        )
      }
  })

  for (const [name, phi] of [
    ['linear', (u: Tensor) => u],
    ['tanh', (u: Tensor) => u.tanh()],
  ] as const)
    for (const beta of [0.7, 0.1, 1e-3])
      test(`with transposed Jacobians as inverses they give backpropagation, ${name}, step ${beta}`, () => {
        const sizes = [5, 6, 4, 3]
        const weights = sizes.slice(1).map((size, i) => normals(`w${i}`, [sizes[i]!, size]).mul(0.5))
        const h = [normals('x', [7, 5])]
        for (const weight of weights) h.push(phi(h.at(-1)!.matmul(weight)))
        const readout = normals('readout', [3, 4])
        const loss = crossEntropy(h.at(-1)!.matmul(readout), whole(0, 1, 2, 3, 2, 1, 0))
        const slope = (i: number): Tensor => (name === 'tanh' ? constant(1).sub(h[i + 1]!.square()) : constant(1))
        const down = weights
          .slice(1)
          .map((weight, i) => (v: Tensor) => v.mul(slope(i + 1)).matmul(weight, { transposeB: true }))
        const [error] = grad(loss.sum(), [h.at(-1)!])
        const targets = propagateTargets(h.slice(1), h.at(-1)!.sub(error!.mul(beta)), down, 'difference')
        const backpropagated = grad(loss.mean(), weights)
        weights.forEach((weight, i) => {
          const own = phi(h[i]!.stopGradient().matmul(weight))
          const [local] = grad(
            squaredError(own, targets[i]!.stopGradient())
              .mean()
              .mul(0.5 / beta),
            [weight],
          )
          close(numbers(local!), numbers(backpropagated[i]!), 1e-12 / beta, `layer ${i}`)
        })
      })

  test('one hidden layer with a gradient target learns by step times the gradient of backpropagation', () => {
    const own = given({ units: [5], step: 0.3 })
    assert.deepEqual(Object.keys(own.traced.steps), ['forward'])
    const { state } = own.run('forward')
    const lossAt = (i: number, shift: number): number => {
      const value = own.state['layers.0.weight']!
      return own.run('forward', { ...own.state, 'layers.0.weight': value.with(i, value[i]! + shift) }).metrics.loss![0]!
    }
    const h = 1e-5
    const slopes = own.state['layers.0.weight']!.map((_, i) => (lossAt(i, h) - lossAt(i, -h)) / (2 * h))
    const moved = minus([own.state['layers.0.weight']!], [state['layers.0.weight']!])[0]!
    close(
      moved.map((v) => v / RATE / 0.3),
      slopes,
      1e-9,
    )
  })

  test('the update divided by the step converges as the step goes to 0, in first order', () => {
    const updateAt = (step: number): number[] => {
      const own = given({ step })
      const { state } = own.run('forward')
      return minus([own.state['layers.0.weight']!], [state['layers.0.weight']!])[0]!.map((v) => v / step)
    }
    const limit = updateAt(1e-7)
    const [coarse, fine] = [0.02, 0.002].map((step) => distance([updateAt(step)], [limit]))
    assert.ok(coarse! > 1e-6 && Math.abs(coarse! / fine! - 10) < 0.5, `${coarse} ${fine}`)
  })
})

describe('reconstruction losses on a linear chain', () => {
  // Down from 4 to 2 dimensions, then an invertible square. The noise has exactly the identity as its second moment.
  const J = numbers(normals('J', [2, 4]))
  const rows = rowsOf(J, 2)
  const K: [[number, number], [number, number]] = [
    [1.2, 0.3],
    [-0.4, 0.9],
  ]
  const noise = [1, -1].flatMap((s) => [0, 1, 2, 3].map((k) => [0, 1, 2, 3].map((j) => (j === k ? 2 * s : 0))))
  const spread = [2, 1, 0.5, 0.1]
  const h = rowsOf(numbers(normals('h', [8, 4])), 8).map((row) => row.map((v, j) => v * spread[j]!))
  const v = zip((a, b) => a + b, h, noise)
  const C = zip((s) => s / 8, times(flip(v), v))
  const gram = (c: Matrix): number[][] => times(times(rows, c), flip(rows))
  const solution = (c: Matrix): number[][] =>
    times(times(c, flip(rows)), inverse2(gram(c) as [[number, number], [number, number]]))
  const identity = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => Number(i === j)))
  const pseudoinverse = solution(identity)
  const weighted = solution(C)

  const linear = (m: Matrix) => (x: Tensor) => x.matmul(tensor(flip(m)))
  const V = constant(0).broadcastTo([4, 2])
  const lossOf = {
    plain: (G: Tensor): Tensor =>
      reconstructionLoss(tensor(v), linear(rows), (x) => x.matmul(G, { transposeB: true })).mean(),
    difference: (G: Tensor): Tensor => {
      const activities = [tensor(h), linear(rows)(tensor(h)), linear(K)(linear(rows)(tensor(h)))]
      const down = [(x: Tensor) => x.matmul(G, { transposeB: true }), linear(inverse2(K))]
      return differenceReconstructionLoss(0, tensor(v), activities, { up: [linear(rows), linear(K)], down }).mean()
    },
  }
  /** Gradient descent on the interpreter. */
  const minimised = (loss: (G: Tensor) => Tensor, rate: number, steps: number): number[][] => {
    let G: Matrix = rowsOf(numbers(V), 4)
    for (let k = 0; k < steps; k++) {
      const now = tensor(G)
      const [slope] = grad(loss(now), [now])
      G = zip((a, b) => a - rate * b, G, rowsOf(numbers(slope!), 4))
    }
    return G.map((row) => [...row])
  }

  test('the difference reconstruction loss finds the pseudo-inverse', () => {
    assert.ok(distance(minimised(lossOf.difference, 0.05, 400), pseudoinverse) < 0.01)
  })

  test("Lee's loss finds C J^T (J C J^T)^-1 instead, which depends on the data", () => {
    assert.ok(distance(weighted, pseudoinverse) > 0.1)
    assert.ok(distance(minimised(lossOf.plain, 0.02, 3000), weighted) < 0.01)
  })

  test('each has gradient 0 at its own solution alone', () => {
    const slopeAt = (loss: (G: Tensor) => Tensor, G: Matrix): number => {
      const at = tensor(G)
      return Math.max(...numbers(grad(loss(at), [at])[0]!).map(Math.abs))
    }
    for (const [loss, zero, other] of [
      [lossOf.difference, pseudoinverse, weighted],
      [lossOf.plain, weighted, pseudoinverse],
    ] as const) {
      assert.ok(slopeAt(loss, zero) < 1e-12)
      assert.ok(slopeAt(loss, other) > 0.01)
    }
  })
})

test('a linear denoising auto-encoder recovers the score of the smoothed Gaussian', () => {
  // Points and noise with exactly the covariances S and s I: every point with every noise vector.
  const A = [
    [1.1, 0.4],
    [-0.3, 0.6],
  ]
  const s = 0.3
  const S = times(A, flip(A))
  const axes = [1, -1].flatMap((side) => [0, 1].map((k) => [0, 1].map((j) => (j === k ? side * Math.SQRT2 : 0))))
  const pairs = axes.flatMap((a) => axes.map((n) => [times([a], flip(A))[0]!, n.map((x) => x * Math.sqrt(s))] as const))
  const smoothed = S.map((row, i) => row.map((x, j) => x + (i === j ? s : 0))) as [[number, number], [number, number]]
  const best = times(S, inverse2(smoothed))
  const R = tensor(flip(best))
  const loss = (r: Tensor): Tensor =>
    denoisingLoss((x) => x.matmul(r), tensor(pairs.map(([x]) => x)), tensor(pairs.map(([, n]) => n))).mean()
  close(numbers(grad(loss(R), [R])[0]!), [0, 0, 0, 0], 1e-12)
  const other = R.add(0.01)
  assert.ok(numbers(grad(loss(other), [other])[0]!).every((g) => Math.abs(g) > 1e-3))
  const points = [
    [0.3, -1.2],
    [2, 0.1],
  ]
  const moved = zip((r, x) => (r - x) / s, times(points, flip(best)), points)
  const score = zip((x) => -x, times(points, flip(inverse2(smoothed))))
  close(moved.flat(), score.flat(), 1e-12)
})

test('training the inverses leaves the layers as they are, bit for bit, and the reverse', () => {
  for (const options of VARIANTS) {
    const own = given({ ...options, optimizer: 'adam' })
    const isForward = (name: string): boolean => /^(optimizers\.)?layers\./.test(name)
    for (const step of ['feedback', 'forward'] as const) {
      const { state } = own.run(step)
      for (const name of Object.keys(state)) {
        const kept = isForward(name) === (step === 'feedback')
        const port = own.traced.steps[step]!.state.find((entry) => entry.name === name)!
        assert.equal(port.input === port.output, kept, `${step}: ${name}`)
        if (kept) assert.deepEqual(state[name], own.state[name])
      }
    }
  }
})

test('where the prediction is the label, the label auto-encoder asks for nothing; in plain form it does', () => {
  const moved = (form: 'difference' | 'plain'): number => {
    const task = taskOf({ batch: 2 })
    const own = given({ topTarget: 'label-autoencoder', form }, task)
    // Scores so far apart that the softmax is exactly one-hot in float64; labels of the batch are 1 and 2.
    const bias = 'layers.3.bias'
    const certain = {
      ...own.state,
      [bias]: [0, 5000, 0],
      'layers.3.weight': own.state['layers.3.weight']!.map(() => 0),
    }
    const batch = { ...batchFor(own.traced.steps.forward!, task, 1), labels: [1, 1] }
    const { state } = evaluate(own.traced.steps.forward!, certain, batch)
    return Math.max(
      ...[0, 1, 2].flatMap((i) =>
        minus([state[`layers.${i}.weight`]!], [own.state[`layers.${i}.weight`]!])[0]!.map(Math.abs),
      ),
    )
  }
  assert.ok(moved('difference') < 1e-12)
  assert.ok(moved('plain') > 1e-3)
})

test('discrete units: signs are exact, samples are 1 with their probability, predictions pass means up', () => {
  assert.deepEqual(numbers(sign(constant([-3, -1e-12, 0, 1e-12, 0.7]))), [-1, -1, 0, 1, 1])
  const u = constant(Float64Array.from({ length: 1000 }, (_, i) => i / 1000))
  for (const p of [0, 0.25, 1]) close(numbers(bernoulli(constant(p).broadcastTo([1000]), u).mean()), [p])
  const { traced, state, task } = given({ hidden: 'bernoulli' })
  const { x } = batchFor(traced.predict, task)
  const logistic = (m: Matrix) => zip((v) => 1 / (1 + Math.exp(-v)), m)
  const means = [0, 1, 2].reduce((below: Matrix, i) => logistic(affine(state, `layers.${i}`, below)), rowsOf(x!, 4))
  close(evaluate(traced.predict, state, { x: x! }).metrics.scores!, affine(state, 'layers.3', means).flat())
})

test('the noise of the inverses falls as noise / (1 + decay progress)', () => {
  const own = given({ noise: 0.5, noiseDecay: 10 })
  const feedback = own.traced.steps.feedback!
  const batch = batchFor(feedback, own.task, 1)
  const drawn = batch['noise.layers.0.noise']!
  const scaled = evaluate(given({ noise: 1 }).traced.steps.feedback!, own.state, {
    ...batch,
    ...Object.fromEntries(
      Object.entries(batch).flatMap(([name, z]) => (/\.noise$/.test(name) ? [[name, z.map((n) => n / 4)]] : [])),
    ),
  })
  assert.ok(drawn.length > 0 && batch.progress![0] === 0.1)
  close(evaluate(feedback, own.state, batch).metrics['layers.0.inverse']!, scaled.metrics['layers.0.inverse']!)
})

test('the difference reconstruction loss is one over the squared noise, and damped by lambda / 2 || V ||^2', () => {
  const lossOf = (options: Options, scale: number): number => {
    const own = given({ form: 'drl', topTarget: 'output', ...options })
    const feedback = own.traced.steps.feedback!
    const batch = Object.entries(batchFor(feedback, own.task)).map(([name, z]) => [
      name,
      name.startsWith('noise') ? z.map((n) => n * scale) : z,
    ])
    return evaluate(feedback, own.state, Object.fromEntries(batch)).metrics['layers.1.inverse']![0]!
  }
  const [loose, strict] = [lossOf({ noise: 1 }, 0.5), lossOf({ noise: 0.5 }, 1)]
  close([strict], [4 * loose])
  const weight = given({}).state['inverses.1.weight']!
  close([lossOf({ noise: 0.5, inverseDecay: 0.2 }, 1) - strict], [0.1 * weight.reduce((sum, v) => sum + v * v, 0)])
})

test('inverses and layers take turns by batch or by epoch, after a pretraining of the inverses', () => {
  const at = (options: Options): string[] => {
    const hyper = targetPropagation.hyper.parse(options)
    return [0, 1, 2, 3].map((epoch) => targetPropagation.schedule!(epoch, 0, hyper, 0).join('+'))
  }
  assert.deepEqual(at({ pretraining: 1 }), ['feedback', ...Array(3).fill('feedback+forward')])
  assert.deepEqual(at({ pretraining: 1, alternate: 'epoch' }), ['feedback', 'feedback', 'forward', 'feedback'])
  assert.deepEqual(at({ units: [5] }), Array(4).fill('forward'))
  assert.deepEqual(at({ units: [5], topTarget: 'label-autoencoder' }), Array(4).fill('feedback+forward'))
})

describe('the certificate', () => {
  const rowsFor = (options: Options) => {
    const { layers } = certifyRule(
      targetPropagation,
      taskOf(),
      targetPropagation.hyper.parse({ ...SIMPLE, ...options }),
    )
    return Object.fromEntries(layers.map((layer) => [layer.name, layer]))
  }
  for (const hidden of ['tanh', 'sign', 'bernoulli'] as const)
    test(`names the learned feedback, and weights read backwards where they are: ${hidden}`, () => {
      for (const [topTarget, transport] of [
        ['gradient', true],
        ['output', false],
        ['label-autoencoder', false],
      ] as const) {
        const rows = rowsFor({ topTarget, hidden })
        const { reads } = rows['layer 0']!
        assert.ok(['inverses.0.weight', 'inverses.1.weight'].every((name) => reads.feedback.includes(name)))
        assert.equal(reads.feedback.includes('autoencoder.decoder.weight'), topTarget === 'label-autoencoder')
        for (const layer of ['layer 0', 'layer 1', 'layer 2'])
          assert.equal(rows[layer]!.reads.transport, transport, layer)
        assert.deepEqual(rows['inverse of layer 1']!.reads.feedback, [])
        assert.equal(rows['inverse of layer 1']!.reads.labels, 'none')
        for (const { window, depth, name } of Object.values(rows))
          assert.deepEqual([window, depth], [1, name === 'label auto-encoder' ? 2 : 1], name)
      }
    })

  test('of the difference reconstruction loss: inverses hear from everything above them', () => {
    const rows = rowsFor({ form: 'drl', topTarget: 'output' })
    const { reads, window } = rows['inverse of layer 1']!
    assert.equal(window, 1)
    assert.ok(
      ['inverses.1.weight', 'layers.2.weight', 'layers.3.weight'].every((name) => reads.feedback.includes(name)),
    )
    assert.equal(reads.transport, false)
  })
})

describe('trained on glyphs', () => {
  const data = makeDataSet('glyphs')
  /** The accuracy on test images, and the cosines of the angles between inverses and transposed forward weights. */
  async function trained(hyper: Options, epochs: number): Promise<{ accuracy: number; cosines: number[] }> {
    const { saved, saveCheckpoint, last } = keeper()
    const options = { epochs, batch: 100, threads: 1, validation: 0 }
    const platform = { compile, saveCheckpoint }
    const wishes = { rate: 0.003, outputRate: 0.003, inverseRate: 0.003, ...hyper }
    const events = await collect(train({ rule: targetPropagation, data, platform, hyper: wishes, options }))
    assert.ok(saved.length > 0)
    const state = numbersOf(last())
    const cosines = hyper.units!.slice(1).map((size, i) => {
      const V = state[`inverses.${i}.weight`]!
      const W = flip(rowsOf(state[`layers.${i + 1}.weight`]!, hyper.units![i]!)).flat()
      assert.equal(V.length, size * hyper.units![i]!)
      const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, k) => sum + v * b[k]!, 0)
      return dot(V, W) / Math.sqrt(dot(V, V) * dot(W, W))
    })
    return { accuracy: ofKind(events, 'done')[0]!.testAccuracy!, cosines }
  }

  test('difference targets reach 93 %, their inverses lie below 60 degrees from the transposed weights', async () => {
    const { accuracy, cosines } = await trained({ units: [128, 128] }, 6)
    assert.ok(accuracy > 0.93, `${accuracy}`)
    for (const cosine of cosines) assert.ok(cosine > Math.cos(Math.PI / 3), `${cosine}`)
  })

  test('the plain form fails where the difference form learns: four layers', async () => {
    const units = [64, 64, 64, 64]
    const [plain, difference] = [await trained({ units, form: 'plain' }, 3), await trained({ units }, 3)]
    assert.ok(plain.accuracy < 0.5, `${plain.accuracy}`)
    assert.ok(difference.accuracy > 0.88, `${difference.accuracy}`)
  })

  test('label auto-encoder: the plain form collapses, the difference form passes 92 %', async () => {
    const own: Options = { units: [128, 128], topTarget: 'label-autoencoder', autoencoderUnits: 128 }
    const [plain, difference] = [await trained({ ...own, form: 'plain' }, 2), await trained(own, 6)]
    assert.ok(plain.accuracy < 0.3, `${plain.accuracy}`)
    assert.ok(difference.accuracy > 0.92, `${difference.accuracy}`)
  })
})
