import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UserError } from '../../src/errors.js'
import { certifyRule } from '../../src/rules/certify.js'
import type { Task } from '../../src/rules/contract.js'
import { traceRule } from '../../src/rules/trace.js'
import { isLossPoint, type TrifectaHyper, trifecta } from '../../src/rules/trifecta/trifecta.js'
import { close, normals, numbers } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers, rowsOf, taskOf } from './harness.js'
import { mean, softplus } from './plain.js'

const CLASSES = 3
const IMAGES = 3
const BLOCKS = [0, 1, 2, 3, 4, 5]
const POOLED = [0, 2, 5]
const SMALL: Partial<TrifectaHyper> = { width: 0.02, rate: 0.01 }
const task = taskOf({ shape: [2, 8, 8], batch: IMAGES })

/** A network whose gains, biases and running statistics are not those of the beginning. */
function given(options: Partial<TrifectaHyper> = {}, own: Task = task) {
  const hyper = trifecta.hyper.parse({ ...SMALL, ...options })
  const traced = traceRule(trifecta, own, hyper)
  const state: Numbers = Object.fromEntries(
    Object.entries(initialState(traced)).map(([name, values]): [string, readonly number[]] => {
      const noise = (): number[] => numbers(normals(name, [values.length]).mul(0.2))
      if (/\.(gain|bias|mean)$/.test(name)) return [name, noise().map((v, i) => v + values[i]!)]
      return name.endsWith('.variance') ? [name, noise().map((v) => Math.exp(v))] : [name, values]
    }),
  )
  const step = (name: string) => {
    const graph = traced.steps[name]!
    const batch = batchFor(graph, own, 1)
    return {
      graph,
      batch,
      after: evaluate(graph, state, batch),
      loss: (s: Numbers) => evaluate(graph, s, batch).metrics,
    }
  }
  return { hyper, traced, state, step }
}

const isSame = (a: readonly number[], b: readonly number[]): boolean => a.every((v, i) => v === b[i])
const namesUnder = (state: Numbers, path: string): string[] =>
  Object.keys(state).filter((name) => name === path || name.startsWith(`${path}.`))
const movedUnder = (before: Numbers, after: Numbers, path: string): boolean =>
  namesUnder(before, path).some((name) => !isSame(before[name]!, after[name]!))

describe('sizes', () => {
  for (const [size, shape, count] of [
    ['small', [3, 32, 32], 2_818_568],
    ['small', [1, 28, 28], 2_813_860],
    ['large', [3, 32, 32], 8_496_520],
    ['large', [1, 28, 28], 8_492_964],
  ] as const)
    test(`the ${size} network has ${count} parameters for images of ${shape.join(' x ')}`, () => {
      const own = taskOf({ shape, classes: 10, batch: 1 })
      const hyper = trifecta.hyper.parse({ size, width: 1 })
      const { metrics } = traceRule(trifecta, own, hyper).init
      const learned = trifecta.locality(own, hyper).blocks.flatMap(({ parameters }) => parameters)
      const sizes = metrics
        .filter(({ name }) => learned.some((path) => name === path || name.startsWith(`${path}.`)))
        .map(({ output }) => output.size)
      assert.equal(
        sizes.reduce((a, b) => a + b),
        count,
      )
    })

  test('the width is a factor on channels, rounded, and leaves the image alone', () => {
    for (const width of [0.5, 0.25, 0.03]) {
      const { metrics } = traceRule(trifecta, taskOf({ shape: [1, 8, 8] }), trifecta.hyper.parse({ width })).init
      const shapes = BLOCKS.map((i) => metrics.find(({ name }) => name === `blocks.${i}.weight`)!.output.shape)
      const outputs = [128, 128, 256, 256, 256, 512].map((channels) => Math.round(channels * width))
      assert.deepEqual(
        shapes,
        outputs.map((out, i) => [out, outputs[i - 1] ?? 2, 3, 3]),
      )
    }
  })

  test('a network that halves images away is refused', () => {
    for (const shape of [
      [1, 4, 4],
      [1, 28, 7],
    ] as const)
      assert.throws(
        () => traceRule(trifecta, taskOf({ shape }), trifecta.hyper.parse({})),
        (error) => error instanceof UserError && error.exitCode === 2 && /at least 8 x 8 pixels/.test(error.message),
      )
  })

  test('the pixels have one mean and deviation, or one for each channel', () => {
    given({ pixelMean: [0.4], pixelDeviation: [0.2, 0.3] })
    assert.throws(() => given({ pixelMean: [0.1, 0.2, 0.3] }), /pixelMean has 3 numbers for images of 2 channels/)
    assert.throws(() => given({ goodnessFrom: 6 }), /goodnessFrom is 6, but the network has 6 blocks: 0 to 5/)
  })
})

// The network written out, from the equations alone.
type Image = readonly (readonly number[])[]

interface Plain {
  readonly gain: readonly number[]
  readonly bias: readonly number[]
  readonly weight: readonly number[]
}

const blockOf = (state: Numbers, i: number): Plain => ({
  gain: state[`blocks.${i}.gain`]!,
  bias: state[`blocks.${i}.bias`]!,
  weight: state[`blocks.${i}.weight`]!,
})

const variance = (values: readonly number[]): number => {
  const own = mean(values)
  return mean(values.map((v) => (v - own) ** 2))
}

type Moments = (image: number, channel: number) => readonly [mean: number, variance: number]

const ofBatch = (images: readonly Image[]): Moments => {
  const channels = images[0]!.map((_, c) => images.flatMap((image) => image[c]!))
  const all = channels.map((values) => [mean(values), variance(values)] as const)
  return (_, c) => all[c]!
}

const ofEachImage = (images: readonly Image[]): Moments => {
  const all = images.map((image) => [mean(image.flat()), variance(image.flat())] as const)
  return (n) => all[n]!
}

const ofRun = (state: Numbers, i: number): Moments => {
  const [means, variances] = [state[`statistics.${i}.mean`]!, state[`statistics.${i}.variance`]!]
  return (_, c) => [means[c]!, variances[c]!]
}

function blockByHand(
  { gain, bias, weight }: Plain,
  images: readonly Image[],
  side: number,
  pooled: boolean,
  m: Moments,
) {
  const normal = images.map((image, n) =>
    image.map((values, c) => {
      const [middle, spread] = m(n, c)
      return values.map((v) => ((v - middle) / Math.sqrt(spread + 1e-5)) * gain[c]! + bias[c]!)
    }),
  )
  const channels = gain.length
  const cell = (image: Image, o: number, y: number, x: number): number => {
    let sum = 0
    for (let c = 0; c < channels; c++)
      for (let k = 0; k < 9; k++) {
        const [row, column] = [y + Math.floor(k / 3) - 1, x + (k % 3) - 1]
        const inside = row >= 0 && row < side && column >= 0 && column < side
        if (inside) sum += weight[(o * channels + c) * 9 + k]! * image[c]![row * side + column]!
      }
    return Math.max(0, sum)
  }
  const size = pooled ? Math.floor(side / 2) : side
  const cells = (image: Image, o: number): number[] =>
    Array.from({ length: size * size }, (_, i) => {
      const [y, x] = [Math.floor(i / size), i % size]
      if (!pooled) return cell(image, o, y, x)
      return Math.max(...[0, 1, 2, 3].map((k) => cell(image, o, 2 * y + (k >> 1), 2 * x + (k & 1))))
    })
  const outputs = weight.length / (9 * channels)
  return { size, images: normal.map((image) => Array.from({ length: outputs }, (_, o) => cells(image, o))) }
}

/** The goodness of each block, of images that each show a label. */
function goodnessByHand(
  state: Numbers,
  { pixelMean, pixelDeviation }: TrifectaHyper,
  shown: readonly (readonly [pixels: readonly number[], label: number])[],
  moments: (images: readonly Image[], i: number) => Moments,
): number[][] {
  const table = rowsOf(state.label!, CLASSES)
  let images: readonly Image[] = shown.map(([pixels, label]) => {
    const channels = rowsOf(pixels, 2)
    const standard = channels.map((values, c) =>
      values.map((v) => (v - (pixelMean[c] ?? pixelMean[0]!)) / (pixelDeviation[c] ?? pixelDeviation[0]!)),
    )
    return [...standard, table[label]!]
  })
  let side = 8
  return BLOCKS.map((i) => {
    const { size, images: next } = blockByHand(blockOf(state, i), images, side, POOLED.includes(i), moments(images, i))
    images = next
    side = size
    return images.map((image) => mean(image.flat().map((v) => v ** 2)))
  })
}

const wrongLabels = (batch: Numbers): number[] =>
  batch['noise.negatives']!.map((u, i) => {
    const draw = Math.floor(u * (CLASSES - 1))
    return draw >= batch.labels![i]! ? draw + 1 : draw
  })

/** The running statistics under batch normalisation, each image's own under layer normalisation. */
const inUse =
  (state: Numbers, { normalization }: TrifectaHyper) =>
  (images: readonly Image[], i: number): Moments =>
    normalization === 'batch' ? ofRun(state, i) : ofEachImage(images)

/** Of the wrong labels the one with the largest alpha g + Gumbel noise, g the first block's goodness in use. */
function hardLabels(state: Numbers, hyper: TrifectaHyper, batch: Numbers): number[] {
  const noise = rowsOf(batch['noise.negatives']!, IMAGES)
  return rowsOf(batch.x!, IMAGES).map((row, n) => {
    const shown = [0, 1, 2].map((label) => [row, label] as const)
    const goodness = goodnessByHand(state, hyper, shown, inUse(state, hyper))[0]!
    const scores = goodness.map((g, k) => hyper.alpha * g - Math.log(-Math.log(noise[n]![k]!)))
    const wrong = [0, 1, 2].filter((k) => k !== batch.labels![n]!)
    return wrong.reduce((best, k) => (scores[k]! > scores[best]! ? k : best))
  })
}

describe('losses by hand: positives and negatives in one batch, goodness after pooling', () => {
  const pixels = { pixelMean: [0.4, 0.6], pixelDeviation: [0.2, 0.3] }
  const cases: Record<string, Partial<TrifectaHyper>> = {
    'the Trifecta': {},
    'alpha 7': { alpha: 7 },
    'hard negatives': { negatives: 'hard', alpha: 1 },
    'hard negatives, layer normalisation': { negatives: 'hard', alpha: 30, normalization: 'layer' },
    'threshold loss': { loss: 'threshold', theta: 1.5 },
    'layer normalisation': { normalization: 'layer' },
    'plain Forward-Forward': { loss: 'threshold', normalization: 'layer', overlap: false },
  }
  for (const [name, options] of Object.entries(cases))
    test(name, () => {
      const { hyper, state, step } = given({ ...options, ...pixels })
      for (const parity of hyper.overlap ? (['even', 'odd'] as const) : (['joint'] as const)) {
        const { batch, after } = step(parity)
        const rows = rowsOf(batch.x!, IMAGES)
        const wrong = hyper.negatives === 'hard' ? hardLabels(state, hyper, batch) : wrongLabels(batch)
        const labels = [...batch.labels!, ...wrong]
        const goodness = goodnessByHand(
          state,
          hyper,
          labels.map((label, i) => [rows[i % IMAGES]!, label]),
          hyper.normalization === 'batch' ? ofBatch : ofEachImage,
        )
        const points = BLOCKS.filter((i) => parity === 'joint' || isLossPoint(i, parity))
        assert.deepEqual(
          Object.keys(after.metrics).filter((metric) => metric.endsWith('.loss')),
          points.map((i) => `layers.${i}.loss`),
        )
        for (const i of points) {
          const pairs = rows.map((_, k) => [goodness[i]![k]!, goodness[i]![IMAGES + k]!] as const)
          const losses = pairs.map(([p, n]) =>
            hyper.loss === 'symba'
              ? softplus(-hyper.alpha * (p - n))
              : softplus(hyper.theta - p) + softplus(n - hyper.theta),
          )
          close(after.metrics[`layers.${i}.loss`]!, [mean(losses)], 1e-10, `block ${i}`)
          close(after.metrics[`layers.${i}.separation`]!, [mean(pairs.map(([p, n]) => Number(p > n)))])
        }
      }
    })

  test('running statistics move by a tenth towards the mean and the unbiased variance of both halves', () => {
    const { state, step } = given(pixels)
    const { batch, after } = step('odd')
    const values = [...batch.labels!, ...wrongLabels(batch)].flatMap((label) => rowsOf(state.label!, CLASSES)[label]!)
    const moved = (name: string, now: number): void =>
      close([after.state[name]![2]!], [0.9 * state[name]![2]! + 0.1 * now], 1e-12, name)
    moved('statistics.0.mean', mean(values))
    moved('statistics.0.variance', (variance(values) * values.length) / (values.length - 1))
    for (const i of BLOCKS) assert.ok(movedUnder(state, after.state, `statistics.${i}`), `block ${i}`)
  })
})

describe('the schedule of overlapping updates, six blocks', () => {
  test('mini-batches of an epoch take turns, from an even one', () => {
    const hyper = trifecta.hyper.parse({})
    const steps = [0, 1].map((epoch) => [0, 1, 2, 3].map((t) => trifecta.schedule!(epoch, t, hyper, 0)))
    assert.deepEqual(
      steps,
      [0, 1].map(() => [['even'], ['odd'], ['even'], ['odd']]),
    )
    assert.deepEqual(trifecta.schedule!(0, 1, trifecta.hyper.parse({ overlap: false }), 0), ['joint'])
  })

  const EXPECTED = {
    even: { losses: [1, 3, 5], moved: [0, 1, 2, 3, 4, 5], label: false },
    odd: { losses: [0, 2, 4], moved: [0, 1, 2, 3, 4], label: true },
  }
  for (const parity of ['even', 'odd'] as const)
    test(`t ${parity}: losses at ${EXPECTED[parity].losses}, blocks ${EXPECTED[parity].moved} learn`, () => {
      const { state, step } = given()
      const { after } = step(parity)
      const { losses, moved, label } = EXPECTED[parity]
      assert.deepEqual(
        BLOCKS.filter((i) => after.metrics[`layers.${i}.loss`]),
        losses,
      )
      assert.deepEqual(
        BLOCKS.filter((i) => movedUnder(state, after.state, `blocks.${i}`)),
        moved,
      )
      assert.deepEqual(
        BLOCKS.filter((i) => movedUnder(state, after.state, `optimizers.${i}`)),
        losses,
      )
      assert.equal(movedUnder(state, after.state, 'label'), label)
    })

  test('without overlap every block learns by its own loss, and no Adam holds the block below', () => {
    const { state, step } = given({ overlap: false })
    const { after } = step('joint')
    for (const i of BLOCKS) {
      assert.ok(movedUnder(state, after.state, `blocks.${i}`))
      assert.equal(namesUnder(state, `optimizers.${i}.first`).length, i === 0 ? 4 : 3)
    }
    assert.ok(movedUnder(state, after.state, 'label'))
  })

  test('a fixed label stays as it began', () => {
    const { state, step } = given({ label: 'fixed' })
    assert.ok(!movedUnder(state, step('odd').after.state, 'label'))
  })
})

/** The leaves that block i's Adam moves, in its order. */
const learners = (i: number, overlap: boolean): string[] => [
  ...['gain', 'bias', 'weight'].map((leaf) => `blocks.${i}.${leaf}`),
  ...(i > 0 && overlap ? ['gain', 'bias', 'weight'].map((leaf) => `blocks.${i - 1}.${leaf}`) : []),
  ...(i === 0 ? ['label'] : []),
]

describe('gradients are central differences of the loss above', () => {
  // From zero moments, Adam's first moment after one step is the gradient.
  for (const [name, parity, options] of [
    ['even', 'even', {}],
    ['odd', 'odd', {}],
    ['layer normalisation', 'even', { normalization: 'layer' }],
    ['plain Forward-Forward', 'joint', { normalization: 'layer', loss: 'threshold', overlap: false }],
  ] as const)
    test(name, () => {
      const { hyper, state, step } = given(options)
      const { after, loss } = step(parity)
      for (const i of BLOCKS.filter((block) => parity === 'joint' || isLossPoint(block, parity)))
        learners(i, hyper.overlap).forEach((leaf, place) => {
          const gradient = after.state[`optimizers.${i}.first.${place}`]!
          assert.equal(gradient.length, state[leaf]!.length)
          // The steepest entry and one more.
          const steepest = gradient.reduce((at, g, k) => (Math.abs(g) > Math.abs(gradient[at]!) ? k : at), 0)
          for (const k of new Set([steepest, gradient.length >> 1])) {
            const h = 1e-6
            const at = (shift: number): number =>
              loss({ ...state, [leaf]: state[leaf]!.with(k, state[leaf]![k]! + shift) })[`layers.${i}.loss`]![0]!
            close([gradient[k]!], [(at(h) - at(-h)) / (2 * h)], 1e-7, `loss ${i}, ${leaf}[${k}]`)
          }
          assert.ok(gradient[steepest] !== 0, `loss ${i}, ${leaf}`)
        })
    })
})

describe('the window: two blocks', () => {
  const changed = (state: Numbers, block: number): Numbers => ({
    ...state,
    [`blocks.${block}.weight`]: state[`blocks.${block}.weight`]!.map((v) => 1.5 * v + 0.01),
  })
  for (const [parity, pairs] of [
    [
      'even',
      [
        [0, 1],
        [2, 3],
        [4, 5],
      ],
    ],
    ['odd', [[0], [1, 2], [3, 4]]],
  ] as const)
    test(`t ${parity}: a change above a pair leaves its update bit for bit as it was, one within changes both`, () => {
      const { state, step } = given()
      const { after, graph, batch } = step(parity)
      for (const pair of pairs) {
        const top = pair.at(-1)!
        const update = (from: Numbers, i: number): readonly number[] => {
          const next = evaluate(graph, from, batch).state
          return namesUnder(state, `optimizers.${top}`)
            .concat(namesUnder(state, `blocks.${i}`))
            .flatMap((name) => next[name]!)
        }
        const own = namesUnder(state, `optimizers.${top}`).concat(namesUnder(state, `blocks.${pair[0]}`))
        const before = own.flatMap((name) => after.state[name]!)
        if (top < 5) assert.deepEqual(update(changed(state, top + 1), pair[0]!), before)
        if (pair.length === 2) assert.ok(!isSame(update(changed(state, top), pair[0]!), before))
      }
    })

  test('the certificate says so, and that labels come in with the images', () => {
    const windows = (options: Partial<TrifectaHyper>) => {
      const { local, layers } = certifyRule(trifecta, task, trifecta.hyper.parse({ ...SMALL, ...options }))
      assert.ok(layers.every(({ reads }) => reads.labels === 'input' && reads.feedback.length === 0))
      return { local, windows: layers.map(({ window }) => window), depths: layers.map(({ depth }) => depth) }
    }
    for (const negatives of ['uniform', 'hard'] as const)
      assert.deepEqual(windows({ negatives }), {
        local: false,
        windows: [2, 2, 2, 2, 2, 1],
        depths: [2, 2, 2, 2, 2, 1],
      })
    for (const normalization of ['batch', 'layer'] as const)
      assert.deepEqual(windows({ overlap: false, normalization }), {
        local: true,
        windows: [1, 1, 1, 1, 1, 1],
        depths: [1, 1, 1, 1, 1, 1],
      })
  })
})

test('two Adams for each weight: the second one begins from its own zero moments', () => {
  const { hyper, traced, state, step } = given()
  const one = step('even').after.state
  const two = evaluate(traced.steps.odd!, one, batchFor(traced.steps.odd!, task, 2)).state
  // Adam's first step moves by rate g / (|g| + epsilon).
  const first = (from: Numbers, to: Numbers, leaf: string, moments: string): void => {
    const gradient = to[moments]!
    const moved = from[leaf]!.map((v, i) => v - (hyper.rate * gradient[i]!) / (Math.abs(gradient[i]!) + 1e-8))
    close(to[leaf]!, moved, 1e-12, leaf)
  }
  first(state, one, 'blocks.1.weight', 'optimizers.1.first.2')
  first(state, one, 'blocks.0.weight', 'optimizers.1.first.5')
  first(one, two, 'blocks.0.weight', 'optimizers.0.first.2')
  first(one, two, 'blocks.1.weight', 'optimizers.2.first.5')
  for (const name of namesUnder(one, 'optimizers.1')) assert.deepEqual(two[name], one[name])
  const counts = (s: Numbers): number[] => BLOCKS.map((i) => s[`optimizers.${i}.count`]![0]!)
  assert.deepEqual(
    [counts(one), counts(two)],
    [
      [0, 1, 0, 1, 0, 1],
      [1, 1, 1, 1, 1, 1],
    ],
  )
})

describe('predictions by hand: K passes by the running statistics', () => {
  for (const normalization of ['batch', 'layer'] as const)
    test(`${normalization} normalisation`, () => {
      const { hyper, traced, state } = given({ normalization, pixelMean: [0.4, 0.6] })
      const batch = batchFor(traced.predict, task, 3)
      const rows = rowsOf(batch.x!, IMAGES)
      const { metrics } = evaluate(traced.predict, state, batch)
      const shown = rows.flatMap((row) => [0, 1, 2].map((label) => [row, label] as const))
      const goodness = goodnessByHand(state, hyper, shown, inUse(state, hyper))
      for (const i of BLOCKS) close(metrics[`layers.${i}`]!, goodness[i]!, 1e-10, `block ${i}`)
      assert.deepEqual(metrics.scores, metrics['layers.5'])
      const all = given({ normalization, pixelMean: [0.4, 0.6], goodnessFrom: 3 }).traced.predict
      const scores = goodness[0]!.map((_, k) => mean([3, 4, 5].map((i) => goodness[i]![k]!)))
      close(evaluate(all, state, batch).metrics.scores!, scores, 1e-10)
    })
})

test('batch normalisation lets the goodness through, layer normalisation hides it', () => {
  // A first block without cut-offs whose activity is three times as large for the first image alone.
  const leak = (normalization: 'batch' | 'layer'): boolean => {
    const { traced, state, hyper } = given({ normalization })
    const batch = batchFor(traced.predict, task, 3)
    const centred = rowsOf(batch.x!, IMAGES).map((row, i) => row.map((v) => 0.5 + (i === 0 ? 3 : 1) * (v - 0.5)))
    const silent = { ...state, label: state.label!.map(() => 0) }
    const score = (x: readonly number[]): number =>
      evaluate(traced.predict, silent, { x }).metrics[`layers.0`]![0]! * hyper.alpha
    return Math.abs(score(centred.flat()) / score(batch.x!) - 1) > 1e-3
  }
  assert.ok(leak('batch'))
  assert.ok(!leak('layer'))
})
