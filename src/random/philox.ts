/**
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3" (SC 2011): a keyed bijection of 128-bit counters. It has no state, so any part of a stream can be drawn
 * anywhere, in any order, with the same bits.
 */

// Multipliers, each in 16-bit halves, and the Weyl increments of the key, all from section 4.3 of the paper.
const M0_HIGH = 0xd251
const M0_LOW = 0x1f53
const M1_HIGH = 0xcd9e
const M1_LOW = 0x8d57
const WEYL0 = 0x9e3779b9
const WEYL1 = 0xbb67ae85

/** A 128-bit counter, lowest word first; words are taken modulo 2^32. */
export type Counter = readonly [number, number, number, number]
/** A 64-bit key, lowest word first; words are taken modulo 2^32. */
export type Key = readonly [number, number]

/**
 * Fills `out` (a multiple of four words) with the blocks at `counter`, `counter` + 1, ...: block i takes the place
 * `out[4i .. 4i+3]`. Only the counter's lowest word counts up, modulo 2^32, so the other three name a stream.
 */
export function philox4x32(counter: Counter, key: Key, out: Uint32Array): void {
  if (out.length % 4 !== 0) throw new RangeError(`philox4x32 fills whole blocks of 4 words, not ${out.length} words`)
  let block = counter[0] | 0
  const c1 = counter[1] | 0
  const c2 = counter[2] | 0
  const c3 = counter[3] | 0
  const key0 = key[0] | 0
  const key1 = key[1] | 0
  for (let i = 0; i < out.length; i += 4) {
    let x0 = block
    let x1 = c1
    let x2 = c2
    let x3 = c3
    let k0 = key0
    let k1 = key1
    for (let round = 0; round < 10; round++) {
      // The 64-bit products M0 * x0 and M1 * x2 by halves; no partial sum passes 32 bits, and the low word comes free.
      let low = x0 & 0xffff
      let high = x0 >>> 16
      let bottom = Math.imul(M0_LOW, low)
      let middle = (Math.imul(M0_HIGH, low) + (bottom >>> 16)) | 0
      let cross = (Math.imul(M0_LOW, high) + (middle & 0xffff)) | 0
      const high0 = (((Math.imul(M0_HIGH, high) + (middle >>> 16)) | 0) + (cross >>> 16)) | 0
      const low0 = (cross << 16) | (bottom & 0xffff)
      low = x2 & 0xffff
      high = x2 >>> 16
      bottom = Math.imul(M1_LOW, low)
      middle = (Math.imul(M1_HIGH, low) + (bottom >>> 16)) | 0
      cross = (Math.imul(M1_LOW, high) + (middle & 0xffff)) | 0
      const high1 = (((Math.imul(M1_HIGH, high) + (middle >>> 16)) | 0) + (cross >>> 16)) | 0
      const low1 = (cross << 16) | (bottom & 0xffff)
      x0 = high1 ^ x1 ^ k0
      x1 = low1
      x2 = high0 ^ x3 ^ k1
      x3 = low0
      k0 = (k0 + WEYL0) | 0
      k1 = (k1 + WEYL1) | 0
    }
    out[i] = x0
    out[i + 1] = x1
    out[i + 2] = x2
    out[i + 3] = x3
    block = (block + 1) | 0
  }
}
