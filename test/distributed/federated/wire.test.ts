// Uploads: what rounding loses, and what a stranger's bytes can be.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromEightBits, toEightBits, withFeedback } from '../../../src/distributed/federated/wire/eight-bits.js'
import { encodeFile, type UploadTensor } from '../../../src/distributed/federated/wire/tensors.js'
import { decodeUpload, deltaOf, deltaTensors, encodeUpload } from '../../../src/distributed/federated/wire/upload.js'
import { stream } from '../../../src/random/stream.js'
import { deltaFrom, LAYOUT } from './fixtures.js'

const claims = { run: 'run', client: 'client-0', round: 1, model: 'm', samples: 5, fetched: 0 }
const random = (name: string, step = 0) => stream(3, step, name)

test('rounding to 8 bits is within a code of each row, and right in the mean', () => {
  const values = deltaFrom('client-0', 0)
  const rows = 2
  const sum = new Float64Array(values.length)
  const times = 2000
  for (let k = 0; k < times; k++) {
    const coded = toEightBits(values, rows, random('rounding', k))
    const back = fromEightBits(coded)
    for (let i = 0; i < values.length; i++) {
      const scale = coded.scales[Math.floor(i / (values.length / rows))]!
      assert.ok(Math.abs(back[i]! - values[i]!) <= scale * (1 + 1e-5))
      sum[i]! += back[i]! / times
    }
  }
  // The deviation of a mean of 2000 is at most half a code / sqrt(2000).
  const { scales } = toEightBits(values, rows, random('rounding'))
  for (let i = 0; i < values.length; i++)
    assert.ok(Math.abs(sum[i]! - values[i]!) < (4.5 * 0.5 * Math.max(...scales)) / Math.sqrt(times), `${i}`)
  assert.deepEqual([...fromEightBits(toEightBits(new Float32Array(4), 2, random('zero')))], [0, 0, 0, 0])
})

test('with error feedback no more than one rounding is ever missing from the sum', () => {
  const [wanted, sent] = [new Float64Array(22), new Float64Array(22)]
  let missing: Float32Array | undefined
  for (let round = 0; round < 200; round++) {
    const values = deltaFrom('client-1', round)
    const made = withFeedback(values, missing, 1, random('feedback', round))
    missing = made.missing
    const back = fromEightBits(made.coded)
    for (let i = 0; i < 22; i++) {
      wanted[i]! += values[i]!
      sent[i]! += back[i]!
      assert.ok(Math.abs(wanted[i]! - sent[i]!) <= made.coded.scales[0]! * 1.01, `round ${round}`)
    }
  }
})

test('an upload is read as it was written, in 32 and in 8 bits, and 8 take a quarter', () => {
  const delta = deltaFrom('client-2', 0)
  const read = (bits: 8 | 32) => {
    const tensors = deltaTensors(LAYOUT, delta, bits, { missing: new Map(), random: random('upload') })
    return deltaOf(decodeUpload(encodeUpload(claims, tensors)), LAYOUT)
  }
  assert.deepEqual([...read(32)], [...delta])
  const coarse = read(8)
  assert.ok(
    coarse.every((value, i) => Math.abs(value - delta[i]!) < 0.05) && coarse.some((value, i) => value !== delta[i]!),
  )
})

test('malformed uploads are refused, each with its reason', () => {
  const good = deltaTensors(LAYOUT, deltaFrom('client-2', 0), 32, { missing: new Map(), random: random('upload') })
  const changed = (change: Partial<UploadTensor>): UploadTensor[] => [{ ...good[0]!, ...change }, ...good.slice(1)]
  const refused = (bytes: Uint8Array, reason: RegExp): void => {
    assert.throws(() => deltaOf(decodeUpload(bytes), LAYOUT), reason)
  }
  const upload = (tensors: readonly UploadTensor[], own: object = claims) => encodeUpload(own as typeof claims, tensors)
  refused(new Uint8Array(3), /fewer than a header/)
  refused(new Uint8Array(100).fill(255), /header/)
  refused(upload(good).subarray(0, 200), /cut|ends/)
  refused(encodeFile({ tensors: good, metadata: {} }), /no upload/)
  refused(upload(good.slice(1)), /layers.0.weight is missing/)
  refused(upload([...good, { name: 'more', type: 'F32', shape: [1], data: Float32Array.of(1) }]), /holds more/)
  refused(upload(changed({ shape: [4, 3] })), /layers.0.weight is F32 \[4, 3\], not F32 \[3, 4\]/)
  refused(upload(changed({ type: 'F64', data: new Float64Array(12) })), /is F64/)
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
    refused(upload(changed({ data: new Float32Array(12).fill(value) })), /not finite/)
  refused(upload(changed({ type: 'I8', data: new Int8Array(12) })), /layers.0.weight\/scales is missing/)
  const scaled = changed({ type: 'I8', data: new Int8Array(12) })
  const scales: UploadTensor = {
    name: 'layers.0.weight/scales',
    type: 'F32',
    shape: [3],
    data: new Float32Array(3).fill(Number.NaN),
  }
  refused(upload([...scaled, scales]), /not finite/)
  for (const own of [{ ...claims, samples: -1 }, { ...claims, round: 0.5 }, { ...claims, more: 1 }, 'text'])
    refused(upload(good, own as object), /says of itself/)
})
