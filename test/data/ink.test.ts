import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Ground, groundOf, inkOf } from '../../src/data/ground.js'
import { inkImage } from '../../src/data/ink.js'
import type { Picture } from '../../src/data/picture.js'
import { groundSurface } from '../../src/data/surface.js'

/** How MNIST lies. */
const GROUND: Ground = { level: 'dark', side: 20, sides: [20, 20], centre: 'mass', away: 1.2 }
const SHAPE = [1, 28, 28] as const

/** A 7 in a square of side 1: its upper bar, and its stroke down. */
const isSeven = (x: number, y: number): boolean =>
  (y >= 0 && y < 0.15 && x >= 0 && x < 0.7) || (y >= 0.15 && y < 1 && Math.abs(x - (0.62 - 0.4 * (y - 0.15))) < 0.08)

interface Drawn {
  readonly left: number
  readonly top: number
  readonly side: number
}

/** The strength of ink at a pixel, from 4 x 4 places in it. */
function strength(x: number, y: number, { left, top, side }: Drawn): number {
  let hits = 0
  for (let i = 0; i < 16; i++)
    hits += Number(isSeven((x + ((i % 4) + 0.5) / 4 - left) / side, (y + (Math.floor(i / 4) + 0.5) / 4 - top) / side))
  return hits / 16
}

function picture(
  width: number,
  height: number,
  seven: Drawn,
  pixel: (ink: number, x: number, y: number) => number | readonly number[],
): Picture {
  const data: number[] = []
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data.push(...[pixel(strength(x, y, seven), x, y)].flat())
  return { width, height, channels: data.length / (width * height), maximum: 1, data }
}

/** Noise without a stream: a hash of the place. */
const grain = (x: number, y: number): number => ((Math.sin(12.9898 * x + 78.233 * y) * 43758.5453) % 1) * 0.02

const SMALL = { left: 5, top: 4, side: 20 }
const lightOnDark = picture(28, 28, SMALL, (ink) => ink)

const fit = (own: Picture, options = {}, ground = GROUND) => {
  const fitted = inkImage(own, SHAPE, ground, options)
  assert.ok(fitted, 'ink is found')
  return fitted
}

/** Its centre of mass in the middle, its longer side 20, the strokes full and the ground black. */
function liesAsMnist(pixels: Float32Array): void {
  const ink = inkOf({ width: 28, height: 28, values: pixels }, 0.25)!
  assert.ok(Math.hypot(ink.mass.x - 14, ink.mass.y - 14) < 0.3, `its centre lies at ${ink.mass.x}, ${ink.mass.y}`)
  const side = Math.max(ink.box.width, ink.box.height)
  assert.ok(Math.abs(side - 20) <= 1, `its longer side is ${side}`)
  assert.ok(Math.max(...pixels) > 0.95)
  assert.ok(pixels.slice(0, 56).every((value) => value < 0.02))
}

/** Most of the ink lies where that of the other one does. */
function looksLike(a: Float32Array, b: Float32Array): void {
  let [both, one] = [0, 0]
  for (const [i, value] of a.entries()) {
    both += Math.min(value, b[i]!)
    one += Math.max(value, b[i]!)
  }
  assert.ok(both / one > 0.75, `they share ${(100 * both) / one} % of their ink`)
}

const straight = fit(picture(112, 112, { left: 20, top: 16, side: 80 }, (ink) => ink)).pixels

test('ink is brought to the size and the place of the training images, wherever it is and however large', () => {
  liesAsMnist(straight)
  for (const seven of [
    { left: 3, top: 2, side: 30 },
    { left: 60, top: 55, side: 50 },
    { left: 90, top: 1, side: 20 },
  ]) {
    const { pixels } = fit(picture(112, 112, seven, (ink) => ink))
    liesAsMnist(pixels)
    looksLike(pixels, straight)
  }
})

test('dark ink on light paper is inverted, and a light ground of the training images inverted back', () => {
  const seven = { left: 60, top: 55, side: 50 }
  const light = fit(picture(112, 112, seven, (ink) => ink))
  const dark = fit(picture(112, 112, seven, (ink) => 1 - ink))
  assert.match(light.note, /^light ink on a dark ground; 3\dx50 of 112x112 pixels cut out, scaled to 20/)
  assert.match(dark.note, /^dark ink on a light ground;/)
  looksLike(light.pixels, dark.pixels)
  const paper = fit(
    picture(112, 112, seven, (ink) => ink),
    {},
    { ...GROUND, level: 'light' },
  )
  for (const [i, value] of paper.pixels.entries()) assert.ok(Math.abs(value - (1 - light.pixels[i]!)) < 1e-6)
})

test('paper under uneven light, with grain, is evened out', () => {
  const photo = picture(200, 150, { left: 110, top: 20, side: 60 }, (ink, x, y) => {
    const paper = 0.85 - 0.3 * (x / 200) - 0.15 * (y / 150) ** 2
    return paper * (1 - 0.7 * ink) + grain(x, y)
  })
  const { pixels, note } = fit(photo)
  assert.match(note, /^dark ink on a light ground, evened out; /)
  liesAsMnist(pixels)
  looksLike(pixels, straight)
  looksLike(fit(photo, { invert: true }).pixels, straight)
})

test('specks, and what comes in from the border, are no ink', () => {
  const spoilt = picture(112, 112, { left: 50, top: 40, side: 50 }, (ink, x, y) =>
    (x < 4 && y > 30) || (x > 20 && x < 23 && y > 90 && y < 93) ? 1 : ink,
  )
  liesAsMnist(fit(spoilt).pixels)
  looksLike(fit(spoilt).pixels, straight)
})

test('a drawing on a transparent ground is told from it by its opacity, light or dark', () => {
  const drawn = (light: number) => picture(60, 60, { left: 8, top: 5, side: 30 }, (ink) => [light, light, light, ink])
  const [white, black] = [fit(drawn(1)), fit(drawn(0), { invert: true })]
  assert.match(white.note, /^ink told from the ground by transparency; /)
  assert.deepEqual(white.pixels, black.pixels)
  liesAsMnist(white.pixels)
  // An opaque photograph with rounded corners is none.
  const photo = picture(100, 100, { left: 30, top: 20, side: 50 }, (ink, x, y) => [1 - ink, Number(x + y > 6)])
  assert.match(fit(photo).note, /^dark ink on a light ground/)
  looksLike(fit(photo).pixels, straight)
})

test('an image that lies as the training images do stays as it is, but for light and dark', () => {
  const { mass } = inkOf({ width: 28, height: 28, values: Float32Array.from(lightOnDark.data) }, 0.25)!
  const placed = { ...SMALL, left: SMALL.left + Math.round(14 - mass.x), top: SMALL.top + Math.round(14 - mass.y) }
  const own = picture(28, 28, placed, (ink) => 0.9 * ink)
  assert.deepEqual(fit(own).pixels, Float32Array.from(own.data))
  const inverted = { ...own, data: Float32Array.from(own.data, (value) => 1 - value) }
  const { pixels, note } = fit(inverted)
  for (const [i, value] of pixels.entries()) assert.ok(Math.abs(value - own.data[i]!) < 1e-6)
  assert.equal(note, 'dark ink on a light ground; it lies as the training images do')
})

test('where there is no ink, none is found', () => {
  const grey = picture(40, 30, { left: 200, top: 200, side: 1 }, (_, x, y) => 0.6 + 0.2 * (x / 40) + grain(x, y))
  assert.equal(inkImage(grey, SHAPE, GROUND), undefined)
  assert.equal(inkImage(lightOnDark, SHAPE, GROUND, { invert: true }), undefined)
  const one = { width: 1, height: 1, channels: 1, maximum: 255, data: [7] }
  assert.equal(inkImage(one, SHAPE, GROUND), undefined)
})

test('a surface is found under ink', () => {
  const paper = (x: number, y: number): number => 0.7 + 0.2 * (x / 100) - 0.1 * (y / 80) + 0.1 * (x / 100) * (y / 80)
  const own = picture(100, 80, { left: 20, top: 10, side: 60 }, (ink, x, y) => paper(x, y) * (1 - 0.8 * ink))
  const { values } = groundSurface({ width: 100, height: 80, values: Float32Array.from(own.data) })
  for (const [i, value] of values.entries())
    assert.ok(Math.abs(value - paper(i % 100, Math.floor(i / 100))) < 0.02, `${i}: ${value}`)
})

/** Images of one bar each, from a place and of a size. */
function bars(all: readonly (readonly [x: number, y: number, width: number, height: number])[], ground: number) {
  const inputs = new Uint8Array(all.length * 144).fill(ground)
  for (const [i, [left, top, width, height]] of all.entries())
    for (let y = top; y < top + height; y++)
      inputs.fill(255 - ground, i * 144 + y * 12 + left, i * 144 + y * 12 + left + width)
  return groundOf({ inputs, count: all.length }, [1, 12, 12], 256)
}

test('the ground of a set: dark or light, the side of its ink, what is in the middle', () => {
  const middle = [
    [4, 2, 4, 8],
    [3, 4, 6, 4],
    [4, 2, 4, 8],
  ] as const
  const wanted = { side: 8, sides: [6, 8], centre: 'box', away: 0 }
  assert.deepEqual(bars(middle, 0), { level: 'dark', ...wanted })
  assert.deepEqual(bars(middle, 255), { level: 'light', ...wanted })
  // A set of both, and one whose images fill their borders, have none.
  const mixed = new Uint8Array(20 * 4)
  mixed.fill(255, 40)
  assert.equal(groundOf({ inputs: mixed, count: 20 }, [1, 2, 2], 256), undefined)
  assert.equal(
    bars(
      [
        [0, 0, 12, 6],
        [0, 0, 6, 12],
      ],
      0,
    ),
    undefined,
  )
  assert.equal(groundOf({ inputs: new Uint8Array(27), count: 1 }, [3, 3, 3], 256), undefined)
  // Heavy on one side: the centre of mass lies in the middle, that of the box does not.
  const heavy = new Uint8Array(144 * 4)
  for (let i = 0; i < 4; i++) {
    for (let y = 4; y < 8; y++) heavy.fill(255, i * 144 + y * 12 + 4, i * 144 + y * 12 + 7)
    heavy.fill(80, i * 144 + 6 * 12 + 7, i * 144 + 6 * 12 + 11)
  }
  assert.equal(groundOf({ inputs: heavy, count: 4 }, [1, 12, 12], 256)?.centre, 'mass')
})
