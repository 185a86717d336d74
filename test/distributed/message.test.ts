import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 as zlibCrc32 } from 'node:zlib'
import { crc32, plainCrc32 } from '../../src/distributed/crc.js'
import { decodeMessage, encodeMessage, MalformedError, type WireTensor } from '../../src/distributed/message.js'

const LAYOUT = {
  codes: { type: 'I8', shape: [3] },
  x: { type: 'F32', shape: [2, 3] },
  sums: { type: 'F64', shape: [1] },
  labels: { type: 'I32', shape: [2] },
} as const
const TENSORS: readonly WireTensor[] = [
  { name: 'codes', ...LAYOUT.codes, data: Int8Array.of(-128, 0, 127) },
  { name: 'x', ...LAYOUT.x, data: Float32Array.of(1, -2, 3.5, 0, 1e-30, 7) },
  { name: 'sums', ...LAYOUT.sums, data: Float64Array.of(Math.PI) },
  { name: 'labels', ...LAYOUT.labels, data: Int32Array.of(-1, 9) },
]

test('CRC-32 is that of zlib, at any length and place', () => {
  const bytes = Uint8Array.from({ length: 1031 }, (_, i) => (i * 197) ^ (i >> 3))
  for (const length of [0, 1, 2, 3, 4, 5, 7, 8, 63, 1024, 1031])
    for (const place of [0, 3, 4])
      for (const own of [crc32, plainCrc32])
        assert.equal(own(bytes.subarray(place, place + length)), zlibCrc32(bytes.subarray(place, place + length)))
})

test('tensors arrive as they were sent, wherever the message lies in memory', () => {
  const { headers, payload } = encodeMessage(TENSORS, { step: '7' })
  assert.equal(headers.step, '7')
  const room = new Uint8Array(payload.length + 3)
  room.set(payload, 3)
  const decoded = decodeMessage({ headers, payload: room.subarray(3) }, LAYOUT, { finite: true })
  for (const { name, data } of TENSORS) assert.deepEqual(decoded[name], data)
})

test('what is not exactly what was to come is refused, with the reason', () => {
  const whole = encodeMessage(TENSORS)
  const refuses = (
    what: RegExp,
    tensors: readonly WireTensor[],
    layout: Parameters<typeof decodeMessage>[1] = LAYOUT,
  ): void =>
    assert.throws(
      () => decodeMessage(encodeMessage(tensors), layout, { finite: true }),
      (error) => error instanceof MalformedError && what.test(error.message),
    )
  const [codes, x, sums, labels] = TENSORS as [WireTensor, WireTensor, WireTensor, WireTensor]
  refuses(/labels is missing/, [codes, x, sums])
  refuses(/holds more, which nobody asked for/, [...TENSORS, { ...labels, name: 'more' }])
  refuses(/holds constructor, which nobody/, [...TENSORS, { ...labels, name: 'constructor' }])
  refuses(/x is F32 \[3,2\], not F32 \[2,3\]/, [codes, { ...x, shape: [3, 2] }, sums, labels])
  refuses(/labels is F32 \[2\], not I32 \[2\]/, [codes, x, sums, { ...labels, type: 'F32', data: new Float32Array(2) }])
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
    refuses(/x holds a number that is not finite/, [
      codes,
      { ...x, data: x.data.map((_, i) => (i ? 0 : value)) as Float32Array },
      sums,
      labels,
    ])
  assert.throws(
    () => decodeMessage({ ...whole, headers: {} }, LAYOUT),
    /its CRC-32 is [0-9a-f]+, and should be undefined/,
  )
  const long = { ...codes, name: 'n'.repeat(199), shape: [0], data: new Int8Array(0) }
  refuses(
    /its header has \d+ bytes, more than 65536/,
    Array.from({ length: 300 }, (_, i) => ({ ...long, name: `${long.name.slice(4)}${i}` })),
  )
})

test('whatever is changed, cut or made up, nothing but a refusal comes of it', () => {
  const { payload, headers } = encodeMessage(TENSORS)
  const draw = draws(7)
  const tried = (bytes: Uint8Array, crc = crc32(bytes).toString(16)): void => {
    try {
      const decoded = decodeMessage({ payload: bytes, headers: { 'onward-crc': crc } }, LAYOUT)
      for (const { name, data } of TENSORS) assert.equal(decoded[name]!.length, data.length)
    } catch (error) {
      assert.ok(error instanceof MalformedError, `${error}`)
    }
  }
  for (let i = 0; i < 3000; i++) {
    const changed = payload.slice()
    for (let changes = 1 + draw(3); changes > 0; changes--) changed[draw(changed.length)] = draw(256)
    tried(changed)
    tried(payload.slice(0, draw(payload.length)))
    tried(Uint8Array.from({ length: draw(60) }, () => draw(256)))
    // Damage alone is found by the CRC.
    if (!Buffer.from(changed).equals(payload))
      assert.throws(() => decodeMessage({ payload: changed, headers }, LAYOUT), MalformedError)
  }
})

/** Whole numbers below a bound, the same in every run. */
function draws(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
