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
          const lossAt = (i: number, shift: number): number => {
            const moved = { ...own.state, [name]: value.with(i, value[i]! + shift) }
            return metricOf(own.joint, `layer ${layer}/loss`, moved, own.batch)
          }
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
  function sources({ state, batch, task }: ReturnType<typeof given>): Matrix[] {
    const x = rowsOf(batch.x!, task.batch)
    const latents: Matrix[] = []
    for (const i of [0, 1]) {
      const bias = state[`layers.${i}.encoder.bias`]!
      const weight = rowsOf(state[`layers.${i}.encoder.weight`]!, i === 0 ? 16 : 6)
      const rows = matmul(latents[0]?.map(normalized) ?? x, weight)
      latents.push(rows.map((row) => row.map((v, j) => Math.max(0, v + bias[j]!))))
    }
    const [pixels, first, second] = [x, ...latents].map((rows) => rows.map(normalized))
    return [pixels!, first!, second!, first!.map((row, i) => [...row, ...second![i]!])]
  }
  const said = (own: ReturnType<typeof given>, k: number, rows: Matrix): Matrix => {
    const weight = rowsOf(own.state[`head.parameters.${k}.weight`]!, rows[0]!.length)
    const bias = own.state[`head.parameters.${k}.bias`]!
    return matmul(rows, weight).map((row) => row.map((v, j) => v + bias[j]!))
  }

  test('each read-out follows its own closed-form gradient', () => {
    const own = given({})
    const slopes = firstGradients(own, 'head.parameters', 'head.optimizer')
    for (const [k, rows] of sources(own).entries()) {
      const errors = said(own, k, rows).map((row, i) => {
        const total = row.reduce((sum, v) => sum + Math.exp(v), 0)
        return row.map((v, j) => (Math.exp(v) / total - +(own.batch.target![i] === j)) / rows.length)
      })
      close(slopes[`head.parameters.${k}.weight`]!, matmul(transpose(rows), errors).flat(), 1e-9, `${k}`)
      close(slopes[`head.parameters.${k}.bias`]!, matmul([rows.map(() => 1)], errors)[0]!, 1e-9, `${k}`)
    }
  })

  test('predicts by all latents, and tells what each latent and the pixels would say', () => {
    const own = given({})
    const { metrics } = evaluate(own.traced.predict, own.state, { x: own.batch.x! })
    const names = ['parts/pixels', 'parts/layer 0', 'parts/layer 1', 'scores']
    for (const [k, rows] of sources(own).entries()) close(metrics[names[k]!]!, said(own, k, rows).flat(), 1e-9)
  })

  test('on untrained cells learns alone, and such cells are not trained greedily', () => {
    const own = given({ cellsUntil: 0 })
    const after = evaluate(own.joint, own.state, own.batch).state
    const changed = Object.keys(after).filter((name) => after[name]!.some((v, i) => v !== own.state[name]![i]))
    assert.ok(changed.length > 0 && changed.every((name) => name.startsWith('head.')), `${changed}`)
    assert.throws(() => own.traced.greedy(0), { name: 'UserError', message: /cells never learn where cellsUntil is 0/ })
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
      Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith('head.')))
    assert.deepEqual(classifierOf(alone.state), classifierOf(both.state))
    assert.deepEqual(cellsOf(alone.state), cellsOf(state))
  })

  test('are scheduled by the part of the training that is done', () => {
    const steps = (options: Partial<UffHyper>) =>
      [0, 0.2, 0.25, 0.9].map((progress) => uff.schedule!(0, 0, uff.hyper.parse(options), progress).join())
    assert.deepEqual(steps({ cellsUntil: 0.25 }), ['joint', 'joint', 'classifier', 'classifier'])
    assert.deepEqual(steps({}), ['joint', 'joint', 'joint', 'joint'])
    assert.deepEqual(steps({ cellsUntil: 0 }), ['classifier', 'classifier', 'classifier', 'classifier'])
  })
})

test('options that leave nothing of an input, and variational cells with kernels, are refused', () => {
  assert.throws(() => given({ cell: 'denoising', masked: 1 }))
  assert.throws(() => given({ cell: 'variational', network: 'convolutional' }), /expected dense/)
})
