import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { labMethods } from '../../lab/src/session/inside.js'
import type { Assessed } from '../../lab/src/session/protocol.js'
import { ruleOf, shapesOf, tracedFor } from '../../lab/src/session/wanted.js'
import { epochsIn, epochThrough } from '../../lab/src/state/epochs.js'
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
  const epochs: { readonly epoch: number; readonly told: Scores | undefined; readonly own: Assessed }[] = []
  for await (const event of session.train({ test: false }))
    if (event.event === 'epoch') {
      const epoch = epochThrough(session.about, event)
      epochs.push({ epoch, told: event.validation, own: await session.ask('assess') })
    }
  const files = await session.files()
  const [config, metrics] = ['config.json', 'metrics.jsonl'].map((name) => new TextDecoder().decode(files[name]))
  assert.equal(epochsIn(config!, metrics!), epochs.length)
  await session.close()
  return epochs
}

test('epochs are counted through all phases, by events, by the files of a run, and by what is described', async () => {
  const wanted = { rule: 'uff', data: 'glyphs', hyper: { units: [10, 10] }, options: { schedule: 'greedy', epochs: 2 } }
  const epochs = await assessed('uff', { hyper: wanted.hyper, options: { schedule: 'greedy', epochs: 2 } })
  assert.equal(epochs.length % 2, 0)
  for (const [i, { epoch, own }] of epochs.entries()) assert.deepEqual([epoch, own.epoch], [i + 1, i + 1])
  assert.equal(tracedFor(wanted, ruleOf(wanted), shapesOf(wanted)).epochs, epochs.length)
})

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
