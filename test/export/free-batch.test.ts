import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freeBatch, type Part } from '../../src/export/free-batch.js'
import { proto } from '../../src/onnx/schema.js'

const FLOAT = 1
/** A graph that adds a weight of these bytes to `x`. */
const adding = (rawData: Uint8Array): Part => ({
  nodes: [proto('NodeProto', { opType: 'Add', input: ['x', 'w'], output: ['scores'] })],
  initializers: [proto('TensorProto', { name: 'w', dataType: FLOAT, dims: [BigInt(rawData.length / 4)], rawData })],
})
const free = (a: Uint8Array, b: Uint8Array): Part | undefined => freeBatch(adding(a), adding(b), [1009, 2003])

/** Bytes of which no list can be made: one takes many times the memory of what it lists. */
function unlisted(bytes: Uint8Array): Uint8Array {
  Object.defineProperty(bytes, Symbol.iterator, {
    value() {
      throw new Error('the bytes of a weight were listed')
    },
  })
  return bytes
}

test('weights are compared where they lie: the same memory, or another of the same bytes', () => {
  const weight = unlisted(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8))
  for (const other of [weight, unlisted(weight.slice()), new Uint8Array(weight.buffer)]) {
    const part = free(weight, other)
    assert.ok(part, 'any batch')
    assert.equal((part.initializers.at(-1) as unknown as { rawData: Uint8Array }).rawData, weight)
  }
})

test('a weight that differs in one byte depends on the batch, and so does another part of the same memory', () => {
  const memory = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 9)
  const [first, second] = [memory.subarray(0, 8), memory.subarray(8)]
  assert.equal(free(first, second), undefined)
  assert.equal(free(first, memory.subarray(0, 4)), undefined)
  assert.ok(free(first, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)))
})
