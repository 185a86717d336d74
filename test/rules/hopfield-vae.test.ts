// The reconstruction's acceptance tests (1.9) and its check of the gradients (1.7), in float64.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UserError } from '../../src/errors.js'
import { constant, type Tensor } from '../../src/graph/index.js'
import {
  type Clamping,
  clamp,
  contrastGradients,
  contrasts,
  inputGradient,
  type Network,
  type States,
} from '../../src/nn/hopfield.js'
import { LINEAR, LOGISTIC } from '../../src/nn/units.js'
import { certifyRule } from '../../src/rules/certify.js'
import type { Task } from '../../src/rules/contract.js'
import { hopfieldVae } from '../../src/rules/hopfield-vae/hopfield-vae.js'
import { traceRule } from '../../src/rules/trace.js'
import { checkSettings } from '../../src/train/settings.js'
import { normals, numbers } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers, rowsOf, taskOf } from './harness.js'
import { logistic, type Matrix, softplus } from './plain.js'

type Options = Readonly<Record<string, unknown>>

/** Seven pixels, six hidden units, two latent ones, settled until nothing moves. */
const SMALL: Options = { hidden: 6, latent: 2, freeSweeps: 50, nudgedSweeps: 30, damping: 0.25 }
const sevenPixels = (batch = 2): Task => taskOf({ shape: [1, 1, 7], batch })

/** Weights of a size at which the units are neither dead nor saturated, biases of every layer. */
function given(options: Options, task = sevenPixels(), scale = 0.4) {
  const hyper = checkSettings(hopfieldVae.hyper, { ...SMALL, ...options }, 'hopfield-vae')
  const traced = traceRule(hopfieldVae, task, hyper)
  const start = Object.entries(initialState(traced)).map(([name, at]): [string, readonly number[]] => {
    if (name.startsWith('optimizer')) return [name, at]
    return [name, numbers(normals(name, [at.length]).mul(name.endsWith('bias') ? 0.2 : scale))]
  })
  const joint = traced.steps.joint!
  return { hyper, traced, task, joint, state: Object.fromEntries(start) as Numbers, batch: batchFor(joint, task, 1) }
}

const isInert = (name: string): boolean => /^(encoder\.visible\.|decoder\.latent\.(bias|latent)$)/.test(name)
const parametersOf = (state: Numbers): string[] => Object.keys(state).filter((name) => !name.startsWith('optimizer'))

/** Adam's first moment after one step from zero is the gradient. */
function gradientsOf({ joint, state, batch }: ReturnType<typeof given>): Record<string, readonly number[]> {
  const { state: after } = evaluate(joint, state, batch)
  const learned = parametersOf(state).filter((name) => !isInert(name))
  return Object.fromEntries(learned.map((name, i) => [name, after[`optimizer.first.${i}`]!]))
}

const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0)
const mean = (a: readonly number[]): number => a.reduce((sum, v) => sum + v, 0) / a.length

/** The mean loss over the batch at some weights, with the noise of the step. */
function lossAt({ traced, batch, state }: ReturnType<typeof given>, moved: Numbers, klWeight: number): number {
  const { metrics } = evaluate(traced.predict, { ...state, ...moved }, { ...batch })
  return mean(metrics['figures.J']!) - (1 - klWeight) * mean(metrics['figures.KL']!)
}

/**
 * Of every tensor, the slope of the loss along a random direction less what the step's gradient says of it, relative to
 * the gradient's length, which is what such a slope is large as.
 */
function slopeErrors(own: ReturnType<typeof given>, klWeight = 1): Record<string, number> {
  const h = 1e-5
  const errors = Object.entries(gradientsOf(own)).map(([name, gradient]): [string, number] => {
    const direction = numbers(normals(`direction of ${name}`, [gradient.length]))
    const moved = (t: number) => ({ [name]: own.state[name]!.map((v, i) => v + t * direction[i]!) })
    const expected = (lossAt(own, moved(h), klWeight) - lossAt(own, moved(-h), klWeight)) / (2 * h)
    return [name, Math.abs(dot(gradient, direction) - expected) / Math.sqrt(dot(gradient, gradient))]
  })
  return Object.fromEntries(errors)
}

/** beta = 1e-4: the nudge is beta / sigma_x^2, or beta itself. */
const GENTLE = { nudge: 1e-4 / 0.31 ** 2, encoderNudge: 1e-3 }

describe('gradients are those of the loss at the equilibria, at beta 1e-4', () => {
  const cases: Record<string, Options> = {
    F: { variant: 'F' },
    H: { variant: 'H' },
    TH: { variant: 'TH' },
    DH: { variant: 'DH' },
    TDH: { variant: 'TDH' },
    'H, three latent units, mixed force': { variant: 'H', latent: 3, encoderForce: 'mixed' },
    'DH, coupled latent units, mixed force': { variant: 'DH', latentCouplings: true, encoderForce: 'mixed' },
    'TDH, coupled latent units, a KL that warms up': { variant: 'TDH', latentCouplings: true, klWarmup: 0.5 },
    'TH, mixed force, a KL that warms up': { variant: 'TH', encoderForce: 'mixed', klWarmup: 0.5 },
    'F, learned variance, Bernoulli': { variant: 'F', variance: 'learned', decoder: 'bernoulli' },
    'H, learned variance': { variant: 'H', variance: 'learned' },
    'H, Bernoulli, mixed force': { variant: 'H', decoder: 'bernoulli', encoderForce: 'mixed', nudge: 1e-4 },
    'H, learned variance, Bernoulli': { variant: 'H', variance: 'learned', decoder: 'bernoulli', nudge: 1e-4 },
    'DH, learned variance, mixed force': { variant: 'DH', variance: 'learned', encoderForce: 'mixed' },
    'DH, learned variance, Bernoulli': { variant: 'DH', variance: 'learned', decoder: 'bernoulli', nudge: 1e-4 },
  }
  for (const [name, options] of Object.entries(cases))
    test(name, () => {
      // Linear visible units that are coupled settle only while their couplings are weak.
      const own = given(
        { ...GENTLE, ...options },
        sevenPixels(),
        name.startsWith('D') || name.startsWith('TD') ? 0.08 : 0.15,
      )
      const warm = options.klWarmup ? 0.1 + (0.9 * own.batch.progress![0]!) / 0.5 : 1
      for (const [tensor, error] of Object.entries(slopeErrors(own, warm)))
        assert.ok(error < 1e-4, `${tensor}: ${error}`)
    })
})

/** A network of constants, layered or with everything coupled. */
function networkOf(layered: boolean, scale: number): Network {
  const couplings = (name: string, shape: readonly number[]): Tensor => normals(name, shape).mul(scale)
  return {
    visible: { bias: couplings('bias v', [7]), ...(!layered && { visible: couplings('vv', [3, 7]) }) },
    hidden: {
      bias: couplings('bias h', [6]),
      visible: couplings('vh', [7, 6]),
      ...(!layered && { hidden: couplings('hh', [3, 5]) }),
    },
    latent: {
      bias: couplings('bias l', [2]),
      hidden: couplings('hl', [6, 2]),
      ...(!layered && { visible: couplings('vl', [7, 2]) }),
    },
  }
}

const clamping = (clamped: 'visible' | 'latent', value: Tensor, damping: number): Clamping =>
  clamped === 'visible'
    ? { clamped, value, output: 'latent', units: LINEAR, damping }
    : { clamped, value, output: 'visible', units: LOGISTIC, damping }

const PIXELS = normals('x', [1, 7]).sigmoid()
const CODE = normals('z', [1, 2])

const times = (matrix: Matrix, x: readonly number[]): number[] => matrix.map((row) => dot(row, x))
const transposed = (matrix: Matrix): Matrix => matrix[0]!.map((_, j) => matrix.map((row) => row[j]!))

/** E of a layered network in plain numbers: logistic units but for linear latent ones. */
function energyOf(network: Network, v: readonly number[], h: readonly number[], l: readonly number[]): number {
  const entropy = (s: number): number => (s > 0 && s < 1 ? s * Math.log(s) + (1 - s) * Math.log(1 - s) : 0)
  // The integral of the inverse of f(a) = logistic(4 a - 2).
  const ofLogistic = (s: number): number => entropy(s) / 4 + s / 2
  const own = [...v, ...h].reduce((sum, s) => sum + ofLogistic(s), 0) + dot(l, l) / 2
  const [vh, hl] = [network.hidden.visible!, network.latent.hidden!].map((w) => rowsOf(numbers(w), w.shape[0]!))
  const coupled = dot(times(vh!, h), v) + dot(times(hl!, l), h)
  const biased = (['visible', 'hidden', 'latent'] as const).map((layer, i) =>
    dot(numbers(network[layer].bias), [v, h, l][i]!),
  )
  return own - coupled - biased.reduce((a, b) => a + b, 0)
}

const statesOf = ({ hidden, output }: States): [number[], number[]] => [numbers(hidden), numbers(output)]

describe('settling', () => {
  for (const clamped of ['visible', 'latent'] as const)
    test(`no sweep of a layered network raises its energy: ${clamped} clamped`, () => {
      const network = networkOf(true, 0.8)
      const settles = clamp(network, clamping(clamped, clamped === 'visible' ? PIXELS : CODE, 0))
      const [x, z] = [numbers(PIXELS), numbers(CODE)]
      const energies = Array.from({ length: 15 }, (_, i) => {
        const [h, out] = statesOf(settles.free(i + 1))
        return clamped === 'visible' ? energyOf(network, x, h, out) : energyOf(network, out, h, z)
      })
      for (const [i, energy] of energies.slice(1).entries()) assert.ok(energy <= energies[i]! + 1e-9, `${energies}`)
      assert.ok(energies[0]! - energies.at(-1)! > 1e-3, 'nothing settled')
    })

  test('no sweep of a nudged layered decoder raises its energy, the pull included; the pull is felt', () => {
    const network = networkOf(true, 0.8)
    const settles = clamp(network, clamping('latent', CODE, 0))
    const [x, z] = [numbers(PIXELS), numbers(CODE)]
    const target = rowsOf([...x, ...x], 2)
    const free = settles.free(1)
    const cost = (v: readonly number[]): number => v.reduce((sum, s, i) => sum + (s - x[i]!) ** 2, 0) / 2
    const beta = 0.4
    const pull = (v: Tensor, sign: Tensor): Tensor => constant(target.flat(), [2, 7]).sub(v).mul(sign.mul(beta))
    for (const side of ['plus', 'minus'] as const) {
      const energies = Array.from({ length: 15 }, (_, i) => {
        const [h, v] = statesOf(settles.nudged(free, i + 1, pull, 0.5)[side])
        return energyOf(network, v, h, z) + (side === 'plus' ? beta : -beta) * cost(v)
      })
      for (const [i, energy] of energies.slice(1).entries()) assert.ok(energy <= energies[i]! + 1e-9, `${energies}`)
    }
    const settled = settles.free(100)
    const { plus, minus } = settles.nudged(settled, 100, pull, 0.5)
    const [lower, middle, higher] = [plus, settled, minus].map(({ output }) => cost(numbers(output)))
    assert.ok(lower! < middle! - 1e-3 && middle! < higher! - 1e-3, `${lower}, ${middle}, ${higher}`)
  })

  test('where nothing moves, every unit answers its own current: dense, coupled within layers too', () => {
    const network = networkOf(false, 0.15)
    const { hidden, output } = clamp(network, clamping('latent', CODE, 0.5)).free(300)
    const [h, v, z] = [numbers(hidden), numbers(output), numbers(CODE)]
    const matrix = (w: Tensor): Matrix => rowsOf(numbers(w), w.shape[0]!)
    const [vh, hl, vl] = [network.hidden.visible!, network.latent.hidden!, network.latent.visible!].map(matrix)
    const within = (layer: 'visible' | 'hidden', n: number): Matrix => pairs(numbers(network[layer][layer]!), n)
    const sum = (...parts: number[][]): number[] => parts[0]!.map((_, i) => parts.reduce((a, p) => a + p[i]!, 0))
    const toHidden = sum(
      times(transposed(vh!), v),
      times(hl!, z),
      times(within('hidden', 6), h),
      numbers(network.hidden.bias),
    )
    const toVisible = sum(times(vh!, h), times(vl!, z), times(within('visible', 7), v), numbers(network.visible.bias))
    const f = (a: number): number => logistic(4 * a - 2)
    for (const [s, a] of [...h.map((s, i) => [s, toHidden[i]!]), ...v.map((s, i) => [s, toVisible[i]!])] as [
      number,
      number,
    ][])
      assert.ok(Math.abs(s - f(a)) < 1e-10, `${s} is not ${f(a)}`)
  })

  test('damping keeps that part of the old state', () => {
    const network = networkOf(false, 0.5)
    const [one, none] = [0.3, 0].map((damping) =>
      numbers(clamp(network, clamping('latent', CODE, damping)).free(1).hidden),
    )
    for (const [i, s] of one!.entries()) assert.ok(Math.abs(s - 0.7 * none![i]!) < 1e-12)
  })
})

/** Packed couplings as a matrix, by the layout's own words: row `first + q`, and behind it the row that fills it up. */
function pairs(packed: readonly number[], n: number): Matrix {
  const rows = Math.floor(n / 2)
  const width = packed.length / rows
  const matrix: Matrix = Array.from({ length: n }, () => Array<number>(n).fill(0))
  const put = (i: number, j: number, w: number): void => {
    matrix[i]![j] = w
    matrix[j]![i] = w
  }
  for (let q = 0; q < rows; q++) {
    const [row, other] = [n - rows + q, rows - 1 - q + (n % 2)]
    for (let c = 0; c < width; c++) {
      const w = packed[q * width + c]!
      if (c < row) put(row, c, w)
      else put(other, width - 1 - c, w)
    }
  }
  return matrix
}

describe('the input gradient', () => {
  const costAt = (network: Network, z: readonly number[], damping: number): number => {
    const v = numbers(clamp(network, clamping('latent', constant(z, [1, 2]), damping)).free(200).output)
    return v.reduce((sum, s, i) => sum + (s - numbers(PIXELS)[i]!) ** 2, 0) / 2
  }
  const estimate = (network: Network, damping: number, beta: number): { z: number[]; bias: readonly number[] } => {
    const own = clamping('latent', CODE, damping)
    const settles = clamp(network, own)
    const target = constant([...numbers(PIXELS), ...numbers(PIXELS)], [2, 7])
    const pair = settles.nudged(settles.free(200), 200, (v, sign) => target.sub(v).mul(sign.mul(beta)), 0.5)
    const found = contrasts(own, pair, 1 / (2 * beta))
    return {
      z: numbers(inputGradient(network, 'latent', found)),
      bias: numbers(contrastGradients(network, found)['hidden.bias']!),
    }
  }
  for (const [name, layered, damping] of [
    ['layered', true, 0],
    ['dense', false, 0.5],
  ] as const) {
    const network = networkOf(layered, 0.2)
    const z = numbers(CODE)
    const h = 1e-5
    const expected = z.map((_, i) => {
      const [above, below] = [h, -h].map((t) => costAt(network, z.with(i, z[i]! + t), damping))
      return (above! - below!) / (2 * h)
    })
    test(`is that of the cost at the equilibrium, within 1e-4 at beta 1e-4: ${name}`, () => {
      const found = estimate(network, damping, 1e-4).z
      for (const [i, slope] of expected.entries())
        assert.ok(Math.abs(found[i]! - slope) < 1e-4 * Math.hypot(...expected), `${found} is not ${expected}`)
    })
    test(`and its bias falls with the square of beta: ${name}`, () => {
      const [one, half] = [0.2, 0.1].map((beta) => estimate(network, damping, beta).z.map((g, i) => g - expected[i]!))
      const ratio = Math.hypot(...one!) / Math.hypot(...half!)
      assert.ok(ratio > 3.6 && ratio < 4.4, `half of beta leaves 1/${ratio} of the bias`)
    })
  }
})

test('a step says what it measured: closed forms in plain numbers', () => {
  for (const options of [
    { variant: 'F' },
    { variant: 'H', freeSweeps: 1 },
    { variant: 'F', variance: 'learned', decoder: 'bernoulli' },
  ]) {
    const { traced, state, batch, joint } = given({ sigmaZ: 0.4, sigmaX: 0.5, ...options })
    const f = (a: number): number => logistic(4 * a - 2)
    const at = (name: string): readonly number[] => state[name]!
    const plus = (a: number[], b: readonly number[]): number[] => a.map((s, i) => s + b[i]!)
    const images = rowsOf(batch.x!, 2)
    const plain = images.map((x, row) => {
      const h = plus(times(transposed(rowsOf(at('encoder.hidden.visible'), 7)), x), at('encoder.hidden.bias')).map(f)
      const l = plus(times(transposed(rowsOf(at('encoder.latent.hidden'), 6)), h), at('encoder.latent.bias'))
      const mu = l.slice(0, 2)
      const lambda = options.variance ? l.slice(2) : [2 * Math.log(0.4), 2 * Math.log(0.4)]
      const noise = rowsOf(batch['noise.posterior']!, 2)[row]!
      const z = mu.map((m, i) => m + Math.exp(lambda[i]! / 2) * noise[i]!)
      const g = plus(times(rowsOf(at('decoder.latent.hidden'), 6), z), at('decoder.hidden.bias')).map(f)
      const a = plus(times(rowsOf(at('decoder.hidden.visible'), 7), g), at('decoder.visible.bias'))
      const drawn = a.map(options.decoder ? logistic : f)
      const SE = drawn.reduce((sum, p, i) => sum + (p - x[i]!) ** 2, 0)
      const KL = mu.reduce((sum, m, i) => sum + (m * m + Math.exp(lambda[i]!) - 1 - lambda[i]!) / 2, 0)
      const C = options.decoder ? a.reduce((sum, t, i) => sum + softplus(t) - x[i]! * t, 0) : SE / (2 * 0.5 ** 2)
      return { SE, KL, J: C + KL }
    })
    const figures = evaluate(traced.predict, state, batch).metrics
    const { metrics } = evaluate(joint, state, batch)
    for (const name of ['SE', 'KL', 'J'] as const) {
      const own = plain.map((image) => image[name])
      own.forEach((v, i) => {
        assert.ok(Math.abs(figures[`figures.${name}`]![i]! - v) < 1e-9 * Math.abs(v), `${name} of image ${i}`)
      })
      assert.ok(Math.abs(metrics[name]![0]! - mean(own)) < 1e-9 * Math.abs(mean(own)), name)
    }
  }
})

test('unsettled is what twice as many sweeps change in the squared error', () => {
  const [short, long] = [3, 6].map((freeSweeps) => {
    const { traced, state, batch } = given({ variant: 'DH', freeSweeps, damping: 0.5 })
    return evaluate(traced.predict, state, batch).metrics
  })
  short!['figures.unsettled']!.forEach((share, i) => {
    const [before, after] = [short!['figures.SE']![i]!, long!['figures.SE']![i]!]
    assert.ok(share > 1e-6 && Math.abs(share - Math.abs(after - before) / before) < 1e-9)
  })
})

describe('tied networks', () => {
  const MNIST: Task = taskOf({ shape: [1, 28, 28], batch: 2 })
  const count = (variant: string, options: Options = {}): number => {
    const hyper = hopfieldVae.hyper.parse({ variant, ...options })
    const { state } = traceRule(hopfieldVae, MNIST, hyper).predict
    const { blocks } = hopfieldVae.locality(MNIST, hyper)
    const paths = blocks.flatMap(({ parameters }) => parameters)
    const own = state.filter(({ name }) => paths.some((path) => name.startsWith(`${path}.`)))
    return own.reduce((sum, { input }) => sum + input.size, 0)
  }

  test('have half the parameters', () => {
    const layered = 784 * 256 + 256 * 16 + (784 + 256 + 16)
    assert.deepEqual([count('TH'), count('H'), count('F')], [layered, 2 * layered, 2 * layered])
    const dense = count('TDH')
    assert.equal(count('DH'), 2 * dense)
    // All pairs of units but those of two latent ones, and then those too.
    assert.equal(dense, (1056 * 1055) / 2 - (16 * 15) / 2 + 1056)
    assert.equal(count('TDH', { latentCouplings: true }), (1056 * 1055) / 2 + 1056)
  })

  for (const variant of ['TH', 'TDH'])
    test(`one weight changes both ways: ${variant}`, () => {
      const { traced, state, batch } = given({ variant })
      const other = { ...state, 'network.hidden.visible': state['network.hidden.visible']!.with(9, 1) }
      const [before, after] = [state, other].map((own) => ({
        KL: evaluate(traced.predict, own, batch).metrics['figures.KL']!,
        drawn: evaluate(traced.picture('prior'), own, batchFor(traced.picture('prior'), sevenPixels(), 1)).metrics
          .images!,
      }))
      assert.ok(before!.KL.some((v, i) => Math.abs(v - after!.KL[i]!) > 1e-6))
      assert.ok(before!.drawn.some((v, i) => Math.abs(v - after!.drawn[i]!) > 1e-6))
    })

  test('have no units for a learned variance or for logits', () => {
    const check = (options: Options) => () => checkSettings(hopfieldVae.hyper, options, 'hopfield-vae')
    for (const variant of ['TH', 'TDH']) {
      assert.throws(
        check({ variant, variance: 'learned' }),
        (e) => e instanceof UserError && /^variance of .*tied/.test(e.message),
      )
      assert.throws(
        check({ variant, decoder: 'bernoulli' }),
        (e) => e instanceof UserError && /^decoder of .*tied/.test(e.message),
      )
    }
    check({ variant: 'H', variance: 'learned', decoder: 'bernoulli' })()
  })
})

test('what only clamped units share is never taught, everything else is', () => {
  for (const variant of ['H', 'DH', 'TDH']) {
    const own = given({ variant, latentCouplings: true })
    const { state: after } = evaluate(own.joint, own.state, own.batch)
    for (const name of parametersOf(own.state)) {
      const still = own.state[name]!.every((v, i) => v === after[name]![i]!)
      assert.equal(still, isInert(name), `${variant}: ${name}`)
    }
  }
})

test('the certificate names the feedback that comes back through the couplings', () => {
  const rows = (variant: string) =>
    certifyRule(hopfieldVae, sevenPixels(), hopfieldVae.hyper.parse({ ...SMALL, variant })).layers.map(
      ({ name, window, reads }) => ({ name, window, ...reads }),
    )
  for (const variant of ['H', 'TH', 'DH', 'TDH']) {
    const all = rows(variant)
    for (const { window, labels } of all) assert.deepEqual([window, labels], [1, 'none'])
    assert.ok(all.slice(0, -1).every(({ feedback }) => feedback.length > 0))
    assert.deepEqual(all.at(-1)!.feedback, [])
    assert.ok(all[0]!.transport, 'the couplings carry both ways')
  }
  assert.deepEqual(
    rows('F').map(({ window }) => window),
    [4, 3, 2, 1],
  )
})

describe('pictures', () => {
  const { traced, state, task, hyper } = given({ variant: 'DH', freeSweeps: 20 })
  const draw = (name: string, batch: Numbers = batchFor(traced.picture(name), task, 1)): Matrix => {
    const graph = traced.picture(name)
    const { images } = evaluate(graph, state, batch).metrics
    return rowsOf(images!, graph.metrics[0]!.output.shape[0]!)
  }
  test('prior samples come from noise alone, as many as there are images', () => {
    const batch = batchFor(traced.picture('prior'), task, 1)
    const one = draw('prior', batch)
    assert.equal(one.length, task.batch)
    assert.deepEqual(draw('prior', { ...batch, x: batch.x!.map(() => 0.5) }), one)
    assert.notDeepEqual(draw('prior', { ...batch, 'noise.prior': batch['noise.prior']!.map((v) => -v) }), one)
  })
  test('reconstructions begin with the images', () => {
    const batch = batchFor(traced.picture('reconstructions'), task, 1)
    const rows = draw('reconstructions', batch)
    assert.deepEqual(rows.slice(0, task.batch), rowsOf(batch.x!, task.batch))
    assert.equal(rows.length, 2 * task.batch)
  })
  test('a settling network ends near its reconstruction, and a traversal passes through zero', () => {
    const { columns } = hopfieldVae.pictures!(task, hyper as never).settling!
    const [first, settling] = [draw('reconstructions')[task.batch]!, draw('settling').slice(1, columns)]
    assert.deepEqual(draw('settling')[0], draw('reconstructions')[0])
    const distance = (image: readonly number[]): number => Math.hypot(...image.map((p, i) => p - first[i]!))
    assert.ok(distance(settling.at(-1)!) < 1e-3 && distance(settling[0]!) > 10 * distance(settling.at(-1)!))
    const traversals = draw('traversals')
    assert.equal(traversals.length, 2 * 9)
    assert.ok(Math.hypot(...traversals[0]!.map((p, i) => p - traversals[8]![i]!)) > 1e-3)
  })
})
