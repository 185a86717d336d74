import { stream } from '../../random/stream.js'
import { permutation } from '../batches.js'
import type { ByteSplit } from '../dataset.js'
import { draw, SIZE, trace } from './pen.js'
import { skeletons } from './skeletons.js'

/**
 * `glyphs`: handwritten-like digits that need no file. Each image is one of the ways to write its digit, with the
 * points of the pen's path moved, the whole turned, slanted, scaled and shifted, bent by an elastic field, drawn with a
 * pen of its own width and pressure, and covered with noise. Only additions, multiplications, divisions and square
 * roots are used, which IEEE 754 rounds alike everywhere: a seed gives the same bytes in every engine.
 */

/** How far each distortion goes; standard deviations of normals, unless said otherwise. */
const spread = {
  /** Points of the path, in heights of a digit. */
  point: 0.027,
  /** tan(angle / 2) of the rotation. */
  turn: 0.065,
  /** Shift of x per height. */
  slant: 0.19,
  /** Of width, of height, and of both together, as fractions. */
  scale: 0.095,
  /** Pixels. */
  shift: 1,
  /** Displacement at the knots of the elastic field, in pixels. */
  elastic: 0.85,
  /** Grey noise, in parts of full ink. */
  noise: 0.06,
}

/** Height of an undistorted digit, in pixels. */
const HEIGHT = 18
/** The elastic field has KNOTS x KNOTS knots over the image. */
const KNOTS = 4
/** Random numbers per image, besides the noise; the longest skeleton uses 68 of the normals. */
const UNIFORMS = 8
const NORMALS = 80

/** A training and a test split, from separate random streams of `seed`; every digit is equally frequent. */
export function makeGlyphs({ seed = 0, train = 10000, test = 2000 } = {}): { train: ByteSplit; test: ByteSplit } {
  return { train: makeSplit(train, seed, 'glyphs train'), test: makeSplit(test, seed, 'glyphs test') }
}

function makeSplit(count: number, seed: number, name: string): ByteSplit {
  const images = new Uint8Array(count * SIZE * SIZE)
  const labels = Uint8Array.from(permutation(count, stream(seed, 0, `${name} labels`)), (place) => place % 10)
  const uniforms = new Float32Array(UNIFORMS)
  const normals = new Float32Array(NORMALS)
  const noise = new Float32Array(SIZE * SIZE)
  const ink = new Float64Array(SIZE * SIZE)
  for (let index = 0; index < count; index++) {
    const random = stream(seed, index, name)
    random.uniform(uniforms)
    random.normal(normals)
    random.normal(noise)
    ink.fill(0)
    drawDigit(ink, labels[index]!, uniforms, normals)
    const full = 255 * (0.75 + 0.25 * uniforms[1]!)
    for (let i = 0; i < ink.length; i++) {
      const grey = full * ink[i]! + 255 * spread.noise * noise[i]! * (0.25 + ink[i]!)
      images[index * ink.length + i] = Math.min(255, Math.max(0, Math.round(grey)))
    }
  }
  return { inputs: images, targets: labels, count }
}

/** Draws a digit; `uniforms` and `normals` are its randomness. */
function drawDigit(ink: Float64Array, digit: number, uniforms: Float32Array, normals: Float32Array): void {
  let next = 0
  const normal = (deviation: number) => deviation * normals[next++]!
  const turn = normal(spread.turn)
  const cos = (1 - turn * turn) / (1 + turn * turn)
  const sin = (2 * turn) / (1 + turn * turn)
  const slant = normal(spread.slant)
  const size = HEIGHT * (1 + normal(spread.scale))
  const width = size * (1 + normal(spread.scale)) * 0.95
  const height = size * (1 + normal(spread.scale))
  const middleX = (SIZE - 1) / 2 + normal(spread.shift)
  const middleY = (SIZE - 1) / 2 + normal(spread.shift)
  const field = Float64Array.from({ length: 2 * KNOTS * KNOTS }, () => normal(spread.elastic))
  const radius = 0.7 + 1.1 * uniforms[2]!
  const softness = 0.9 + 0.7 * uniforms[3]!
  // How much wider the pen is at the beginning of a stroke than in its middle; negative if narrower.
  const pressure = 0.35 * (uniforms[4]! - 0.5)

  const ways = skeletons[digit]!
  for (const stroke of ways[Math.floor(uniforms[0]! * ways.length)]!) {
    const moved = stroke.points.map((coordinate) => coordinate + normal(spread.point))
    const path = trace(moved, stroke.smooth)
    for (let i = 0; i < path.length; i += 2) {
      const y = (path[i + 1]! - 0.5) * height
      const x = (path[i]! - 0.5) * width - slant * y
      const turnedX = middleX + cos * x - sin * y
      const turnedY = middleY + sin * x + cos * y
      path[i] = turnedX + bend(field, 0, turnedX, turnedY)
      path[i + 1] = turnedY + bend(field, 1, turnedX, turnedY)
    }
    draw(ink, path, radius * (1 + pressure), radius * (1 - pressure), softness)
  }
}

/** The elastic field at a point: smooth between its knots, component 0 in x and 1 in y. */
function bend(field: Float64Array, component: number, x: number, y: number): number {
  const scale = (KNOTS - 1) / (SIZE - 1)
  const u = Math.min(KNOTS - 1.001, Math.max(0, x * scale))
  const v = Math.min(KNOTS - 1.001, Math.max(0, y * scale))
  const column = Math.floor(u)
  const row = Math.floor(v)
  const s = ease(u - column)
  const t = ease(v - row)
  const at = (r: number, c: number) => field[2 * (r * KNOTS + c) + component]!
  const above = at(row, column) + s * (at(row, column + 1) - at(row, column))
  const below = at(row + 1, column) + s * (at(row + 1, column + 1) - at(row + 1, column))
  return above + t * (below - above)
}

const ease = (t: number) => t * t * (3 - 2 * t)
