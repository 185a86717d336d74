// NPY, NPZ and safetensors, against files that NumPy and Python wrote, and damaged ones.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Arrays, Found } from '../../../src/data/own/content.js'
import { readHead } from '../../../src/data/own/file.node.js'
import { loadData } from '../../../src/data/own/own.node.js'
import { READERS } from '../../../src/data/own/readers.node.js'
import { encodeSafetensors } from '../../../src/train/safetensors.js'
import { ARCHIVES, ARRAYS, REFUSED, SAFETENSORS } from './golden.js'

const folder = mkdtempSync(join(tmpdir(), 'onward-read-arrays-'))
after(() => rmSync(folder, { recursive: true }))

let files = 0
function written(bytes: Uint8Array, ending: string): string {
  const path = join(folder, `${files++}.${ending}`)
  writeFileSync(path, bytes)
  return path
}

/** Reads a file as `loadData` would: by the first reader that knows it. */
async function read(bytes: Uint8Array, ending: string): Promise<Arrays> {
  const path = written(bytes, ending)
  const head = await readHead(path)
  const found: Found = await READERS.find((reader) => reader.recognises(path, head))!.read(path, {})
  assert.equal(found.train.kind, 'arrays')
  return found.train as Arrays
}

const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, 'base64'))
const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'))

for (const { name, base64, shape, numbers, kind } of ARRAYS)
  test(`NPY as NumPy writes it: ${name}`, async () => {
    for (const [bytes, ending] of [
      [bytesOf(base64), 'npy'],
      [gzipSync(bytesOf(base64)), 'npy.gz'],
    ] as const) {
      const { arrays } = await read(bytes, ending)
      assert.equal(arrays.length, 1)
      assert.deepEqual(arrays[0]!.shape, shape)
      assert.equal(arrays[0]!.numbers.constructor.name, kind)
      assert.deepEqual(
        [...arrays[0]!.numbers].map((n) => n + 0),
        numbers.map((n) => Number(`${n}`.replace('inf', 'Infinity')) + 0),
      )
    }
  })

const SAID: Readonly<Record<string, RegExp>> = {
  objects: /holds Python objects, a pickle, which is a program and is never run: save numbers/,
  text: /holds text \("<U3"\); read are truth values, whole numbers, and floats up to 64 bits\.$/,
  complex: /holds complex numbers \("<c16"\)/,
  records: /holds records of several fields: save each field as an array of its own\.$/,
  dates: /holds dates \("<M8\[D\]"\)/,
  longdouble: /holds floats of this length \("<f16"\)/,
  'too large': /holds 1152921504606846976 at place 0, and whole numbers are read up to 2\^53\.$/,
}

for (const { name, base64 } of REFUSED)
  test(`NPY of other things is refused with the reason: ${name}`, async () => {
    await assert.rejects(read(bytesOf(base64), 'npy'), { name: 'UserError', message: SAID[name]! })
  })

const images = Array.from({ length: 240 }, (_, i) => i % 256)
const labels = Array.from({ length: 40 }, (_, i) => i % 3)

for (const [name, base64] of Object.entries(ARCHIVES))
  test(`NPZ as NumPy writes it: ${name}`, async () => {
    for (const [bytes, ending] of [
      [bytesOf(base64), 'npz'],
      [gzipSync(bytesOf(base64)), 'npz.gz'],
    ] as const) {
      const { arrays, classes } = await read(bytes, ending)
      const [x, y, ...more] = arrays
      assert.deepEqual([x!.shape, [...x!.numbers]], [[40, 2, 3], images])
      assert.deepEqual([y!.shape, [...y!.numbers]], [[40], labels])
      const test = name === 'stored' || name === 'deflated'
      assert.deepEqual(
        more.map((array) => [array.name, array.shape]),
        test
          ? [
              ['x_test', [6, 2, 3]],
              ['y_test', [6]],
            ]
          : [],
      )
      assert.deepEqual(classes, name === 'with names of classes' ? ['cat', 'dög', '鳥'] : undefined)
    }
  })

test('an NPZ is a data set', async () => {
  const data = await loadData(written(bytesOf(ARCHIVES.deflated!), 'npz'))
  assert.deepEqual(data.input, { shape: [1, 2, 3], levels: 256 })
  assert.deepEqual(data.target, { kind: 'class', count: 3 })
  assert.deepEqual([data.train.count, data.test.count], [40, 6])
  assert.deepEqual([...data.train.inputs], images)
  assert.deepEqual([...data.train.targets!], labels)
})

test('safetensors: every type of numbers, by the names of the tensors', async () => {
  const { arrays } = await read(bytesOf(SAFETENSORS), 'safetensors')
  assert.deepEqual(
    arrays.map(({ name, shape, numbers }) => [name, shape, numbers]),
    [
      ['images', [3, 2, 2], Uint8Array.from({ length: 12 }, (_, i) => i)],
      ['half', [2], Float32Array.of(1.5, -2)],
      ['brain', [2], Float32Array.of(1.5, -2)],
      ['long', [2], Float64Array.of(-5, 2 ** 40)],
      ['labels', [3], Int32Array.of(0, 1, 2)],
    ],
  )
  const own = { name: 'w', dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } as const
  const written = await read(encodeSafetensors({ tensors: [own], metadata: {} }), 'safetensors')
  assert.deepEqual(written.arrays, [{ name: 'w', shape: [2], numbers: own.data }])
})

/** An NPY file of version 1 whose header says what it says. */
const npy = (header: string, data: Uint8Array): Uint8Array =>
  Buffer.concat([
    latin1('\x93NUMPY\x01\x00'),
    Uint8Array.of(header.length % 256, header.length >> 8),
    latin1(header),
    data,
  ])
const dictionary = (shape: string, descr = '|u1') =>
  `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }`

const good = npy(dictionary('(2, 3)'), new Uint8Array(6))
const DAMAGED: [string, Uint8Array, string, RegExp][] = [
  ['an empty file', new Uint8Array(), 'npy', /is no NPY file: it should begin with the bytes/],
  ['a page of the web', latin1('<!DOCTYPE html>'), 'npy', /is no NPY file/],
  ['the magic string alone', good.slice(0, 6), 'npy', /is cut: it has 6 bytes, fewer than a header\.$/],
  ['half a header', good.slice(0, 30), 'npy', /is cut: its header takes \d+ bytes, and it has 30\.$/],
  [
    'a number too few',
    good.slice(0, -1),
    'npy',
    /is cut: its header promises 75 bytes \(\[2, 3\], 1 each\), but it has 74\.$/,
  ],
  ['a number too many', Buffer.concat([good, good]), 'npy', /is too long: its header promises 75 bytes/],
  [
    'a lie of a terabyte',
    npy(dictionary('(1000000, 1000000)'), new Uint8Array(6)),
    'npy',
    /is cut: its header promises 1000000000/,
  ],
  [
    'a shape beyond numbers',
    npy(dictionary(`(${'9'.repeat(40)},)`), new Uint8Array(6)),
    'npy',
    /is damaged: its header tells the shape/,
  ],
  [
    'a shape of words',
    npy(dictionary('(2 3)'), new Uint8Array(6)),
    'npy',
    /is damaged: its header tells the shape "2 3"\.$/,
  ],
  [
    'no shape',
    npy("{'descr': '|u1'}", new Uint8Array(6)),
    'npy',
    /is damaged: its header does not tell descr, fortran_order and shape/,
  ],
  [
    'version 9',
    Buffer.concat([good.slice(0, 6), Uint8Array.of(9), good.slice(7)]),
    'npy',
    /is of version 9 of the NPY format; 1 to 3 are read/,
  ],
  [
    'a header of 60 kB',
    npy(dictionary('(2, 3)').padEnd(60_000), new Uint8Array(6)),
    'npy',
    /has a header of 60010 bytes; those of arrays/,
  ],
  [
    'a truth value of 7',
    npy(dictionary('(1,)', '|b1'), Uint8Array.of(7)),
    'npy',
    /holds the truth value 7 at place 0, and these are 0 and 1/,
  ],
  ['a cut gzip file', gzipSync(good).slice(0, -9), 'npy.gz', /is cut or damaged: it is no whole gzip file/],
  [
    'the first bytes of gzip',
    Uint8Array.of(0x1f, 0x8b, 8),
    'npy.gz',
    /is cut or damaged: it is no whole gzip file \(3 bytes\)/,
  ],
  [
    'more in gzip than the header promises',
    gzipSync(Buffer.concat([good, new Uint8Array(2 ** 22)])),
    'npy.gz',
    /is too long: its header promises 75 bytes, and it unpacks to more\.$/,
  ],
  // What it is, its beginning tells: the rest is not unpacked.
  ['no NPY in cut gzip', gzipSync(new Uint8Array(2 ** 16)).slice(0, -9), 'npy.gz', /is no NPY file/],
  ['no ZIP', latin1('PK is no archive'), 'npz', /is cut or damaged: it is no whole ZIP archive \(/],
  ['a cut ZIP', bytesOf(ARCHIVES.stored!).slice(0, -100), 'npz', /is cut or damaged: it is no whole ZIP archive \(/],
  [
    'a changed number in a ZIP',
    changed(bytesOf(ARCHIVES.stored!), 300),
    'npz',
    /is damaged: its bytes do not have the checksum/,
  ],
  [
    'a ZIP that promises too much',
    promising(bytesOf(ARCHIVES.deflated!)),
    'npz',
    /promises 4026531840 bytes of x_train\.npy, which its \d+ packed ones cannot hold/,
  ],
  ['a ZIP without arrays', emptyZip(), 'npz', /holds no arrays: none of its files ends in \.npy\.$/],
  [
    'a safetensors file of text',
    latin1('{"a": 1}, and more'),
    'safetensors',
    /is no safetensors file that can be read: its header should have/,
  ],
  [
    'a type that is none',
    tensors('{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}', 1),
    'safetensors',
    /a has the type "F8_E4M3"; known are BOOL, U8,/,
  ],
  [
    'a tensor larger than the file',
    tensors('{"a":{"dtype":"F64","shape":[1000000000],"data_offsets":[0,8000000000]}}', 1),
    'safetensors',
    /it was cut in the numbers of a\.$/,
  ],
  ['metadata that is a list', tensors('{"__metadata__":["a"]}', 0), 'safetensors', /its metadata is no object\.$/],
  ['no tensors', tensors('{}', 0), 'safetensors', /holds no tensors\.$/],
]

for (const [what, bytes, ending, message] of DAMAGED)
  test(`refused in a sentence that names the file: ${what}`, async () => {
    await assert.rejects(read(bytes, ending), (error: Error) => {
      assert.equal(error.name, 'UserError')
      assert.match(error.message, message)
      assert.ok(error.message.includes(folder), error.message)
      return true
    })
  })

function changed(bytes: Uint8Array, place: number): Uint8Array {
  bytes[place]! ^= 1
  return bytes
}

/** The first entry of the directory says that 3.75 GB were packed: bytes 24 to 27 of it. */
function promising(bytes: Uint8Array): Uint8Array {
  const at = Buffer.from(bytes).indexOf('PK\x01\x02')
  new DataView(bytes.buffer).setUint32(at + 24, 0xf0000000, true)
  return bytes
}

/** The end of a directory of no entries. */
function emptyZip(): Uint8Array {
  const bytes = new Uint8Array(22)
  bytes.set(latin1('PK\x05\x06'))
  return bytes
}

function tensors(header: string, bytes: number): Uint8Array {
  const length = new Uint8Array(8)
  new DataView(length.buffer).setBigUint64(0, BigInt(header.length), true)
  return Buffer.concat([length, latin1(header), new Uint8Array(bytes)])
}
