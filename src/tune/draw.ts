import { stream } from '../random/stream.js'
import { bounds, type Distribution, fromAxis, sizeOfDistribution } from './distribution.js'

/** Gives one uniform number in [0, 1) after the other, of 53 bits. */
export type Draw = () => number

const WORDS = 64

/** The numbers of `seed`, `step` and `name`: the same ones whenever a study goes on. */
export function drawOf(seed: number, step: number, name: string): Draw {
  const source = stream(seed, step, name)
  const words = new Uint32Array(WORDS)
  let used = WORDS
  return () => {
    if (used === WORDS) {
      source.words(words)
      used = 0
    }
    const [high, low] = [words[used]! >>> 5, words[used + 1]! >>> 6]
    used += 2
    return (high * 2 ** 26 + low) / 2 ** 53
  }
}

/** A value of a distribution, as a number of `Params`, all places of its axis equally likely. */
export function drawUniform(distribution: Distribution, draw: Draw): number {
  if (distribution.kind === 'choice') return Math.floor(draw() * sizeOfDistribution(distribution))
  const [low, high] = bounds(distribution)
  return fromAxis(distribution, low + (high - low) * draw())
}
