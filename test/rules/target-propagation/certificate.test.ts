// What each row of the certificate says.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LayerCertificate } from '../../../src/certificate/certificate.js'
import { certifyRule } from '../../../src/rules/certify.js'
import { targetPropagation } from '../../../src/rules/target-propagation/target-propagation.js'
import { taskOf } from '../harness.js'
import { type Options, SIMPLE } from './given.js'

const namesAbove = (rows: Readonly<Record<string, LayerCertificate>>, name: string): string[] => {
  const above = rows[name]!.reads.feedback?.blocks ?? []
  return Object.values(rows).flatMap((row) => (above.includes(row.layer) ? [row.name] : []))
}

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
        const above = namesAbove(rows, 'layer 0')
        assert.ok(above.includes('inverse of layer 1') && above.includes('inverse of layer 2'))
        assert.equal(above.includes('label auto-encoder'), topTarget === 'label-autoencoder')
        for (const layer of ['layer 0', 'layer 1', 'layer 2'])
          assert.equal(rows[layer]!.reads.feedback?.transport ?? false, transport, layer)
        assert.deepEqual(rows['inverse of layer 1']!.reads, { labels: 'weights' })
        for (const { window, depth, name } of Object.values(rows))
          assert.deepEqual([window, depth], [1, name === 'label auto-encoder' ? 2 : 1], name)
      }
    })

  test('of the difference reconstruction loss: inverses hear from everything above them', () => {
    const rows = rowsFor({ form: 'drl', topTarget: 'output' })
    const { reads, window } = rows['inverse of layer 1']!
    assert.equal(window, 1)
    const above = namesAbove(rows, 'inverse of layer 1')
    assert.ok(
      ['inverse of layer 2', 'layer 2', 'output'].every((name) => above.includes(name)),
      `${above}`,
    )
    assert.equal(reads.feedback!.transport, false)
  })
})
