import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { decodeImage, readImage, writePng } from '../../src/data/images.node.js'
import { fromImageData, toShape } from '../../src/data/picture.js'
import { UserError } from '../../src/errors.js'
import { bmp } from './bmp-file.js'

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

/** A PNG file of these rows, each with its filter byte, as they are: for kinds of pixels that no encoder writes. */
function png(
  width: number,
  height: number,
  depth: number,
  type: number,
  rows: number[],
  chunks: [string, number[]][] = [],
) {
  const chunk = (name: string, data: Uint8Array): Uint8Array => {
    const own = Buffer.concat([Buffer.from(name), data])
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(own))
    return Buffer.concat([length, own, sum])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width)
  head.writeUInt32BE(height, 4)
  head.set([depth, type, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    ...[chunk('IHDR', head), ...chunks.map(([name, data]) => chunk(name, Uint8Array.from(data)))],
    ...[chunk('IDAT', deflateSync(Uint8Array.from(rows))), chunk('IEND', new Uint8Array())],
  ])
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

test('PNG files of every kind of pixel give the same picture', async () => {
  // Two pixels, red at full and grey at a third, in 2 x 1.
  const grey = [0.299, 1 / 3]
  const colour = [1, 1 / 3, 0, 1 / 3, 0, 1 / 3]
  const palette: [string, number[]] = ['PLTE', [85, 85, 85, 255, 0, 0]]
  const kinds = {
    rgb: png(2, 1, 8, 2, [0, 255, 0, 0, 85, 85, 85]),
    rgba: png(2, 1, 8, 6, [0, 255, 0, 0, 255, 0, 0, 0, 170]),
    rgb16: png(2, 1, 16, 2, [0, 255, 255, 0, 0, 0, 0, ...new Array(6).fill(85)]),
    ...Object.fromEntries(
      [1, 2, 4, 8].map((depth) => [
        `palette of ${depth} bits`,
        png(2, 1, depth, 3, depth === 8 ? [0, 1, 0] : [0, 1 << (8 - depth)], [palette]),
      ]),
    ),
  }
  for (const [name, bytes] of Object.entries(kinds)) {
    const path = put(`${name}.png`, bytes)
    close(toShape(await readImage(path), [1, 1, 2]), grey, 1e-6)
    close(toShape(await readImage(path), [3, 1, 2]), colour, 1e-6)
  }
  const bits = await decodeImage(png(3, 2, 1, 0, [0, 0b10100000, 0, 0b01100000]), 'bits')
  close(toShape(bits, [1, 2, 3]), [1, 0, 1, 0, 1, 1], 0)
  const four = await decodeImage(png(2, 1, 4, 0, [0, 0x5f]), 'four bits')
  close(toShape(four, [1, 1, 2]), [1 / 3, 1], 1e-7)
  const alpha = await decodeImage(png(2, 1, 8, 4, [0, 0, 255, 0, 51]), 'alpha')
  close(toShape(alpha, [1, 1, 2]), [0, 0.8], 1e-6)
})

test('an interlaced PNG of 1 bit is read as the plain one', async () => {
  const data = Uint8Array.from({ length: 784 }, (_, i) => ((i * 37) % 11 > 5 ? 255 : 0))
  const plain = sharp(data, { raw: { width: 28, height: 28, channels: 1 } }).toColourspace('b-w')
  for (const progressive of [false, true]) {
    const bytes = await plain.clone().png({ progressive, palette: true, colours: 2 }).toBuffer()
    const [depth, interlace] = [bytes[24], bytes[28]]
    assert.deepEqual([depth, interlace], [1, Number(progressive)])
    close(
      toShape(await decodeImage(bytes, 'bits'), [1, 28, 28]),
      Array.from(data, (pixel) => pixel / 255),
      1e-6,
    )
  }
})

const shades = sharp(
  Uint8Array.from({ length: 16 * 12 * 3 }, (_, i) => [200, 40, 90][i % 3]! - (i < 288 ? 0 : 40)),
  { raw: { width: 16, height: 12, channels: 3 } },
)

test('every format gives its colours to within its loss', async () => {
  const files = {
    'JPEG, CMYK': await shades.clone().toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer(),
    'JPEG, another profile': await shades.clone().withIccProfile('p3').jpeg({ quality: 95 }).toBuffer(),
    JPEG: await shades.clone().jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer(),
    'JPEG, progressive': await shades.clone().jpeg({ quality: 95, progressive: true }).toBuffer(),
    WebP: await shades.clone().webp({ lossless: true }).toBuffer(),
    GIF: await shades.clone().gif().toBuffer(),
    TIFF: await shades.clone().tiff({ compression: 'lzw' }).toBuffer(),
    'TIFF, CMYK': await shades.clone().toColourspace('cmyk').tiff().toBuffer(),
    'TIFF, 16 bits': await shades.clone().toColourspace('rgb16').tiff().toBuffer(),
    AVIF: await shades.clone().avif({ quality: 95 }).toBuffer(),
  }
  for (const [name, bytes] of Object.entries(files)) {
    const picture = await decodeImage(bytes, name)
    assert.deepEqual([picture.width, picture.height], [16, 12], name)
    const image = toShape(picture, [3, 12, 16])
    const tolerance = name.includes('CMYK') ? 0.09 : 0.04
    for (const [channel, full] of [200, 40, 90].entries()) {
      const [upper, lower] = [image[channel * 192 + 20]!, image[channel * 192 + 180]!]
      assert.ok(Math.abs(upper - full / 255) < tolerance, `${name}: ${upper}`)
      assert.ok(Math.abs(lower - (full - 40) / 255) < tolerance, `${name}: ${lower}`)
    }
  }
  const grey = sharp(new Uint8Array(64).fill(77), { raw: { width: 8, height: 8, channels: 1 } }).toColourspace('b-w')
  for (const bytes of [
    await grey.clone().jpeg().toBuffer(),
    await grey.clone().toColourspace('grey16').png().toBuffer(),
  ])
    close(toShape(await decodeImage(bytes, 'grey'), [1, 1, 1]), [77 / 255], 0.005)
})

test('BMP files of every kind of pixel give the same picture', async () => {
  // Red, grey; below them grey, red: three bytes a pixel, blue first, lines from below, each of whole four bytes.
  const [red, grey] = [
    [0, 0, 255],
    [85, 85, 85],
  ]
  const palette = [...grey!, 0, ...red!, 0]
  const lines = (upper: number[], lower: number[]) => [...lower, ...upper]
  const wide = [...red!, ...grey!, 0, 0]
  const kinds = {
    24: bmp(2, 2, 24, { rows: lines(wide, [...grey!, ...red!, 0, 0]) }),
    'from above': bmp(2, -2, 24, { rows: [...wide, ...grey!, ...red!, 0, 0] }),
    32: bmp(2, 2, 32, { rows: lines([...red!, 0, ...grey!, 0], [...grey!, 0, ...red!, 0]) }),
    'own masks': bmp(2, 2, 32, {
      ...{ compression: 3, masks: [0xff, 0xff00, 0xff0000] },
      rows: lines([255, 0, 0, 0, 85, 85, 85, 0], [85, 85, 85, 0, 255, 0, 0, 0]),
    }),
    1: bmp(2, 2, 1, { palette, rows: lines([0b10000000, 0, 0, 0], [0b01000000, 0, 0, 0]) }),
    4: bmp(2, 2, 4, { palette, rows: lines([0x10, 0, 0, 0], [0x01, 0, 0, 0]) }),
    8: bmp(2, 2, 8, { palette, rows: lines([1, 0, 0, 0], [0, 1, 0, 0]) }),
    'runs of 8 bits': bmp(2, 2, 8, {
      palette,
      compression: 1,
      rows: [1, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1],
    }),
    'runs of 4 bits': bmp(2, 2, 4, { palette, compression: 2, rows: [2, 0x01, 0, 0, 2, 0x10, 0, 1] }),
  }
  for (const [name, bytes] of Object.entries(kinds)) {
    const picture = await decodeImage(bytes, name)
    close(toShape(picture, [3, 2, 2]), [1, 1 / 3, 1 / 3, 1, 0, 1 / 3, 1 / 3, 0, 0, 1 / 3, 1 / 3, 0], 1e-6)
  }
  const sixteen = await decodeImage(bmp(2, 1, 16, { rows: [0x00, 0x7c, 0x1f, 0x00] }), '16 bits')
  close(toShape(sixteen, [3, 1, 2]), [1, 0, 0, 0, 0, 1], 1e-6)
})

test('all eight orientations of EXIF are read upright, and told', async () => {
  const upright = Uint8Array.from({ length: 24 * 16 }, (_, i) => (i % 24) * 8 + Math.floor(i / 24) * 3)
  // How each tag says that the picture was stored: turned and mirrored the other way round.
  const stored = (o: number) => {
    const wide = sharp(upright, { raw: { width: 24, height: 16, channels: 1 } }).toColourspace('b-w')
    const how: ((s: typeof wide) => typeof wide)[] = [
      (s) => s,
      (s) => s.flop(),
      (s) => s.rotate(180),
      (s) => s.flip(),
      (s) => s.flip().rotate(90),
      (s) => s.rotate(270),
      (s) => s.flip().rotate(270),
      (s) => s.rotate(90),
    ]
    return how[o - 1]!(wide)
  }
  for (let orientation = 1; orientation <= 8; orientation++) {
    const bytes = await sharp(await stored(orientation).png().toBuffer())
      .withMetadata({ orientation })
      .jpeg({ quality: 100 })
      .toBuffer()
    const picture = await decodeImage(bytes, `${orientation}`)
    assert.deepEqual([picture.width, picture.height, picture.full], [24, 16, { width: 24, height: 16 }])
    close(
      toShape(picture, [1, 16, 24]),
      Array.from(upright, (pixel) => pixel / 255),
      0.02,
    )
    assert.deepEqual(picture.notes, orientation === 1 ? [] : ['turned upright, as its EXIF tag says'])
  }
})

test('a light drawing on a transparent ground lies on black, a dark one on white', async () => {
  const drawn = (ink: number) => png(3, 1, 8, 4, [0, ink, 0, ink, 255, ink, 0])
  close(toShape(await decodeImage(drawn(255), 'light'), [1, 1, 3]), [0, 1, 0], 1e-6)
  close(toShape(await decodeImage(drawn(0), 'dark'), [1, 1, 3]), [1, 0, 1], 1e-6)
  // Mostly opaque: white, as viewers show it.
  close(
    toShape(await decodeImage(png(3, 1, 8, 4, [0, 204, 255, 204, 255, 0, 0]), 'paper'), [1, 1, 3]),
    [0.8, 0.8, 1],
    1e-6,
  )
})

test('a picture of several frames is read as its first one, and a large one is made smaller', async () => {
  const frames = Buffer.concat([Buffer.alloc(300, 30), Buffer.alloc(300, 220)])
  const gif = await sharp(frames, { raw: { width: 10, height: 20, channels: 3, pageHeight: 10 } })
    .gif()
    .toBuffer()
  const first = await decodeImage(gif, 'frames')
  assert.deepEqual([first.width, first.height, first.notes], [10, 10, ['the first of its 2 frames']])
  close(toShape(first, [1, 1, 1]), [30 / 255], 0.02)
  const large = await sharp({ create: { width: 3000, height: 1500, channels: 3, background: '#808080' } })
    .jpeg()
    .toBuffer()
  const small = await decodeImage(large, 'large')
  assert.deepEqual([small.width, small.height, small.full], [512, 256, { width: 3000, height: 1500 }])
})

test('a picture of too many pixels is refused by its header', async () => {
  const bomb = png(20_000, 20_000, 1, 0, [0])
  await assert.rejects(
    decodeImage(bomb, 'bomb.png'),
    /bomb.png has 20000 x 20000 pixels, 400 million; at most 64 million are read, 65535 on a side: save/,
  )
  await assert.rejects(decodeImage(png(2_097_176, 20, 8, 6, [0]), 'line.png'), /2097176 x 20 pixels/)
  const head = bmp(40_000, 40_000, 8, { palette: [0, 0, 0, 0], compression: 1, rows: [0, 1] })
  await assert.rejects(decodeImage(head, 'bomb.bmp'), /40000 x 40000 pixels, 1600 million; at most 25 million/)
  // A JPEG of 256 megapixels, told by its header alone, is within what is read: its data are missing.
  const jpg = await sharp({ create: { width: 16, height: 16, channels: 3, background: '#808080' } })
    .jpeg()
    .toBuffer()
  const frame = jpg.indexOf(Uint8Array.of(0xff, 0xc0))
  jpg.writeUInt16BE(16_000, frame + 5)
  jpg.writeUInt16BE(16_000, frame + 7)
  await assert.rejects(decodeImage(jpg, 'cut.jpg'), /cut.jpg is a broken or cut JPEG file/)
  jpg.writeUInt16BE(65_000, frame + 5)
  jpg.writeUInt16BE(65_000, frame + 7)
  await assert.rejects(decodeImage(jpg, 'bomb.jpg'), /65000 x 65000 pixels, 4225 million; at most 400 million/)
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

test('a picture is cut to the shape, or stretched to it', () => {
  const wide = { width: 4, height: 2, channels: 1, maximum: 10, data: [0, 8, 4, 2, 6, 2, 0, 9] }
  close(toShape(wide, [1, 2, 2], { fit: 'cover' }), [0.8, 0.4, 0.2, 0], 1e-7)
  close(toShape(wide, [1, 2, 2], { fit: 'stretch' }), [0.4, 0.3, 0.4, 0.45], 1e-7)
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
  const whole = png(
    28,
    28,
    8,
    0,
    Array.from({ length: 28 * 29 }, (_, i) => (i % 29 === 0 ? 0 : (i * 2654435761) >>> 24)),
  )
  const flipped = Buffer.from(whole)
  // A byte of the header's checksum.
  flipped[30]! ^= 0xff
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 2654435761) >>> 24)
  const source = sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
  const [jpg, webp, gif, tiff] = await Promise.all([
    source.clone().jpeg({ quality: 90 }).toBuffer(),
    source.clone().webp().toBuffer(),
    source.clone().gif().toBuffer(),
    source.clone().tiff({ compression: 'lzw' }).toBuffer(),
  ])
  const half = (bytes: Uint8Array) => bytes.subarray(0, bytes.length >> 1)
  const cases: [string, Uint8Array, RegExp][] = [
    [
      'text.png',
      new TextEncoder().encode('not a PNG'),
      /text.png is neither PNG, JPEG, .* or AVIF \(9 bytes\); convert it/,
    ],
    ['empty.png', new Uint8Array(), /empty.png is neither PNG, .* \(0 bytes\)/],
    ['drawing.svg', new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>'), /drawing.svg is neither/],
    ['head.png', whole.subarray(0, 8), /head.png is a broken or cut PNG file/],
    ['cut.png', half(whole), /cut.png is a broken or cut PNG file/],
    ['flipped.png', flipped, /flipped.png is a broken or cut PNG file/],
    ['head.jpg', jpg.subarray(0, 20), /head.jpg is a broken or cut JPEG file/],
    ['cut.jpg', half(jpg), /cut.jpg is a broken or cut JPEG file/],
    ['cut.webp', half(webp), /cut.webp is a broken or cut WebP file/],
    ['cut.gif', half(gif), /cut.gif is a broken or cut GIF file/],
    ['cut.tiff', half(tiff), /cut.tiff is a broken or cut TIFF file/],
    ['head.bmp', Buffer.from('BM, and no more'), /head.bmp is a broken or cut BMP file \(its header is cut\)/],
    [
      'cut.bmp',
      bmp(2, 2, 24, { rows: [1, 2, 3] }),
      /cut.bmp is a broken or cut BMP file \(it holds 57 bytes and needs 70/,
    ],
  ]
  for (const [name, bytes, message] of cases) {
    await assert.rejects(readImage(put(name, bytes)), (error) => {
      assert.ok(error instanceof UserError, `${name}: ${error}`)
      assert.match(error.message, message)
      assert.equal(error.message.split('\n').length, 1)
      return true
    })
  }
  await assert.rejects(readImage(join(folder, 'nothing.png')), /nothing.png does not exist; name a PNG, JPEG/)
  await assert.rejects(
    writePng(join(folder, 'no', 'x.png'), { width: 1, height: 1, channels: 1, data: new Uint8Array(1) }),
    /could not be written.*: its folder does not exist .*\(ENOENT\)/,
  )
})

test('the pixels of a page are a picture', () => {
  const page = { width: 2, height: 1, data: Uint8ClampedArray.of(255, 0, 0, 255, 0, 0, 0, 51) }
  close(toShape(fromImageData(page), [3, 1, 2]), [1, 0.8, 0, 0.8, 0, 0.8], 1e-6)
})
