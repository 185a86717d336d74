// What cells and classifier descend, and when.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type UffHyper, uff } from '../../../src/rules/uff/uff.js'
import { close } from '../../nn/evaluate.js'
import { evaluate, metricOf, type Numbers, rowsOf } from '../harness.js'
import { type Matrix, matmul, transpose } from '../matrices.js'
import { firstGradients, given, KINDS } from './given.js'

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
              `layer ${layer}/loss`
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
          const target = row.map((_, k) => +(own.batch.target![i] === k))
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
