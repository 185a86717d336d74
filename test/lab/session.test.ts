import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { labMethods } from '../../lab/src/session/inside.js'
import type { Assessed } from '../../lab/src/session/protocol.js'
import { open } from '../../src/browser/open.js'
import type { OpenRequest } from '../../src/browser/session.js'
import type { Scores } from '../../src/train/events.js'
import { endWorkers, fakeWorker } from '../browser/fake-worker.js'

after(endWorkers)

/** What each epoch tells of held-out samples, and what the lab is told beside it. */
async function assessed(rule: string, { hyper, options }: Pick<OpenRequest, 'hyper' | 'options'>) {
  const small = { epochs: 2, batch: 20, limit: 200, validation: 40, threads: 1, device: 'wasm' } as const
  const own = fakeWorker({ methods: labMethods })
  const session = await open({ rule, data: 'glyphs', hyper, options: { ...small, ...options }, ...own })
  const epochs: { readonly told: Scores | undefined; readonly own: Assessed }[] = []
  for await (const event of session.train({ test: false }))
    if (event.event === 'epoch') epochs.push({ told: event.validation, own: await session.ask('assess') })
  await session.close()
  return epochs
}

const figures = ({ network, blocks }: Scores) => ({ network, blocks: Object.keys(blocks ?? {}) })

test('the lab is told of held-out samples what an epoch tells of them: nothing of layers that learn later', async () => {
  const epochs = await assessed('uff', { hyper: { units: [10, 10] }, options: { schedule: 'greedy', epochs: 1 } })
  assert.ok(epochs.length > 1)
  for (const { told, own } of epochs.slice(0, -1)) {
    assert.deepEqual(figures(own.validation), figures(told!))
    assert.equal(own.confusion, undefined)
  }
  const { own } = epochs.at(-1)!
  assert.ok(own.validation.network?.accuracy !== undefined && own.confusion)
})

test('a read-out that is not solved yet says nothing in the lab; one that is says what it does', async () => {
  const [first, last] = await assessed('sparse-cells', { hyper: { latents: 8 }, options: {} })
  assert.deepEqual([first!.told, first!.own.validation, first!.own.confusion], [undefined, {}, undefined])
  assert.ok(last!.own.validation.network?.accuracy !== undefined && last!.own.confusion)
})
