// What each row of the certificate says.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { certifyRule } from '../../../src/rules/certify.js'
import { targetPropagation } from '../../../src/rules/target-propagation/target-propagation.js'
import { taskOf } from '../harness.js'
import { type Options, SIMPLE } from './given.js'

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
