import assert from 'node:assert/strict'
import type { Certificate, Labels } from '../../src/certificate/certificate.js'
import type { LocalityPromise } from '../../src/rules/contract.js'

/** Holds a certificate to the promise in the rule's header: neither more nor less than what was promised. */
export function assertPromise({ local, layers }: Certificate, promise: LocalityPromise): void {
  const promised = {
    window: promise.window === 'all' ? layers.length : promise.window,
    local: promise.local,
    choice: promise.choice ?? false,
    broadcast: promise.broadcast ?? false,
    feedback: promise.feedback ?? 'none',
    ...(promise.labels && { labels: [...promise.labels].sort() }),
    ...(promise.depth !== undefined && { depth: promise.depth }),
  }
  const feedback = layers.flatMap(({ reads }) => (reads.feedback ? [reads.feedback] : []))
  const labels = [...new Set(layers.map(({ reads }): Labels => reads.labels))].sort()
  const found = {
    local,
    window: Math.max(...layers.map(({ window }) => window)),
    choice: layers.some(({ reads }) => reads.choice),
    broadcast: layers.some(({ reads }) => reads.broadcast),
    feedback: feedback.some(({ transport }) => transport)
      ? 'forward weights'
      : feedback.length > 0
        ? 'other weights'
        : 'none',
    ...(promise.labels && { labels }),
    ...(promise.depth !== undefined && { depth: Math.max(...layers.map(({ depth }) => depth)) }),
  }
  const rows = layers.map(({ name, window, reads }) => `${name}: ${window}, ${JSON.stringify(reads)}`).join('; ')
  for (const key of Object.keys(promised) as (keyof typeof promised)[])
    assert.deepEqual(
      found[key],
      promised[key],
      `the rule promises ${key}=${JSON.stringify(promised[key])}, and its certificate says ${JSON.stringify(found[key])}: ${rows}`,
    )
}
