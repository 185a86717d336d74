// Unsupervised Forward-Forward: cells against closed forms, gradients against differences, what each step reads.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as ort from 'onnxruntime-node'
import { constant, grad, type Tensor } from '../../src/graph/index.js'
import { FLOAT32, leaves, noiseInputs, type Random } from '../../src/nn/index.js'
import type { StepGraph } from '../../src/onnx/index.js'
import { traceRule } from '../../src/rules/trace.js'
import { type CellOptions, type CellParameters, unsupervisedCell } from '../../src/rules/uff/cells.js'
import { type UffHyper, uff } from '../../src/rules/uff/uff.js'
import { openProgram } from '../../src/runtime/client.js'
import { createEngine, type Ort } from '../../src/runtime/engine.js'
import type { TensorRecord } from '../../src/runtime/program.js'
import { close, normals, numbers } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers, rowsOf, taskOf } from './harness.js'
import { eigen, inverse, type Matrix, matmul, transpose } from './matrices.js'

const LINEAR: CellOptions = {
  ...uff.hyper.parse({ hidden: [], activation: 'identity', likelihood: 'gaussian', tied: false }),
}
const trace = (m: Matrix): number => m.reduce((sum, row, i) => sum + row[i]!, 0)
const tensor = (m: Matrix): Tensor => constant(m.flat(), [m.length, m[0]!.length])
const identity = (n: number): Matrix =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => +(i === j)))
const quiet: Random = {
  uniform: (_, shape) => constant(0).broadcastTo(shape),
  normal: (_, shape) => constant(0).broadcastTo(shape),
}
const linearCell = (options: Partial<CellOptions>, inputs: number, units: number) =>
  unsupervisedCell(
    { ...LINEAR, ...options },
    { inputShape: [inputs], units, pooled: false, first: true, precision: FLOAT32 },
  )

/** A linear cell's loss and its gradients. */
function descent(cell: ReturnType<typeof linearCell>, p: CellParameters, x: Tensor, random: Random = quiet) {
  const { loss } = cell.learn(p, x, random, 'noise')
  const parameters = leaves(p).map(([, leaf]) => leaf)
  return { loss: numbers(loss)[0]!, gradients: grad(loss, parameters).flatMap((g) => numbers(g)) }
}

describe('a linear auto-encoder', () => {
  const [N, D, K] = [12, 5, 2]
  const x = rowsOf(numbers(normals('x', [N, D])), N).map((row) => row.map((v, j) => v * (1 + j) + j))
  const mean = Array.from({ length: D }, (_, j) => x.reduce((sum, row) => sum + row[j]!, 0) / N)
  const centred = x.map((row) => row.map((v, j) => v - mean[j]!))
  const covariance = matmul(transpose(centred), centred).map((row) => row.map((v) => v / N))
  const { values, vectors } = eigen(covariance)
  /** Codes by the eigenvectors of these numbers: u^T (x - mean). */
  const codes = (columns: readonly number[], tied: boolean): CellParameters => {
    const basis = vectors.map((row) => columns.map((k) => row[k]!))
    const bias = matmul([mean], basis)[0]!.map((v) => -v)
    return {
      encoder: [{ weight: tensor(basis), bias: constant(bias) }],
      decoder: [{ ...(!tied && { weight: tensor(transpose(basis)) }), bias: constant(mean) }],
    }
  }

  for (const tied of [false, true])
    test(`rests on principal components, and loses the other eigenvalues${tied ? ' (tied)' : ''}`, () => {
      const cell = linearCell({ tied }, D, K)
      const best = descent(cell, codes([0, 1], tied), tensor(x))
      close(best.gradients, new Array(best.gradients.length).fill(0), 1e-6)
      close([best.loss], [values.slice(K).reduce((a, b) => a + b)], 1e-6)
    })

  test('does not rest on another plane', () => {
    const p = codes([0, 1], false)
    const turned = { ...p, encoder: [{ ...p.encoder[0]!, weight: normals('other', [D, K]) }] }
    const { gradients } = descent(linearCell({}, D, K), turned, tensor(x))
    assert.ok(Math.max(...gradients.map(Math.abs)) > 0.1)
  })

  test('trained from random weights ends on the plane of the principal components', () => {
    const cell = linearCell({}, D, K)
    let p: CellParameters = {
      encoder: [{ weight: normals('w', [D, K]).mul(0.3), bias: constant([0, 0]) }],
      decoder: [{ weight: normals('v', [K, D]).mul(0.3), bias: constant(mean) }],
    }
    const input = tensor(x)
    for (let k = 0; k < 2500; k++) {
      const { loss } = cell.learn(p, input, quiet, 'noise')
      const own = leaves(p).map(([, leaf]) => leaf)
      const next = grad(loss, own).map((g, i) => constant(numbers(own[i]!.sub(g.mul(0.01))), own[i]!.shape))
      p = { encoder: [{ weight: next[0]!, bias: next[1]! }], decoder: [{ weight: next[2]!, bias: next[3]! }] }
    }
    close([descent(cell, p, input).loss], [values.slice(K).reduce((a, b) => a + b)], 1e-4)
  })
})

describe('a linear denoising auto-encoder', () => {
  const D = 3
  const x = rowsOf(numbers(normals('dae', [4, D])), 4).flatMap((row) => [row, row.map((v) => -v)])
  const S = matmul(transpose(x), x).map((row) => row.map((v) => v / x.length))
  /** All images with all of the noise, and what a given linear map makes of them: loss and gradients. */
  const denoising = (options: Partial<CellOptions>, noise: Matrix, R: Matrix) => {
    const clean = x.flatMap((row) => noise.map(() => row))
    const drawn = constant(
      x.flatMap(() => noise.flat()),
      [clean.length, D],
    )
    const random: Random = { normal: () => drawn, uniform: () => drawn }
    const cell = linearCell({ cell: 'denoising', ...options }, D, D)
    const zeros = constant(new Array(D).fill(0))
    const p = {
      encoder: [{ weight: tensor(transpose(R)), bias: zeros }],
      decoder: [{ weight: tensor(identity(D)), bias: zeros }],
    }
    return descent(cell, p, tensor(clean), random)
  }

  test('under Gaussian noise is S (S + sigma^2 I)^-1, at the loss tr(S) - tr(R S)', () => {
    const sigma = 0.7
    // Noise of mean 0 and second moment I: sqrt(D) times plus and minus each axis.
    const noise = [1, -1].flatMap((sign) => identity(D).map((row) => row.map((v) => sign * Math.sqrt(D) * v)))
    const R = matmul(S, inverse(S.map((row, i) => row.map((v, j) => v + (i === j ? sigma ** 2 : 0)))))
    const best = denoising({ noise: 'gaussian', noiseLevel: sigma }, noise, R)
    close(best.gradients, new Array(best.gradients.length).fill(0), 1e-6)
    close([best.loss], [trace(S) - trace(matmul(R, S))], 1e-6)
  })

  test('under masking is S (m S + (1 - m) diag S)^-1, m the part that is kept', () => {
    // All eight masks once each: every element is kept in half of them.
    const masks = Array.from({ length: 2 ** D }, (_, k) => Array.from({ length: D }, (_, j) => ((k >> j) & 1) * 0.9))
    const R = matmul(S, inverse(S.map((row, i) => row.map((v, j) => v * (i === j ? 1 : 0.5)))))
    const best = denoising({ noise: 'masking', noiseLevel: 0.5 }, masks, R)
    close(best.gradients, new Array(best.gradients.length).fill(0), 1e-6)
    close([best.loss], [trace(S) - 0.5 * trace(matmul(R, S))], 1e-6)
  })
})

function given(options: Partial<UffHyper>, task = taskOf()) {
  const hyper = uff.hyper.parse({ units: [6, 5], ...options })
  const traced = traceRule(uff, task, hyper)
  const start = Object.entries(initialState(traced)).map(([name, value]): [string, readonly number[]] => [
    name,
    /readOuts|bias/.test(name) ? numbers(normals(name, [value.length]).mul(0.3)) : value,
  ])
  const state: Numbers = Object.fromEntries(start)
  const joint = (traced.steps.joint ?? traced.steps.classifier)!
  const batch = batchFor(joint, task, 1)
  return { hyper, traced, task, state, joint, batch }
}

/** The gradients of the first step: Adam's first moments, which are kept unscaled. */
function firstGradients({ joint, state, batch }: ReturnType<typeof given>, under: string, moments: string): Numbers {
  const after = evaluate(joint, state, batch).state
  const own = Object.keys(state).filter((name) => name.startsWith(`${under}.`))
  return Object.fromEntries(own.map((name, i) => [name, after[`${moments}.first.${i}`]!]))
}

const KINDS: Partial<UffHyper>[] = [
  { tied: false, likelihood: 'gaussian', activation: 'tanh' },
  { tied: true, hidden: [4] },
  { cell: 'denoising', noise: 'gaussian', tied: false, activation: 'softplus' },
  { cell: 'denoising', noise: 'masking', activation: 'tanh' },
  { cell: 'variational', hidden: [4], tied: false, beta: 0.7 },
  { cell: 'variational', likelihood: 'gaussian', variance: 0.3 },
  { sparsity: 0.4, activation: 'tanh' },
  { network: 'convolutional', units: [2, 3], kernel: 3, activation: 'tanh', tied: false },
  { network: 'convolutional', units: [2, 3], kernel: 2, hidden: [2], sparsity: 0.2 },
  { network: 'convolutional', units: [2, 3], kernel: 3, cell: 'denoising', poolAfter: [0] },
  { network: 'convolutional', units: [2, 3], kernel: 3, cell: 'variational', hidden: [2], poolAfter: [1] },
]

describe('every cell descends its own loss, by central differences', () => {
  for (const options of KINDS)
    test(JSON.stringify(options), () => {
      const own = given(options)
      const h = 1e-5
      for (const layer of [0, 1]) {
        const slopes = firstGradients(own, `layers.${layer}`, `optimizers.${layer}`)
        for (const [name, slope] of Object.entries(slopes)) {
          const value = own.state[name]!
          // A few of each tensor, spread over it.
          const places = [...new Set([0, Math.floor(value.length / 3), value.length - 1])]
          const lossAt = (i: number, shift: number): number =>
            evaluate(own.joint, { ...own.state, [name]: value.with(i, value[i]! + shift) }, own.batch).metrics[
              `layers.${layer}.loss`
            ]![0]!
          const expected = places.map((i) => (lossAt(i, h) - lossAt(i, -h)) / (2 * h))
          close(
            places.map((i) => slope[i]!),
            expected,
            1e-6,
            name,
          )
        }
      }
    })
})

describe('the classifier', () => {
  const normalized = (row: readonly number[]): number[] => {
    const mean = row.reduce((a, b) => a + b) / row.length
    const variance = row.reduce((sum, v) => sum + (v - mean) ** 2, 0) / row.length
    return row.map((v) => (v - mean) / Math.sqrt(variance + 1e-5))
  }
  /** What the read-outs read, in plain numbers: pixels, each latent, and all latents, normalised each by itself. */
  function sources(own: ReturnType<typeof given>): Record<string, Matrix> {
    const { features } = own.traced.greedy(2)
    const rows = rowsOf(evaluate(features, own.state, { x: own.batch.x! }).metrics.features!, own.task.batch)
    const cut = (from: number, to: number): Matrix => rows.map((row) => normalized(row.slice(from, to)))
    const [pixels, first, second] = [cut(0, 16), cut(16, 22), cut(22, 27)]
    return { pixels, 'latents.0': first, 'latents.1': second, all: first.map((row, i) => [...row, ...second[i]!]) }
  }
  const said = (own: ReturnType<typeof given>, name: string, rows: Matrix): Matrix => {
    const weight = rowsOf(own.state[`classifier.readOuts.${name}.weight`]!, rows[0]!.length)
    const bias = own.state[`classifier.readOuts.${name}.bias`]!
    return matmul(rows, weight).map((row) => row.map((v, k) => v + bias[k]!))
  }

  for (const loss of ['cross-entropy', 'squared'] as const)
    test(`each read-out follows its own closed-form gradient: ${loss}`, () => {
      const own = given({ loss })
      const slopes = firstGradients(own, 'classifier.readOuts', 'classifier.optimizer')
      for (const [name, rows] of Object.entries(sources(own))) {
        const errors = said(own, name, rows).map((row, i) => {
          const target = row.map((_, k) => +(own.batch.labels![i] === k))
          const total = row.reduce((sum, v) => sum + Math.exp(v), 0)
          const factor = loss === 'squared' ? 2 : 1
          return row.map(
            (v, k) => (factor * ((loss === 'squared' ? v : Math.exp(v) / total) - target[k]!)) / rows.length,
          )
        })
        close(slopes[`classifier.readOuts.${name}.weight`]!, matmul(transpose(rows), errors).flat(), 1e-9, name)
        close(slopes[`classifier.readOuts.${name}.bias`]!, matmul([rows.map(() => 1)], errors)[0]!, 1e-9, name)
      }
    })

  test('predicts by all latents, and tells what each latent and the pixels would say', () => {
    const own = given({})
    const { metrics } = evaluate(own.traced.predict, own.state, { x: own.batch.x! })
    const rows = sources(own)
    close(metrics.scores!, said(own, 'all', rows.all!).flat(), 1e-9)
    close(metrics.pixels!, said(own, 'pixels', rows.pixels!).flat(), 1e-9)
    for (const i of [0, 1])
      close(metrics[`layers.${i}`]!, said(own, `latents.${i}`, rows[`latents.${i}`]!).flat(), 1e-9)
  })

  test('on untrained cells learns alone, and such cells are not trained greedily', () => {
    const own = given({ untrained: true })
    const after = evaluate(own.joint, own.state, own.batch).state
    const changed = Object.keys(after).filter((name) => after[name]!.some((v, i) => v !== own.state[name]![i]))
    assert.ok(changed.length > 0 && changed.every((name) => name.startsWith('classifier.')), `${changed}`)
    assert.throws(() => own.traced.greedy(0), { name: 'UserError', message: /greedy training of uff/ })
  })
})

describe('cells that learn until a part of the training is over', () => {
  const at = (progress: number, options: Partial<UffHyper>): Numbers => {
    const own = given(options)
    return evaluate(own.joint, own.state, { ...own.batch, progress: [progress] }).state
  }
  const cellsOf = (state: Numbers): Numbers =>
    Object.fromEntries(Object.entries(state).filter(([name]) => name.startsWith('layers.')))

  test('go through the whole schedule by then', () => {
    const [early, plain] = [at(0.1, { cellsUntil: 0.25 }), at(0.4, {})]
    for (const [name, values] of Object.entries(cellsOf(plain))) close(early[name]!, values, 1e-12, name)
  })

  test('stand still from there on, and the classifier learns the same from them', () => {
    const { traced, joint, state, batch } = given({ cellsUntil: 0.25 })
    const resting = { ...batch, progress: [0.25] }
    const [both, alone] = [evaluate(joint, state, resting), evaluate(traced.steps.classifier!, state, resting)]
    const classifierOf = (all: Numbers): Numbers =>
      Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith('classifier.')))
    assert.deepEqual(classifierOf(alone.state), classifierOf(both.state))
    assert.deepEqual(cellsOf(alone.state), cellsOf(state))
  })

  test('are scheduled by the part of the training that is done', () => {
    const steps = (options: Partial<UffHyper>) =>
      [0, 0.2, 0.25, 0.9].map((progress) => uff.schedule!(0, 0, uff.hyper.parse(options), progress).join())
    assert.deepEqual(steps({ cellsUntil: 0.25 }), ['joint', 'joint', 'classifier', 'classifier'])
    assert.deepEqual(steps({}), ['joint', 'joint', 'joint', 'joint'])
    assert.deepEqual(steps({ untrained: true }), ['classifier', 'classifier', 'classifier', 'classifier'])
  })
})

test('masks that leave nothing of an input are refused', () => {
  assert.throws(() => given({ cell: 'denoising', noise: 'masking', noiseLevel: 1 }), {
    name: 'UserError',
    message: /noiseLevel is 1, .*give less than 1/,
  })
  given({ cell: 'denoising', noise: 'gaussian', noiseLevel: 1 })
})

describe('between cells', () => {
  const place = { inputShape: [6], units: 4, pooled: false, precision: FLOAT32 }
  const { random } = noiseInputs()
  const second = (normalization: 'layer' | 'none', first = false) => {
    const cell = unsupervisedCell({ ...LINEAR, normalization }, { ...place, first })
    const p = cell.init({ ...random, normal: normals }, 'cell')
    return (z: Tensor): number[] => numbers(cell.encode(p, z))
  }
  const z = normals('z', [3, 6])

  test('layer normalisation hides the scale and the mean of a latent, and nothing else does', () => {
    close(second('layer')(z.mul(3).add(2)), second('layer')(z), 1e-4)
    for (const other of [second('none'), second('layer', true)]) assert.notDeepEqual(other(z.mul(3)), other(z))
    close(second('none')(z), second('layer', true)(z))
  })

  test('a cell reconstructs what was handed up, not what it made of it', () => {
    const cell = unsupervisedCell(LINEAR, { ...place, first: false })
    const p = cell.init({ ...random, normal: normals }, 'cell')
    const silent = { ...p, decoder: [{ weight: normals('w', [4, 6]).mul(0), bias: constant(0).broadcastTo([6]) }] }
    const squares = numbers(z).reduce((sum, v) => sum + v ** 2, 0)
    close(numbers(cell.learn(silent, z, quiet, 'noise').loss), [squares / 3])
  })

  for (const options of [{ cell: 'denoising' }, { cell: 'variational' }] as const)
    test(`what goes up is the same under all noise: ${options.cell}`, () => {
      const cell = unsupervisedCell({ ...LINEAR, ...options, noiseLevel: 0.5 }, { ...place, first: false })
      const p = cell.init({ ...random, normal: normals }, 'cell')
      const draws = ['a', 'b'].map((name) => {
        const drawn = { normal: () => normals(name, options.cell === 'denoising' ? [3, 6] : [3, 4]) }
        const noisy = { ...drawn, uniform: () => normals(name, [3, 6]) }
        const { latent, loss } = cell.learn(p, z, noisy, 'noise')
        return { latent: numbers(latent), loss: numbers(loss)[0]! }
      })
      assert.deepEqual(draws[0]!.latent, draws[1]!.latent)
      assert.deepEqual(draws[0]!.latent, numbers(cell.encode(p, z)))
      assert.notEqual(draws[0]!.loss, draws[1]!.loss)
    })

  for (const tied of [true, false])
    test(`maps with odd sides come back at their own size behind a pooling${tied ? ' (tied)' : ''}`, () => {
      const maps = { inputShape: [2, 5, 7], units: 3, pooled: true, first: false, precision: FLOAT32 }
      const options = { ...LINEAR, tied, network: 'convolutional' as const, kernel: 3, hidden: [4] }
      const cell = unsupervisedCell(options, maps)
      const p = cell.init({ ...random, normal: normals }, 'cell')
      const x = normals('maps', [2, 2, 5, 7])
      const latent = cell.encode(p, x)
      assert.deepEqual(cell.outputShape, [3, 2, 3])
      assert.deepEqual([latent.shape, cell.decode(p, latent).shape], [[2, 3, 2, 3], x.shape])
      // While it learns it is judged by the same reconstruction.
      const error = cell.decode(p, latent, cell.places!(p, x)).sub(x).square().sum().mul(0.5)
      close(numbers(cell.learn(p, x, quiet, 'noise').loss), numbers(error), 1e-9)
    })
})

test('a sparse cell is judged by the activities that stand out of the batch, and hands all of them up', () => {
  const cell = linearCell({ sparsity: 0.5 }, 1, 1)
  const p = {
    encoder: [{ weight: constant([2], [1, 1]), bias: constant([0]) }],
    decoder: [{ weight: constant([1], [1, 1]), bias: constant([0]) }],
  }
  // Activities 0, 2, 4, 6: mean 3, deviation sqrt(5); only 6 is above 3 + 0.5 sqrt(5).
  const { latent, loss } = cell.learn(p, constant([0, 1, 2, 3], [4, 1]), quiet, 'noise')
  close(numbers(latent), [0, 2, 4, 6])
  close(numbers(loss), [(0 + 1 + 4 + 9) / 4])
})

const host = { engine: createEngine(ort as unknown as Ort), remote: false }

/** One step as it runs in training, in float32. */
async function run(
  graph: StepGraph,
  state: Numbers,
  batch: Numbers,
): Promise<{ state: TensorRecord; metrics: TensorRecord }> {
  const typed = (numbers: Numbers): TensorRecord =>
    Object.fromEntries(
      [...graph.state, ...graph.batch]
        .filter(({ name }) => numbers[name])
        .map(({ name, input }) => [name, (input.dtype === 'int32' ? Int32Array : Float32Array).from(numbers[name]!)]),
    )
  const program = await openProgram(host, graph, { device: 'cpu' }, 1)
  try {
    await program.load(typed(state))
    const { metrics } = await program.run(1, typed(batch))
    return { state: await program.read(), metrics }
  } finally {
    await program.dispose()
  }
}

const scrambled = (state: Numbers, which: (name: string) => boolean): Numbers =>
  Object.fromEntries(
    Object.entries(state).map(([name, value]) => [name, which(name) ? value.map((v, i) => v * 2 + i / 7) : value]),
  )

describe('what a step reads', () => {
  for (const options of [{}, { cell: 'denoising' }, { cell: 'variational', hidden: [4] }] as Partial<UffHyper>[]) {
    const what = options.cell ?? 'auto-encoder'
    test(`no label reaches a cell: ${what}`, async () => {
      const { joint, state, batch } = given(options)
      const { state: one } = await run(joint, state, batch)
      const labels = batch.labels!.map((label) => (label + 1) % 3)
      const { state: two } = await run(joint, state, { ...batch, labels })
      for (const name of Object.keys(state))
        if (!name.startsWith('classifier.')) assert.deepEqual(one[name], two[name], name)
      assert.notDeepEqual(one['classifier.readOuts.all.weight'], two['classifier.readOuts.all.weight'])
    })

    test(`a cell trained alone from stored features is the one of the greedy schedule, bit for bit: ${what}`, async () => {
      const { traced, state, batch } = given(options)
      for (const layer of [0, 1, 2]) {
        const { step, features } = traced.greedy(layer)
        const own = (name: string): boolean =>
          layer === 2
            ? name.startsWith('classifier.')
            : name.startsWith(`layers.${layer}.`) || name.startsWith(`optimizers.${layer}.`)
        const noise = Object.fromEntries(step.batch.map(({ name }) => [name, batch[name]!]))
        const computed = (await run(features, state, { x: batch.x! })).metrics.features as Float32Array
        const { state: inPlace } = await run(step, state, { ...noise, x: Array.from(computed) })
        // Alone: with nothing of the other layers' state.
        const foreign = scrambled(state, (name) => !own(name))
        const { state: alone } = await run(step, foreign, { ...noise, x: Array.from(computed) })
        let moved = false
        for (const name of Object.keys(state).filter(own)) {
          assert.deepEqual(alone[name], inPlace[name], name)
          moved ||= inPlace[name]!.some((v, i) => v !== Math.fround(state[name]![i]!))
        }
        assert.ok(moved)
        // And the features read nothing but what lies below.
        const below = scrambled(state, (name) => !/^layers\.\d/.test(name) || Number(name.split('.')[1]) >= layer)
        assert.deepEqual((await run(features, below, { x: batch.x! })).metrics.features, computed)
      }
    })

    test(`a greedy step is its part of the joint step: ${what}`, () => {
      const { traced, joint, state, batch } = given(options)
      const together = evaluate(joint, state, batch)
      for (const layer of [0, 1, 2]) {
        const { step, features } = traced.greedy(layer)
        const x = evaluate(features, state, { x: batch.x! }).metrics.features!
        const alone = evaluate(step, state, { ...batch, x })
        const blocks = layer === 2 ? ['classifier.'] : [`layers.${layer}.`, `optimizers.${layer}.`]
        for (const [name, value] of Object.entries(alone.state)) {
          const own = blocks.some((block) => name.startsWith(block))
          close(value, own ? together.state[name]! : state[name]!, own ? 1e-12 : 0, name)
        }
      }
    })
  }
})

test('figures are mean squared errors of what each cell read, and the divergence of its code', () => {
  const { traced, state, batch, task } = given({
    cell: 'variational',
    tied: false,
    likelihood: 'gaussian',
    units: [3, 2],
  })
  const { metrics } = evaluate(traced.predict, state, { x: batch.x! })
  const affine = (rows: Matrix, name: string): Matrix => {
    const weight = rowsOf(state[`${name}.weight`]!, rows[0]!.length)
    return matmul(rows, weight).map((row) => row.map((v, j) => v + state[`${name}.bias`]![j]!))
  }
  const x = rowsOf(batch.x!, task.batch)
  const mean = affine(x, 'layers.0.encoder.0')
  const logVariance = affine(x, 'layers.0.logVariance')
  const decoded = affine(mean, 'layers.0.decoder.0')
  close(
    metrics['figures.layers.0.reconstruction']!,
    x.map((row, i) => row.reduce((sum, v, j) => sum + (v - decoded[i]![j]!) ** 2, 0) / row.length),
    1e-9,
  )
  close(
    metrics['figures.layers.0.divergence']!,
    mean.map((row, i) =>
      row.reduce((sum, m, j) => {
        const v = logVariance[i]![j]!
        return sum + (m ** 2 + Math.exp(v) - 1 - v) / 2
      }, 0),
    ),
    1e-9,
  )
})

test('reconstructions show the images first, then what each cell decodes down to pixels', () => {
  const { traced, state, batch, task } = given({ cell: 'variational' })
  const graph = traced.picture('reconstructions')
  const { images } = evaluate(graph, state, { x: batch.x! }).metrics
  assert.equal(images!.length, 3 * 16 * task.batch)
  close(images!.slice(0, 16 * task.batch), batch.x!)
  const traversals = traced.picture('traversals')
  const drawn = evaluate(traversals, state, { x: batch.x! }).metrics.images!
  assert.equal(drawn.length, 5 * 9 * 16)
  // Each row moves another component: the middle of no two rows agree unless a component was 0 before.
  assert.equal(new Set(rowsOf(drawn, 45).map((image) => image.map((v) => v.toFixed(9)).join())).size, 45)
})
