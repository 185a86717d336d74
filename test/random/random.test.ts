import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fnv1a64 } from '../../src/random/hash.js'
import { boxMuller } from '../../src/random/normal.js'
import { type Counter, type Key, philox4x32 } from '../../src/random/philox.js'
import { stream } from '../../src/random/stream.js'

test('philox4x32 gives the known answers of Random123 (tests/kat_vectors, philox4x32 10)', () => {
  const vectors: [Counter, Key, number[]][] = [
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ]
  for (const [counter, key, expected] of vectors) {
    const out = new Uint32Array(4)
    philox4x32(counter, key, out)
    assert.deepEqual([...out], expected)
  }
})

/** Philox4x32-10 as the paper writes it, in big integers. */
function philoxByBigInt(counter: Counter, key: Key): number[] {
  let x = counter.map((word) => BigInt.asUintN(32, BigInt(word)))
  let k = key.map((word) => BigInt.asUintN(32, BigInt(word)))
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * x[0]!
    const product1 = 0xcd9e8d57n * x[2]!
    x = [(product1 >> 32n) ^ x[1]! ^ k[0]!, product1, (product0 >> 32n) ^ x[3]! ^ k[1]!, product0]
    x = x.map((word) => BigInt.asUintN(32, word))
    k = [k[0]! + 0x9e3779b9n, k[1]! + 0xbb67ae85n].map((word) => BigInt.asUintN(32, word))
  }
  return x.map(Number)
}

test('philox4x32 agrees with big-integer arithmetic on many blocks, and its lowest counter word wraps', () => {
  const key: Key = [0xdeadbeef, 0x12345678]
  const out = new Uint32Array(4 * 500)
  philox4x32([0xffffff00, 7, 0x89abcdef, 0xffffffff], key, out)
  for (let i = 0; i < 500; i++) {
    const counter: Counter = [(0xffffff00 + i) % 2 ** 32, 7, 0x89abcdef, 0xffffffff]
    assert.deepEqual([...out.subarray(4 * i, 4 * i + 4)], philoxByBigInt(counter, key))
  }
  assert.throws(() => philox4x32([0, 0, 0, 0], key, new Uint32Array(6)), /whole blocks of 4 words, not 6/)
})

test('fnv1a64 gives the published values', () => {
  const hex = (name: string) =>
    fnv1a64(name)
      .toReversed()
      .map((word) => word.toString(16).padStart(8, '0'))
      .join('')
  assert.equal(hex(''), 'cbf29ce484222325')
  assert.equal(hex('a'), 'af63dc4c8601ec8c')
  assert.equal(hex('foobar'), '85944171f73967e8')
})

test('a stream is Philox keyed by the seed, at (block, step, hash of the name)', () => {
  const seed = 5 * 2 ** 32 + 77
  const words = new Uint32Array(5000)
  philox4x32([0, 9, ...fnv1a64('noise')] as const, [77, 5], words)
  const uniforms = new Float32Array(4999)
  const source = stream(seed, 9, 'noise')
  source.uniform(uniforms)
  for (let i = 0; i < 4999; i++) assert.equal(uniforms[i], Math.floor(words[i]! / 256) / 2 ** 24)
  // The next call starts at block 1250.
  const next = new Uint32Array(4)
  philox4x32([1250, 9, ...fnv1a64('noise')] as const, [77, 5], next)
  const three = new Uint32Array(3)
  source.words(three)
  assert.deepEqual(three, next.subarray(0, 3))
})

test('streams differ by seed, step and name, and repeat', () => {
  const first = (seed: number, step: number, name: string) => {
    const out = new Float32Array(8)
    stream(seed, step, name).uniform(out)
    return out.join()
  }
  const all = [first(1, 0, 'a'), first(2, 0, 'a'), first(1 + 2 ** 32, 0, 'a'), first(1, 1, 'a'), first(1, 0, 'b')]
  assert.equal(new Set(all).size, all.length)
  assert.equal(first(1, 1, 'a'), all[3])
})

test('normals equal Box-Muller by the engine, to float32 rounding, at every magnitude', () => {
  const words = new Uint32Array(40000)
  philox4x32([0, 0, 0, 0], [3, 4], words)
  words.set([
    0, 0, 1, 0x20000000, 0xffffffff, 0x1fffffff, 0xfffffffe, 0x80000000, 0x80000000, 0xe0000000, 3, 0xffffffff,
  ])
  const normals = new Float32Array(words.length)
  boxMuller(words, normals, 0, normals.length)
  for (let i = 0; i < words.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log((words[i]! + 0.5) / 2 ** 32))
    const angle = (2 * Math.PI * words[i + 1]!) / 2 ** 32
    for (const [got, expected] of [
      [normals[i]!, radius * Math.cos(angle)],
      [normals[i + 1]!, radius * Math.sin(angle)],
    ] as const) {
      assert.ok(Math.abs(got - expected) <= 6.1e-8 * Math.abs(expected) + 1e-14, `${i}: ${got}, expected ${expected}`)
    }
  }
})

test('uniforms, normals and integers have the right moments and frequencies', () => {
  const n = 400_000
  const uniforms = new Float32Array(n)
  stream(11, 0, 'moments').uniform(uniforms)
  const bins = new Array<number>(64).fill(0)
  for (const u of uniforms) bins[Math.floor(u * 64)]!++
  assert.ok(chiSquare(bins) < 120, `uniforms: chi-square ${chiSquare(bins)} of 63 degrees of freedom`)

  const normals = new Float32Array(n + 1)
  stream(12, 0, 'moments').normal(normals)
  const moment = (power: number) => normals.reduce((sum, x) => sum + x ** power, 0) / normals.length
  // Standard errors: sqrt(1/n), sqrt(2/n), sqrt(15/n), sqrt(96/n); five of each.
  const errors = [1, 2, 15, 96].map((variance) => 5 * Math.sqrt(variance / n))
  for (const [index, expected] of [0, 1, 0, 3].entries()) {
    assert.ok(Math.abs(moment(index + 1) - expected) < errors[index]!, `moment ${index + 1}: ${moment(index + 1)}`)
  }

  // With a bound of 3 * 2^29 a plain remainder would make the lowest third of the range twice as likely.
  const integers = new Int32Array(n)
  stream(13, 0, 'moments').integers(integers, 3 * 2 ** 29)
  const thirds = [0, 0, 0]
  for (const k of integers) thirds[Math.floor(k / 2 ** 29)]!++
  assert.ok(chiSquare(thirds) < 25, `integers: chi-square ${chiSquare(thirds)} of 2 degrees of freedom`)
  stream(13, 0, 'moments').integers(integers, 1)
  assert.ok(integers.every((k) => k === 0))
})

function chiSquare(counts: number[]): number {
  const expected = counts.reduce((sum, count) => sum + count) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

test('bad seeds, steps and bounds are refused', () => {
  for (const seed of [-1, 0.5, 2 ** 53, Number.NaN]) assert.throws(() => stream(seed, 0, 'x'), /A seed is an integer/)
  for (const step of [-1, 1.5, 2 ** 32]) assert.throws(() => stream(0, step, 'x'), /The step of a random stream/)
  for (const bound of [0, -3, 2.5, 2 ** 32]) {
    assert.throws(() => stream(0, 0, 'x').integers(new Int32Array(1), bound), /The bound of random integers/)
  }
})
