import assert from 'node:assert/strict'
import type { Certificate } from '../../src/locality/certificate.js'
import type { LocalityPromise } from '../../src/rules/contract.js'

/** Holds a certificate to the promise in the rule's header: neither more nor less than what was promised. */
export function assertPromise({ local, layers }: Certificate, promise: LocalityPromise): void {
  const widest = Math.max(...layers.map(({ window }) => window))
  const promised = promise.window === 'all' ? layers.length : promise.window
  const rows = layers.map(({ name, window, reads }) => `${name}: ${window}, feedback [${reads.feedback}]`).join('; ')
  assert.equal(widest, promised, `the rule promises a window of ${promised}, and its certificate says ${rows}`)
  assert.equal(local, promise.local, `the rule promises local=${promise.local}, and its certificate says ${rows}`)
}
