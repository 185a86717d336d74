import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeSafetensors, encodeSafetensors, type TensorFile } from '../../src/train/safetensors.js'

const file: TensorFile = {
  metadata: { made: 'by hand' },
  tensors: [
    { name: 'w', dtype: 'float32', shape: [1, 2], data: Float32Array.of(1, -2) },
    { name: 'n', dtype: 'int32', shape: [], data: Int32Array.of(-1) },
    { name: 'on', dtype: 'bool', shape: [3], data: Uint8Array.of(1, 0, 1) },
    { name: 'none', dtype: 'float32', shape: [0, 4], data: new Float32Array(0) },
  ],
}

/** A file with this header and these numbers, written after the format's own description. */
function bytesOf(header: string, numbers: readonly number[]): Uint8Array {
  const text = new TextEncoder().encode(header)
  return Uint8Array.of(text.length & 255, text.length >> 8, 0, 0, 0, 0, 0, 0, ...text, ...numbers)
}

test('bytes are those of the format', () => {
  const header =
    '{"__metadata__":{"made":"by hand"},"w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},' +
    '"n":{"dtype":"I32","shape":[],"data_offsets":[8,12]},"on":{"dtype":"BOOL","shape":[3],"data_offsets":[12,15]},' +
    '"none":{"dtype":"F32","shape":[0,4],"data_offsets":[15,15]}}'
  const padded = header.padEnd(Math.ceil(header.length / 8) * 8)
  const numbers = [0, 0, 128, 63, 0, 0, 0, 192, 255, 255, 255, 255, 1, 0, 1]
  assert.deepEqual(encodeSafetensors(file), bytesOf(padded, numbers))
})

test('what was written is read again, from a view of a larger buffer too', () => {
  const bytes = encodeSafetensors(file)
  const shifted = new Uint8Array(bytes.length + 5)
  shifted.set(bytes, 5)
  for (const own of [bytes, shifted.subarray(5), Buffer.from(bytes)]) {
    const read = decodeSafetensors(own)
    assert.deepEqual(read, file)
    own.fill(0)
    assert.equal(read.tensors[0]!.data[1], -2)
    own.set(encodeSafetensors(file))
  }
})

const entry = (dtype: string, shape: string, offsets: string): string =>
  `{"a":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}}`
const two = (first: string, second: string): string =>
  `{"a":{"dtype":"BOOL","shape":[2],"data_offsets":${first}},"b":{"dtype":"BOOL","shape":[2],"data_offsets":${second}}}`

const damaged: Record<string, [Uint8Array, RegExp]> = {
  'no bytes': [new Uint8Array(0), /fewer than a header/],
  'a picture': [Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10, 0, 0), /header should have/],
  'cut in the header': [encodeSafetensors(file).subarray(0, 60), /header should have/],
  'cut in the numbers': [encodeSafetensors(file).subarray(0, -4), /was cut in the numbers of/],
  'more than the tensors': [bytesOf(entry('"BOOL"', '[1]', '[0,1]'), [1, 1]), /1 bytes follow/],
  'no JSON': [bytesOf('{"a":', []), /no JSON/],
  'no UTF-8': [Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe), /no JSON/],
  'a list': [bytesOf('[1]', []), /no object/],
  'another type': [bytesOf(entry('"F16"', '[1]', '[0,2]'), [0, 0]), /type "F16"/],
  'a type of objects': [bytesOf(entry('"toString"', '[1]', '[0,2]'), [0, 0]), /type "toString"/],
  'a negative size': [bytesOf(entry('"BOOL"', '[-1]', '[0,1]'), [0]), /shape \[-1\]/],
  'a size that does not fit': [bytesOf(entry('"F32"', '[2]', '[0,4]'), [0, 0, 0, 0]), /takes 8 bytes, but has 4/],
  'no place': [bytesOf('{"a":{"dtype":"BOOL","shape":[1]}}', [0]), /lies at undefined/],
  'an entry that is none': [bytesOf('{"a":null}', []), /type undefined/],
  'an overlap': [bytesOf(two('[0,2]', '[1,3]'), [0, 0, 0]), /begin at byte 1/],
  'a gap': [bytesOf(two('[0,2]', '[3,5]'), [0, 0, 0, 0, 0]), /begin at byte 3/],
  'metadata of numbers': [bytesOf('{"__metadata__":{"a":1}}', []), /no text/],
}

for (const [name, [bytes, message]] of Object.entries(damaged))
  test(`refused: ${name}`, () => {
    assert.throws(() => decodeSafetensors(bytes), message)
  })
