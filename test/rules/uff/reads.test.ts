// What goes from cell to cell, what a step reads, and what is made of a trained stack.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as ort from 'onnxruntime-node'
import { constant } from '../../../src/graph/index.js'
import { denseLayer, FLOAT32, noiseInputs } from '../../../src/nn/index.js'
import type { StepGraph } from '../../../src/onnx/index.js'
import { type Cell, LATENTS, PIXELS } from '../../../src/rules/uff/cell.js'
import type { UffHyper } from '../../../src/rules/uff/uff.js'
import { variational } from '../../../src/rules/uff/variational.js'
import { openProgram } from '../../../src/runtime/client.js'
import { createEngine } from '../../../src/runtime/engine.js'
import type { TensorRecord } from '../../../src/runtime/program.js'
import type { Ort } from '../../../src/runtime/slots.js'
import { close, normals, numbers } from '../../nn/evaluate.js'
import { evaluate, type Numbers, rowsOf } from '../harness.js'
import { type Matrix, matmul, transpose } from '../matrices.js'
import { dense, given, learned, pooled } from './given.js'

describe('between cells', () => {
  const random = { ...noiseInputs().random, normal: normals }
  const z = normals('z', [3, 6])

  test('layer normalisation hides the scale and the mean of a latent; an image is read as it is', () => {
    const [second, first] = [dense(6, 4, { source: LATENTS }), dense(6, 4, { source: PIXELS })]
    const p = second.init(random, 'cell')
    close(numbers(learned(second, p, z.mul(3).add(2)).output), numbers(learned(second, p, z).output), 1e-4)
    close(numbers(learned(first, p, z.mul(3)).output), numbers(learned(first, p, z).output.mul(3)), 1e-6)
  })

  test('a cell reconstructs what was handed up, not what it made of it', () => {
    const silent = {
      encoder: { weight: normals('w', [6, 4]).mul(0), bias: constant([0, 0, 0, 0]) },
      decoder: { bias: constant(0).broadcastTo([6]) },
    }
    const squares = numbers(z).reduce((sum, v) => sum + v ** 2, 0)
    close(numbers(learned(dense(6, 4, { source: LATENTS }), silent, z).loss), [squares / 3])
  })

  const noisy = {
    denoising: dense(6, 4, { source: LATENTS, masked: 0.5 }),
    variational: variational(denseLayer(6, 4), { source: LATENTS, precision: FLOAT32, hidden: 5 }),
  }
  for (const [kind, cell] of Object.entries<Cell>(noisy))
    test(`what goes up is the same under all noise: ${kind}`, () => {
      const p = cell.init(random, 'cell')
      const draws = ['a', 'b'].map((name) => {
        const drawn = { normal: () => normals(name, [3, 4]), uniform: () => normals(name, [3, 6]) }
        const { output, loss } = learned(cell, p, z, drawn)
        return { output: numbers(output), loss: numbers(loss)[0]! }
      })
      assert.deepEqual(draws[0]!.output, draws[1]!.output)
      assert.notEqual(draws[0]!.loss, draws[1]!.loss)
    })

  test('maps with odd sides come back at their own size behind a pooling', () => {
    const cell = pooled(5, 7)
    const p = cell.init(random, 'cell')
    const x = normals('maps', [2, 2, 5, 7])
    const { output, made, loss } = learned(cell, p, x)
    assert.deepEqual(cell.outputShape, [3, 2, 3])
    const decoded = cell.decode(p, output, made.places)
    assert.deepEqual([output.shape, decoded.shape], [[2, 3, 2, 3], x.shape])
    // While it learns it is judged by the same reconstruction.
    const error = decoded.sub(x).square().sum().mul(0.5)
    close(numbers(loss), numbers(error), 1e-9)
  })
})

const engine = createEngine(ort as unknown as Ort)

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
  const program = await openProgram(engine, graph, { device: 'cpu' }, 1)
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
  for (const options of [{}, { cell: 'denoising' }, { cell: 'variational' }] as Partial<UffHyper>[]) {
    const what = options.cell ?? 'auto-encoder'
    test(`no label reaches a cell: ${what}`, async () => {
      const { joint, state, batch } = given(options)
      const { state: one } = await run(joint, state, batch)
      const labels = batch.target!.map((label) => (label + 1) % 3)
      const { state: two } = await run(joint, state, { ...batch, target: labels })
      for (const name of Object.keys(state)) if (!name.startsWith('head.')) assert.deepEqual(one[name], two[name], name)
      assert.notDeepEqual(one['head.parameters.3.weight'], two['head.parameters.3.weight'])
    })

    test(`a cell trained alone from stored features is the one of the greedy schedule, bit for bit: ${what}`, async () => {
      const { traced, state, batch } = given(options)
      for (const layer of [0, 1, 2]) {
        const { step, features } = traced.greedy(layer)
        const own = (name: string): boolean =>
          layer === 2
            ? name.startsWith('head.')
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
        const blocks = layer === 2 ? ['head.'] : [`layers.${layer}.`, `optimizers.${layer}.`]
        for (const [name, value] of Object.entries(alone.state)) {
          const own = blocks.some((block) => name.startsWith(block))
          close(value, own ? together.state[name]! : state[name]!, own ? 1e-12 : 0, name)
        }
      }
    })
  }
})

test('figures are mean squared errors of what each cell read, and the divergence of its code', () => {
  const { traced, state, batch, task } = given({ cell: 'variational', hidden: 3, units: [3, 2] })
  const { metrics } = evaluate(traced.predict, state, { x: batch.x! })
  const added = (rows: Matrix, bias: readonly number[]): Matrix => rows.map((row) => row.map((v, j) => v + bias[j]!))
  const weight = (name: string, inputs: number): Matrix => rowsOf(state[`layers.0.${name}.weight`]!, inputs)
  const affine = (rows: Matrix, name: string): Matrix =>
    added(matmul(rows, weight(name, rows[0]!.length)), state[`layers.0.${name}.bias`]!)
  const relu = (rows: Matrix): Matrix => rows.map((row) => row.map((v) => Math.max(0, v)))
  const x = rowsOf(batch.x!, task.batch)
  const e = relu(affine(x, 'encoder'))
  const [mean, logVariance] = [affine(e, 'mean'), affine(e, 'logVariance')]
  const back = relu(added(matmul(mean, transpose(weight('mean', 3))), state['layers.0.decoder.hidden']!))
  const logits = added(matmul(back, transpose(weight('encoder', 16))), state['layers.0.decoder.output']!)
  const decoded = logits.map((row) => row.map((v) => 1 / (1 + Math.exp(-v))))
  close(
    metrics['figures/layer 0/reconstruction']!,
    x.map((row, i) => row.reduce((sum, v, j) => sum + (v - decoded[i]![j]!) ** 2, 0) / row.length),
    1e-9,
  )
  close(
    metrics['figures/layer 0/divergence']!,
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
  const { images } = evaluate(traced.picture('reconstructions'), state, { x: batch.x! }).metrics
  assert.equal(images!.length, 3 * 16 * task.batch)
  close(images!.slice(0, 16 * task.batch), batch.x!)
})

test('a solved classifier reads the normalised latents of all cells, whether cells learn or not', () => {
  const [learning, resting] = [1, 0].map((cellsUntil) => given({ readOut: 'solved', cellsUntil }))
  const { state, batch, traced, task } = learning!
  const featuresOf = (own: typeof traced) =>
    rowsOf(evaluate(own.readOut!.features, state, batch).metrics.features!, task.batch)
  const rows = featuresOf(traced)
  close(rows.flat(), featuresOf(resting!.traced).flat())
  for (const row of rows) {
    assert.equal(row.length, 6 + 5)
    for (const latent of [row.slice(0, 6), row.slice(6)]) close([latent.reduce((a, b) => a + b)], [0], 1e-6)
  }
})
