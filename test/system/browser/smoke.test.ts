import test from 'node:test'
import { inPage } from './chromium.js'

test('smoke', async () => {
  const { value } = await inPage<any>(`
    const { open } = await import('/dist/browser/page.js')
    const t0 = performance.now()
    const session = await open({ rule: 'forward-forward', data: 'glyphs', options: { epochs: 1, device: 'wasm', threads: 1 } })
    const t1 = performance.now()
    const events = []
    for await (const event of session.train()) events.push([performance.now() - t1, event.event, event.epoch, event.batch, JSON.stringify(event.validation ?? event.test ?? event.rowsPerSecond)])
    const evaluation = await session.evaluate()
    const acts = (await session.activities([new Uint8Array(784)])).map(a => [a.block, a.views, a.shape, a.values.length])
    const pics = (await session.samples({count: 4})).map(a => [a.name, a.description, a.images.length])
    const onnx = await session.exportOnnx()
    return { open: t1 - t0, events, evaluation, acts, pics, onnx: onnx.bytes.length, about: session.about.threads }
  `)
  console.log(JSON.stringify(value, null, 1).slice(0, 6000))
})
