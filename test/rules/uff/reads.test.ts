// What goes from cell to cell, what a step reads, and what is made of a trained stack.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as ort from 'onnxruntime-node'
import { constant, type Tensor } from '../../../src/graph/index.js'
import { FLOAT32, noiseInputs } from '../../../src/nn/index.js'
import type { StepGraph } from '../../../src/onnx/index.js'
import { unsupervisedCell } from '../../../src/rules/uff/cells.js'
import type { UffHyper } from '../../../src/rules/uff/uff.js'
import { openProgram } from '../../../src/runtime/client.js'
import { createEngine } from '../../../src/runtime/engine.js'
import type { TensorRecord } from '../../../src/runtime/program.js'
import type { Ort } from '../../../src/runtime/slots.js'
import { close, normals, numbers } from '../../nn/evaluate.js'
import { evaluate, type Numbers, rowsOf } from '../harness.js'
import { type Matrix, matmul } from '../matrices.js'
import { given, LINEAR, quiet } from './given.js'

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
      const labels = batch.target!.map((label) => (label + 1) % 3)
      const { state: two } = await run(joint, state, { ...batch, target: labels })
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
