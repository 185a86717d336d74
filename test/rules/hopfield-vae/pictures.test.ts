import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { hopfieldVae } from '../../../src/rules/hopfield-vae/hopfield-vae.js'
import { batchFor, evaluate, type Numbers, rowsOf } from '../harness.js'
import type { Matrix } from '../plain.js'
import { given } from './rule.js'

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
    const { settling: picture } = hopfieldVae.pictures!(task, hyper as never)
    assert.ok(picture && 'draw' in picture && picture.columnNames !== 'images')
    const { columns, columnNames } = picture
    assert.deepEqual([columnNames?.length, columnNames?.slice(0, 2)], [columns, ['image', 'sweep 1']])
    const [first, settling] = [draw('reconstructions')[task.batch]!, draw('settling').slice(1, columns)]
    assert.deepEqual(draw('settling')[0], draw('reconstructions')[0])
    const distance = (image: readonly number[]): number => Math.hypot(...image.map((p, i) => p - first[i]!))
    assert.ok(distance(settling.at(-1)!) < 1e-3 && distance(settling[0]!) > 10 * distance(settling.at(-1)!))
    const traversals = draw('traversals')
    assert.equal(traversals.length, 2 * 9)
    assert.ok(Math.hypot(...traversals[0]!.map((p, i) => p - traversals[8]![i]!)) > 1e-3)
  })
})
