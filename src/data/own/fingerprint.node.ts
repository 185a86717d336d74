import { createHash } from 'node:crypto'
import type { DataSet } from '../dataset.js'

/** SHA-256 of all that a training could notice: what the samples are, and the numbers of both splits in their order. */
export function fingerprint({ input, target, names, train, test }: Omit<DataSet, 'name'>): string {
  const hash = createHash('sha256')
  hash.update(JSON.stringify({ input, target, names, counts: [train.count, test.count] }))
  for (const { inputs, targets } of [train, test])
    for (const numbers of [inputs, targets ?? new Uint8Array()]) {
      hash.update(numbers.constructor.name)
      hash.update(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength))
    }
  return hash.digest('hex')
}
