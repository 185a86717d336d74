// What the certificate says of every method is what the rule promises.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { broadcast } from '../../../src/rules/broadcast/broadcast.js'
import { METHODS } from '../../../src/rules/broadcast/options.js'
import { certifyRule } from '../../../src/rules/certify.js'
import { assertPromise } from '../promise.js'
import { CONVOLUTIONAL, given, type Options } from './given.js'

const NETWORKS: Readonly<Record<string, Options>> = {
  'one hidden layer': { units: [6] },
  'two, tanh': { units: [6, 5], activation: 'tanh' },
  three: {},
  convolutional: CONVOLUTIONAL,
}

for (const method of METHODS)
  describe(method, () => {
    for (const [name, network] of Object.entries(NETWORKS))
      test(`its promise, ${name}`, () => {
        const { hyper, task } = given({ ...network, method })
        const { promise } = broadcast.locality(task, hyper)
        assertPromise(certifyRule(broadcast, task, hyper), promise)
      })
  })

/** What each block reads. */
const readsOf = (options: Options) => {
  const { hyper, task } = given(options)
  const { local, layers } = certifyRule(broadcast, task, hyper)
  return { local, ...Object.fromEntries(layers.map(({ name, reads }) => [name, reads])) } as Record<string, unknown>
}

test('a broadcast has as many numbers as the output; factors add theirs', () => {
  const numbers = (options: Options): unknown =>
    (readsOf(options)['layer 0'] as { broadcast: { numbers: number } }).broadcast.numbers
  assert.equal(numbers({}), 3)
  assert.equal(numbers({ method: 'dfa' }), 3)
})

test('an error that comes down a chain is feedback of the layers between, and sign symmetry reads forward weights', () => {
  const fa = readsOf({ method: 'fa', units: [6, 5] })
  assert.deepEqual(fa['layer 1'], { labels: 'loss', broadcast: { bits: 96, numbers: 3 } })
  assert.deepEqual((fa['layer 0'] as { feedback: unknown }).feedback, { blocks: [1], transport: false })
  for (const magnitude of ['unit', 'batch', 'fixed'] as const)
    for (const layer of ['layer 0', 'layer 1']) {
      const reads = readsOf({ method: 'sign-symmetry', units: [6, 5], magnitude })[layer]
      assert.equal((reads as { feedback: { transport: boolean } }).feedback.transport, true)
    }
})

test('labels alone are local', () => {
  const reads = readsOf({ method: 'drtp' })
  assert.equal(reads.local, true)
  assert.deepEqual(reads['layer 0'], { labels: 'loss' })
})
