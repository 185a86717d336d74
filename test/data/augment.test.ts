import assert from 'node:assert/strict'
import { test } from 'node:test'
import { augmentation, augmentationOptions } from '../../src/data/augment.js'
import { gatherInputs } from '../../src/data/batches.js'

const HEIGHT = 20
const WIDTH = 24
const shape = [2, HEIGHT, WIDTH] as const
// Channel 0 holds each pixel's row, channel 1 its column: what comes out says where each pixel came from.
const image = new Uint8Array(2 * HEIGHT * WIDTH)
for (let y = 0; y < HEIGHT; y++) {
  for (let x = 0; x < WIDTH; x++) {
    image[y * WIDTH + x] = y + 1
    image[(HEIGHT + y) * WIDTH + x] = x + 1
  }
}
const copies = 400
const whole = Float32Array.from({ length: 256 }, (_, level) => level)

/** For each augmented copy, the place in the image that pixel (y, x) came from; 0, 0 in the corner, -1 for padding. */
function origins(options: object, seed = 1, epoch = 0) {
  const augment = augmentation(augmentationOptions.parse(options), shape, seed, epoch)
  const out = new Float32Array(copies * image.length)
  for (let i = 0; i < copies; i++) augment!(image, i, whole, out.subarray(i * image.length, (i + 1) * image.length))
  return Array.from({ length: copies }, (_, copy) => (y: number, x: number) => {
    const at = copy * image.length + y * WIDTH + x
    return [out[at]! - 1, out[at + HEIGHT * WIDTH]! - 1] as const
  })
}

test('options that change nothing give no augmentation; unknown and bad ones are refused', () => {
  assert.equal(augmentation(augmentationOptions.parse({}), shape, 1, 0), undefined)
  for (const bad of [{ shift: -1 }, { shift: 0.5 }, { rotation: 181 }, { crop: 4 }, { padding: 'wrap' }]) {
    assert.throws(() => augmentationOptions.parse(bad))
  }
})

test('shifts move the whole image, all alike often, and pad with zeros or by reflection', () => {
  const counts = new Map<string, number>()
  const reflected = origins({ shift: 2, padding: 'reflect' })
  for (const [copy, from] of origins({ shift: 2 }).entries()) {
    const [row, column] = from(10, 10)
    const down = 10 - row
    const right = 10 - column
    counts.set(`${down},${right}`, (counts.get(`${down},${right}`) ?? 0) + 1)
    for (let y = 0; y < HEIGHT; y++) {
      for (let x = 0; x < WIDTH; x++) {
        const inside = y - down >= 0 && y - down < HEIGHT && x - right >= 0 && x - right < WIDTH
        assert.deepEqual(from(y, x), inside ? [y - down, x - right] : [-1, -1])
        const mirrored = (place: number, length: number) =>
          Math.min(Math.abs(place), 2 * (length - 1) - Math.abs(place))
        assert.deepEqual(reflected[copy]!(y, x), [mirrored(y - down, HEIGHT), mirrored(x - right, WIDTH)])
      }
    }
  }
  assert.equal(counts.size, 25)
  assert.ok(
    [...counts.values()].every((count) => count > 2 && count < 36),
    String([...counts]),
  )
})

test('a flip mirrors about half of the images left to right, and nothing else', () => {
  let flipped = 0
  for (const from of origins({ flip: true })) {
    const mirrored = from(0, 0)[1] !== 0
    if (mirrored) flipped++
    for (let x = 0; x < WIDTH; x++) assert.deepEqual(from(7, x), [7, mirrored ? WIDTH - 1 - x : x])
  }
  assert.ok(flipped > 150 && flipped < 250, `${flipped} of 400`)
})

test('an alternating flip mirrors one half in even epochs and the other half in odd ones', () => {
  const mirrored = (epoch: number) =>
    origins({ flip: true, alternate: true }, 1, epoch).map((from) => from(0, 0)[1] === WIDTH - 1)
  const [even, odd, again] = [mirrored(0), mirrored(1), mirrored(2)]
  assert.deepEqual(
    odd,
    even.map((one) => !one),
  )
  assert.deepEqual(again, even)
  const part = even.filter(Boolean).length / copies
  assert.ok(part > 0.4 && part < 0.6, `${part}`)
})

test('a cut-out lays one grey square of its side on each image, anywhere, in all channels alike', () => {
  const side = 8
  const seen = new Set<string>()
  for (const [copy, from] of origins({ cutout: side }).entries()) {
    const grey: [number, number][] = []
    for (let y = 0; y < HEIGHT; y++)
      for (let x = 0; x < WIDTH; x++) {
        const [row, column] = from(y, x)
        // Level 128 is no place of this image, and origins subtracts 1.
        if (row === 127 && column === 127) grey.push([y, x])
        else assert.deepEqual([row, column], [y, x], `copy ${copy}`)
      }
    const [rows, columns] = [grey.map(([y]) => y), grey.map(([, x]) => x)]
    const [high, wide] = [Math.max(...rows) - Math.min(...rows) + 1, Math.max(...columns) - Math.min(...columns) + 1]
    assert.equal(grey.length, high * wide)
    assert.ok(high <= side && wide <= side && (high >= side / 2 || wide >= side / 2))
    seen.add(`${rows[0]},${columns[0]}`)
  }
  assert.ok(seen.size > 100, `${seen.size} places`)
})

test('a cut-out is middle grey, however few levels the images have', () => {
  const options = augmentationOptions.parse({ cutout: 3 })
  for (const [levels, grey] of [
    [2, 0.5],
    [3, 0.5],
    [4, 0.5],
    [255, 0.5],
    [256, Math.fround(128 / 255)],
    [65536, Math.fround(32768 / 65535)],
  ] as const) {
    const split = { inputs: new Uint8Array(16) }
    const out = new Float32Array(16)
    gatherInputs({ input: { shape: [1, 4, 4], levels } }, split, [0], out, augmentation(options, [1, 4, 4], 1, 0))
    assert.deepEqual([...new Set(out)].sort(), [0, grey], `${levels} levels`)
  }
})

test('a rotation turns about the middle by at most its angle; with shift and flip it stays an isometry', () => {
  // On a linear ramp bilinear interpolation is exact, so the origins are the turned places themselves.
  const angles: number[] = []
  for (const from of origins({ rotation: 30 })) {
    const [y0, x0] = from(9, 11)
    const [y1, x1] = from(9, 12)
    const [y2, x2] = from(10, 11)
    assert.ok(Math.hypot((y1 + y2) / 2 - 9.5, (x1 + x2) / 2 - 11.5) < 1e-4, 'the middle stays')
    assert.ok(Math.abs(Math.hypot(y1 - y0, x1 - x0) - 1) < 1e-5)
    assert.ok(Math.abs((x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0) - 1) < 1e-5, 'turned, not mirrored')
    angles.push((Math.atan2(y1 - y0, x1 - x0) * 180) / Math.PI)
  }
  assert.ok(Math.min(...angles) < -27 && Math.min(...angles) > -30.001, String(Math.min(...angles)))
  assert.ok(Math.max(...angles) > 27 && Math.max(...angles) < 30.001, String(Math.max(...angles)))

  for (const from of origins({ rotation: 10, flip: true })) {
    const [[y1, x1], [y2, x2]] = [from(9, 12), from(10, 11)]
    assert.ok(Math.hypot((y1 + y2) / 2 - 9.5, (x1 + x2) / 2 - 11.5) < 1e-4, 'the middle stays, mirrored or not')
  }
  let mirrored = 0
  for (const from of origins({ rotation: 10, shift: 2, flip: true })) {
    const [y0, x0] = from(9, 11)
    const [y1, x1] = from(9, 14)
    const [y2, x2] = from(13, 11)
    assert.ok(Math.abs(Math.hypot(y1 - y0, x1 - x0) - 3) < 1e-4)
    const area = (x1 - x0) * (y2 - y0) - (y1 - y0) * (x2 - x0)
    assert.ok(Math.abs(Math.abs(area) - 12) < 1e-3)
    if (area < 0) mirrored++
  }
  assert.ok(mirrored > 150 && mirrored < 250)
})

test('an image changes alike for the same seed, epoch and place, whatever the batch', () => {
  const options = augmentationOptions.parse({ shift: 2, rotation: 10, flip: true })
  const size = image.length
  const samples = { input: { shape, levels: 256 } }
  const split = { inputs: new Uint8Array(10 * size) }
  for (let i = 0; i < 10; i++) split.inputs.set(image, i * size)
  const all = new Float32Array(3 * size)
  gatherInputs(samples, split, [4, 9, 4], all, augmentation(options, shape, 1, 0))
  const one = new Float32Array(size)
  gatherInputs(samples, split, [9], one, augmentation(options, shape, 1, 0))
  assert.deepEqual(one, all.subarray(size, 2 * size))
  assert.deepEqual(all.subarray(0, size), all.subarray(2 * size))
  for (const [seed, epoch] of [
    [2, 0],
    [1, 1],
  ] as const) {
    gatherInputs(samples, split, [9], one, augmentation(options, shape, seed, epoch))
    assert.notDeepEqual(one, all.subarray(size, 2 * size))
  }
})
