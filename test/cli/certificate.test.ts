import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeCertificate } from '../../src/cli/certificate.js'
import { PLAIN } from '../../src/cli/output/style.js'
import type { Certificate, LayerCertificate } from '../../src/certificate/certificate.js'

const layer = (index: number, over: Partial<LayerCertificate>, reads: Partial<LayerCertificate['reads']> = {}) => ({
  layer: index,
  name: `layer ${index}`,
  learns: true,
  window: 1,
  depth: 1,
  ...over,
  reads: { labels: 'none' as const, choice: [], feedback: [], transport: false, global: [], ...reads },
})

const words = (certificate: Certificate): string[] => describeCertificate(certificate, PLAIN, 400)

test('a local network is called local, and a cell of several products says so', () => {
  const certificate = { local: true, layers: [layer(0, { depth: 4 }), layer(1, {}, { labels: 'loss' })] }
  assert.deepEqual(words(certificate), [
    '  layer 0  learns from its own input alone (its gradient crosses 4 products inside it); it sees no label',
    '  layer 1  learns from its own input alone; the label enters its loss',
    '  Local: no gradient passes from one layer to another.',
  ])
})

test('a choice that comes from above is told, in the verdict too', () => {
  const chosen = layer(0, {}, { labels: 'input', choice: ['head.layer.weight'] })
  assert.deepEqual(words({ local: true, layers: [chosen, layer(1, {})] }), [
    '  layer 0  learns from its own input alone; the label is part of its input; what it is shown is chosen with the help of head above',
    '  layer 1  learns from its own input alone; it sees no label',
    '  Local: no gradient passes from one layer to another, and from above comes nothing but a choice.',
  ])
})

test('so are single numbers', () => {
  const both = layer(0, {}, { choice: ['layers.1.weight'], global: ['reward'] })
  assert.equal(
    words({ local: true, layers: [both, layer(1, {})] }).at(-1),
    '  Local: no gradient passes from one layer to another, and from above comes nothing but a choice and single numbers.',
  )
})

test('backpropagation is called not local, by the layers whose gradients cross others', () => {
  const certificate = { local: false, layers: [layer(0, { window: 2, depth: 2 }, { labels: 'loss' }), layer(1, {})] }
  assert.deepEqual(words(certificate), [
    '  layer 0  its gradient passes through 2 layers, 2 products deep; the label enters its loss',
    '  layer 1  learns from its own input alone; it sees no label',
    '  Not local: gradients cross layers in the updates of layer 0.',
  ])
})

test('a frozen layer is said not to learn', () => {
  assert.equal(
    words({ local: true, layers: [layer(0, { learns: false }), layer(1, {})] })[0],
    '  layer 0  does not learn',
  )
})

test('feedback, transported weights and global signals are named', () => {
  const reads = { feedback: ['layers.1.weight', 'layers.1.bias'], transport: true, global: ['reward'] }
  assert.deepEqual(words({ local: false, layers: [layer(0, {}, reads), layer(1, {})] }), [
    '  layer 0  takes derivatives of its own alone; it sees no label; it gets feedback from layer 1 above, with the forward weights used backwards; it gets the single numbers reward from above',
    '  layer 1  learns from its own input alone; it sees no label',
    '  Not local: feedback from above enters the updates of layer 0.',
  ])
})

test('a rule without derivatives is not said to take any', () => {
  const settled = layer(0, { depth: 0 }, { feedback: ['layers.1.weight'] })
  assert.equal(
    words({ local: false, layers: [settled, layer(1, {})] })[0],
    '  layer 0  takes no derivatives; it sees no label; it gets feedback from layer 1 above',
  )
})

test('a network declared as one block is told that there is nothing to be local to', () => {
  assert.equal(
    words({ local: false, layers: [layer(0, { depth: 9 })] }).at(-1),
    '  Not local: the network is one block, so there is nothing to be local to.',
  )
})
