import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Certificate, LayerCertificate } from '../../src/certificate/certificate.js'
import { drawCertificate } from '../../src/draw/certificate.js'
import { certificateLayout, type DrawnBox, type DrawnFlow } from '../../src/draw/certificate-layout.js'
import { certifyRule } from '../../src/rules/certify.js'
import { RULES } from '../../src/rules/registry.js'

const layer = (index: number, reads: Partial<LayerCertificate['reads']> = {}, window = 1): LayerCertificate => ({
  ...{ layer: index, name: `layer ${index}`, learns: true, window, depth: window, inside: 1 },
  reads: { labels: 'none', ...reads },
})

const certificateOf = (...layers: readonly LayerCertificate[]): Certificate => ({ local: false, layers })

const above = (flows: readonly DrawnFlow[]): DrawnFlow[] =>
  flows.filter(({ kind }) => kind !== 'input' && kind !== 'label')

/** The box on whose right edge a point lies. */
const boxAt = (boxes: readonly DrawnBox[], [x, y]: readonly [number, number]): string | undefined =>
  boxes.find((box) => x === box.x + box.width && y > box.y && y < box.y + box.height)?.name

test('every line from above leaves the boxes that the certificate names and enters the one that it is about', () => {
  const certificate = certificateOf(
    layer(0, { labels: 'loss', feedback: { blocks: [1, 3], transport: true } }),
    layer(1, { choice: { blocks: [2, 3], bits: Math.log2(10) } }),
    layer(2, { broadcast: { bits: 320, numbers: 10 } }, 2),
    layer(3, { labels: 'input' }),
  )
  const { boxes, flows, legend } = certificateLayout(certificate)
  const found = above(flows).map(({ kind, lines, dots, text }) => [
    ...[kind, boxAt(boxes, lines[0]!.at(-1)!), dots.map((dot) => boxAt(boxes, dot))],
    text?.text,
  ])
  assert.deepEqual(found, [
    ['transport', 'layer 0', ['layer 1', 'layer 3'], undefined],
    ['choice', 'layer 1', ['layer 2', 'layer 3'], '3.3 bits'],
    ['derivative', 'layer 2', ['layer 3'], undefined],
    ['broadcast', 'layer 2', ['output'], '≤ 10 numbers'],
  ])
  const labels = flows.filter(({ kind }) => kind === 'label').map(({ text }) => text!.text)
  assert.deepEqual(labels, ['loss', 'input'])
  assert.deepEqual(
    legend.map(({ kind }) => kind),
    ['input', 'label', 'derivative', 'choice', 'broadcast', 'transport'],
  )
})

test('lines that run side by side do not lie on each other', () => {
  for (const rule of RULES) {
    const { flows } = certificateLayout(certifyRule(rule, 'glyphs'))
    const upright = above(flows).map(({ lines: [line] }) => {
      const [, [x, from], [, to]] = line as [unknown, readonly [number, number], readonly [number, number]]
      return { x, from: Math.min(from, to), to: Math.max(from, to) }
    })
    for (const [i, a] of upright.entries())
      for (const b of upright.slice(i + 1))
        assert.ok(a.x !== b.x || a.to < b.from || b.to < a.from, `${rule.id}: two lines at ${a.x}`)
  }
})

test('of many layers the lowest and the highest are drawn, and the others together', () => {
  const many = Array.from({ length: 128 }, (_, i) =>
    layer(i, i < 127 ? { feedback: { blocks: [i + 1], transport: false } } : {}),
  )
  const { boxes, flows, height } = certificateLayout(certificateOf(...many))
  const names = boxes.filter(({ kind }) => kind === 'layer' || kind === 'layers').map(({ name }) => name)
  assert.deepEqual(names, [
    ...['layer 0', 'layer 1', 'layer 2', 'layer 3', 'layers 4 to 123'],
    ...['layer 124', 'layer 125', 'layer 126', 'layer 127'],
  ])
  assert.equal(above(flows).length, 7)
  assert.ok(height < 1000)
})

test('the drawing is one element with a name, well-formed, and whatever a layer is called cannot break it', () => {
  const svg = drawCertificate(certificateOf({ ...layer(0), name: '<b> & "layer"' }, layer(1, {}, 1)))
  assert.match(svg, /^<svg [^>]*role="img"[^>]* aria-label="Not local: [^"]*&lt;b&gt; &amp; &quot;layer&quot;: /)
  assert.ok(svg.includes('>&lt;b&gt; &amp; &quot;layer&quot;</text>'))
  const open: string[] = []
  for (const [, closes, name, rest] of svg.matchAll(/<(\/?)(\w+)([^>]*)>/g))
    if (closes) assert.equal(open.pop(), name)
    else if (!rest!.endsWith('/')) open.push(name!)
  assert.deepEqual(open, [])
})
