import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { encode } from 'fast-png'
import jpeg from 'jpeg-js'
import { readImage, writePng } from '../../src/data/images.node.js'
import { toShape } from '../../src/data/picture.js'
import { UserError } from '../../src/errors.js'

const folder = mkdtempSync(join(tmpdir(), 'onward-images-'))
after(() => rmSync(folder, { recursive: true }))
const put = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}
const close = (actual: ArrayLike<number>, expected: number[], tolerance: number) => {
  assert.equal(actual.length, expected.length)
  for (const [i, value] of expected.entries()) {
    assert.ok(Math.abs(actual[i]! - value) <= tolerance, `${i}: ${actual[i]}, expected ${value}`)
  }
}

test('a grey PNG of the right size comes back as pixel / 255, and inverted as its complement', async () => {
  const data = Uint8Array.from({ length: 784 }, (_, i) => (i * 37) % 256)
  const path = join(folder, 'grey.png')
  await writePng(path, { width: 28, height: 28, channels: 1, data })
  close(
    toShape(await readImage(path), [1, 28, 28]),
    Array.from(data, (pixel) => pixel / 255),
    1e-7,
  )
  close(
    toShape(await readImage(path), [1, 28, 28], { invert: true }),
    Array.from(data, (pixel) => 1 - pixel / 255),
    1e-7,
  )
  close(
    toShape(await readImage(path), [3, 28, 28]),
    [...data, ...data, ...data].map((pixel) => pixel / 255),
    1e-7,
  )
})

test('PNG files of every kind of pixel give the same picture', async () => {
  // Two pixels, red at full and grey at a third, in 2 x 1.
  const grey = [0.299, 1 / 3]
  const colour = [1, 1 / 3, 0, 1 / 3, 0, 1 / 3]
  const kinds = {
    rgb: { data: new Uint8Array([255, 0, 0, 85, 85, 85]), channels: 3, depth: 8 },
    rgba: { data: new Uint8Array([255, 0, 0, 255, 0, 0, 0, 170]), channels: 4, depth: 8 },
    rgb16: { data: new Uint16Array([65535, 0, 0, 21845, 21845, 21845]), channels: 3, depth: 16 },
    palette: {
      data: new Uint8Array([0b10000000]),
      channels: 1,
      depth: 1,
      palette: [
        [85, 85, 85],
        [255, 0, 0],
      ],
    },
  } as const
  for (const [name, { data, channels, depth, ...rest }] of Object.entries(kinds)) {
    const palette = 'palette' in rest ? { palette: rest.palette.map((entry) => [...entry]) } : {}
    const path = put(`${name}.png`, encode({ width: 2, height: 1, data, channels, depth, ...palette }))
    close(toShape(await readImage(path), [1, 1, 2]), grey, 1e-6)
    close(toShape(await readImage(path), [3, 1, 2]), colour, 1e-6)
  }
  const bits = put(
    'bits.png',
    encode({ width: 3, height: 2, data: new Uint8Array([0b10100000, 0b01100000]), channels: 1, depth: 1 }),
  )
  close(toShape(await readImage(bits), [1, 2, 3]), [1, 0, 1, 0, 1, 1], 0)
  const alpha = put(
    'alpha.png',
    encode({ width: 2, height: 1, data: new Uint8Array([0, 255, 0, 51]), channels: 2, depth: 8 }),
  )
  close(toShape(await readImage(alpha), [1, 1, 2]), [0, 0.8], 1e-6)
})

test('a picture of other proportions gets a margin of the mean of its border', () => {
  const wide = { width: 2, height: 1, channels: 1, maximum: 10, data: [0, 8] }
  close(toShape(wide, [1, 2, 2]), [0, 0.8, 0.4, 0.4], 1e-7)
  const high = { width: 1, height: 4, channels: 1, maximum: 10, data: [2, 8, 8, 6] }
  close(
    toShape(high, [1, 4, 4]),
    [0.6, 0.2, 0.6, 0.6, 0.6, 0.8, 0.6, 0.6, 0.6, 0.8, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6],
    1e-7,
  )
})

test('a JPEG gives its colours to within its loss', async () => {
  const data = new Uint8Array(16 * 16 * 4)
  for (let i = 0; i < 256; i++) data.set([200, 40, 90, 255], 4 * i)
  const path = put('plain.jpg', jpeg.encode({ width: 16, height: 16, data }, 95).data)
  const image = toShape(await readImage(path), [3, 8, 8])
  close(image.subarray(0, 64), new Array(64).fill(200 / 255), 0.02)
  close(image.subarray(64, 128), new Array(64).fill(40 / 255), 0.02)
  close(image.subarray(128), new Array(64).fill(90 / 255), 0.02)
})

test('shrinking averages the area, growing interpolates, and both keep constants and the mean', () => {
  const picture = (width: number, height: number, data: number[]) => ({ width, height, channels: 1, maximum: 10, data })
  close(toShape(picture(4, 2, [0, 10, 4, 6, 10, 0, 2, 8]), [1, 1, 2]), [0.5, 0.5], 1e-7)
  // Three columns to two: each takes one and a half.
  close(toShape(picture(3, 3, [0, 9, 3, 0, 9, 3, 0, 9, 3]), [1, 2, 2]), [0.3, 0.5, 0.3, 0.5], 1e-7)
  // Two columns to four: places -1/4 (held at 0), 1/4, 3/4 and 5/4 (held at 1).
  const row = [0, 0.2, 0.6, 0.8]
  close(toShape(picture(2, 2, [0, 8, 0, 8]), [1, 4, 4]), [...row, ...row, ...row, ...row], 1e-7)
  close(toShape(picture(5, 7, new Array(35).fill(3)), [1, 28, 2]), new Array(56).fill(0.3), 1e-7)
})

test('a file that is none, cut, spoilt or missing is refused in one sentence', async () => {
  const whole = encode({ width: 28, height: 28, data: new Uint8Array(784).map((_, i) => i), channels: 1, depth: 8 })
  const flipped = whole.slice()
  // A byte of the header's checksum.
  flipped[30]! ^= 0xff
  const noise = Uint8Array.from({ length: 64 * 64 * 4 }, (_, i) => (i * 2654435761) >>> 24)
  const jpg = jpeg.encode({ width: 64, height: 64, data: noise }, 90).data
  const cases: [string, Uint8Array, RegExp][] = [
    ['text.png', new TextEncoder().encode('not a PNG'), /text.png is neither PNG nor JPEG \(9 bytes\); convert it/],
    ['empty.png', new Uint8Array(), /empty.png is neither PNG nor JPEG \(0 bytes\)/],
    ['head.png', whole.subarray(0, 8), /head.png is a broken or cut PNG file/],
    ['cut.png', whole.subarray(0, whole.length >> 1), /cut.png is a broken or cut PNG file/],
    ['flipped.png', flipped, /flipped.png is a broken or cut PNG file/],
    ['head.jpg', jpg.subarray(0, 20), /head.jpg is a broken or cut JPEG file/],
    ['cut.jpg', jpg.subarray(0, jpg.length >> 1), /cut.jpg is a broken or cut JPEG file/],
  ]
  for (const [name, bytes, message] of cases) {
    await assert.rejects(readImage(put(name, bytes)), (error) => {
      assert.ok(error instanceof UserError, `${name}: ${error}`)
      assert.match(error.message, message)
      assert.equal(error.message.split('\n').length, 1)
      return true
    })
  }
  await assert.rejects(readImage(join(folder, 'nothing.png')), /nothing.png does not exist; name a PNG or JPEG/)
  await assert.rejects(
    writePng(join(folder, 'no', 'x.png'), { width: 1, height: 1, channels: 1, data: new Uint8Array(1) }),
    /could not be written: its folder does not exist .*\(ENOENT\)/,
  )
})
