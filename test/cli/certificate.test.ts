import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Certificate, LayerCertificate } from '../../src/certificate/certificate.js'
import { listed } from '../../src/certificate/words.js'
import { describeCertificate } from '../../src/cli/certificate.js'
import { certificateWord } from '../../src/compare/result.js'
import './no-colour.js'

const layer = (index: number, over: Partial<LayerCertificate>, reads: Partial<LayerCertificate['reads']> = {}) => ({
  layer: index,
  name: `layer ${index}`,
  learns: true,
  window: 1,
  depth: 1,
  inside: 1,
  ...over,
  reads: { labels: 'none' as const, ...reads },
})

const words = (certificate: Certificate): string[] => describeCertificate(certificate, 400)

test('a local network is called local by cells where a cell has several products', () => {
  const certificate = { local: true, layers: [layer(0, { depth: 4 }), layer(1, {}, { labels: 'loss' })] }
  assert.deepEqual(words(certificate), [
    '  layer 0  learns from its own input alone (its gradient crosses 4 products inside it); it sees no label',
    '  layer 1  learns from its own input alone; the label enters its loss',
    '  Local by cells, up to 4 products deep: no gradient passes from one layer to another.',
  ])
  assert.equal(certificateWord(certificate), 'local by cells')
})

test('a cell that sends something back by hand is as deep as its own products are', () => {
  const certificate = { local: true, layers: [layer(0, { depth: 0, inside: 3 }), layer(1, {})] }
  assert.match(words(certificate)[0]!, /learns from its own input alone \(it is 3 products deep\)/)
  assert.match(words(certificate)[2]!, /^ {2}Local by cells, up to 3 products deep/)
})

test('a choice that comes from above is told with its bits, in the verdict too', () => {
  const chosen = layer(0, {}, { labels: 'input', choice: { blocks: [1, 2], bits: Math.log2(10) } })
  assert.deepEqual(
    words({ local: true, layers: [chosen, layer(1, {}), layer(2, { name: 'head' }, { labels: 'weights' })] }),
    [
      '  layer 0  learns from its own input alone; the label is part of its input; what it is fed is chosen using layer 1 and head (a choice of 3.32 bits a sample, no gradient)',
      '  layer 1  learns from its own input alone; it sees no label',
      '  head     learns from its own input alone; it sees no label, but other layers learned with labels',
      '  Local: no gradient passes from one layer to another, and from above comes nothing but a choice of 3.32 bits a sample.',
    ],
  )
})

test('what the output sends straight to a layer is told in numbers, or in bits where it is less than a number', () => {
  const rows = [
    layer(0, {}, { broadcast: { bits: 320, numbers: 10 } }),
    layer(1, {}, { broadcast: { bits: 1, numbers: 1 } }),
  ]
  assert.deepEqual(words({ local: false, layers: [...rows, layer(2, {})] }), [
    '  layer 0  takes derivatives of its own alone; it sees no label; the output is sent straight to it (up to 10 numbers a sample)',
    '  layer 1  takes derivatives of its own alone; it sees no label; the output is sent straight to it (1 bit a sample)',
    '  layer 2  learns from its own input alone; it sees no label',
    '  Not local: the output is sent straight to layer 0 and layer 1.',
  ])
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

test('feedback is told by block, in ranges, with transported weights', () => {
  const layers = [
    layer(0, { depth: 0 }, { feedback: { blocks: [1, 2, 3, 5], transport: true } }),
    ...[1, 2, 3, 4].map((i) => layer(i, {})),
    layer(5, { name: 'output' }),
  ]
  const [first, ...rest] = words({ local: false, layers })
  assert.match(first!, /; it gets feedback from layers 1 to 3 and output, with the forward weights used backwards$/)
  assert.equal(rest.at(-1), '  Not local: feedback from above enters the updates of layer 0.')
})

test('of a deep network, layers that follow each other and say the same are one row', () => {
  const deep = (of: (i: number) => ReturnType<typeof layer>) => Array.from({ length: 127 }, (_, i) => of(i))
  const output = layer(127, { name: 'output' }, { labels: 'loss' })
  const own = deep((i) => layer(i, {}, { labels: i === 5 ? 'input' : 'none' }))
  assert.deepEqual(words({ local: true, layers: [...own, output] }), [
    '  layers 0 to 4    each: learns from its own input alone; it sees no label',
    '  layer 5          learns from its own input alone; the label is part of its input',
    '  layers 6 to 126  each: learns from its own input alone; it sees no label',
    '  output           learns from its own input alone; the label enters its loss',
    '  Local: no gradient passes from one layer to another.',
  ])
  const above = (i: number): number[] => Array.from({ length: 127 - i }, (_, k) => i + 1 + k)
  const fed = deep((i) => layer(i, { depth: 0 }, { feedback: { blocks: above(i), transport: false } }))
  assert.deepEqual(words({ local: false, layers: [...fed, output] }).slice(0, 2), [
    '  layers 0 to 123  each: takes no derivatives; it sees no label; it gets feedback from all layers above it',
    '  layer 124        takes no derivatives; it sees no label; it gets feedback from layer 125, layer 126 and output',
  ])
  const crossed = deep((i) => layer(i, { window: 128 - i, depth: 128 - i }, { labels: 'loss' }))
  assert.deepEqual(words({ local: false, layers: [...crossed, output] }).slice(0, 2), [
    '  layers 0 to 124  each: its gradient passes through all layers above it; the label enters its loss',
    '  layer 125        its gradient passes through 3 layers, 3 products deep; the label enters its loss',
  ])
})

test('names of one kind are a range from three on', () => {
  assert.equal(listed(['layer 1', 'layer 2']), 'layer 1 and layer 2')
  assert.equal(listed(['layer 1', 'layer 2', 'layer 3', 'layer 5', 'head']), 'layers 1 to 3, layer 5 and head')
})

test('a network declared as one block is told that there is nothing to be local to', () => {
  assert.equal(
    words({ local: false, layers: [layer(0, { depth: 9 })] }).at(-1),
    '  Not local: the network is one block, so there is nothing to be local to.',
  )
})
