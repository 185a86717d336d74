import { fnv1a64 } from './hash.js'
import { boxMuller } from './normal.js'
import { type Counter, type Key, philox4x32 } from './philox.js'

/**
 * A sequence of random numbers that `seed`, `step` and `name` determine alone. Each call goes on where the last one
 * ended, at a fresh block of four words, so what a call returns depends on the lengths of the calls before it.
 */
export interface Stream {
  /** Fills `out` with random 32-bit words. */
  words(out: Uint32Array): void
  /** Fills `out` with uniforms in [0, 1), multiples of 2^-24. The same bits everywhere. */
  uniform(out: Float32Array): void
  /** Fills `out` with standard normals: Box-Muller in float64, rounded to float32. The same bits everywhere. */
  normal(out: Float32Array): void
  /** Fills `out` with integers in [0, bound), all equally likely; `bound` is an integer in 1 .. 2^31. */
  integers(out: Int32Array, bound: number): void
}

const CHUNK = 2048

/**
 * The stream of `seed` (an integer in 0 .. 2^53 - 1), `step` (an integer in 0 .. 2^32 - 1) and `name`.
 *
 * Philox4x32-10 with key = seed (low word, high word) and counter = (block, step, FNV-1a 64 of the name): two streams
 * share numbers only if seed and step are equal and the names' hashes collide.
 */
export function stream(seed: number, step: number, name: string): Stream {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`A seed is an integer from 0 to 2^53 - 1, not ${seed}`)
  if (!Number.isInteger(step) || step < 0 || step > 0xffffffff) {
    throw new RangeError(`The step of a random stream is an integer from 0 to 2^32 - 1, not ${step}`)
  }
  const key: Key = [seed % 2 ** 32, Math.floor(seed / 2 ** 32)]
  const [nameLow, nameHigh] = fnv1a64(name)
  let block = 0

  /** Draws the next blocks that hold `words` words. */
  const draw = (words: Uint32Array): void => {
    const counter: Counter = [block, step, nameLow, nameHigh]
    philox4x32(counter, key, words)
    block += words.length / 4
  }
  /** Calls `take` with words for `length` numbers, chunk after chunk; `take` fills from `start` on. */
  const inChunks = (length: number, take: (words: Uint32Array, start: number, end: number) => void): void => {
    const buffer = new Uint32Array(Math.min(CHUNK, Math.ceil(length / 4) * 4))
    for (let start = 0; start < length; start += buffer.length) {
      const end = Math.min(length, start + buffer.length)
      const words = end - start === buffer.length ? buffer : buffer.subarray(0, Math.ceil((end - start) / 4) * 4)
      draw(words)
      take(words, start, end)
    }
  }

  return {
    words(out) {
      inChunks(out.length, (words, start, end) => {
        for (let i = start; i < end; i++) out[i] = words[i - start]!
      })
    },
    uniform(out) {
      inChunks(out.length, (words, start, end) => {
        for (let i = start; i < end; i++) out[i] = (words[i - start]! >>> 8) * 2 ** -24
      })
    },
    normal(out) {
      inChunks(out.length, (words, start, end) => boxMuller(words, out, start, end))
    },
    integers(out, bound) {
      if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 31) {
        throw new RangeError(`The bound of random integers is an integer from 1 to 2^31, not ${bound}`)
      }
      // Words at or above the last multiple of the bound are dropped, so that every integer is equally likely.
      const limit = 2 ** 32 - (2 ** 32 % bound)
      let filled = 0
      while (filled < out.length) {
        inChunks(out.length - filled, (words, start, end) => {
          for (let i = 0; i < end - start; i++) {
            const word = words[i]!
            if (word < limit) out[filled++] = (word >>> 0) % (bound >>> 0)
          }
        })
      }
    },
  }
}
