/**
 * Box-Muller from pairs of 32-bit words, in float64 with additions, multiplications, divisions and square roots only.
 * IEEE 754 rounds those the same way everywhere, while `Math.log` and `Math.sin` differ between engines in their last
 * bits; so the normals are identical wherever they are drawn.
 */

// Taylor coefficients: S3 = -1/3!, S5 = 1/5!, ...; C2 = -1/2!, C4 = 1/4!, ...
const S3 = -1 / 6
const S5 = 1 / 120
const S7 = -1 / 5040
const S9 = 1 / 362880
const S11 = -1 / 39916800
const S13 = 1 / 6227020800
const C2 = -1 / 2
const C4 = 1 / 24
const C6 = -1 / 720
const C8 = 1 / 40320
const C10 = -1 / 3628800
const C12 = 1 / 479001600
const C14 = -1 / 87178291200

/** scale[z] = 2^(z - 32). */
const scale = Float64Array.from({ length: 33 }, (_, zeros) => 2 ** (zeros - 32))

/** -log((word + 0.5) / 2^32) of a 32-bit word, to about 1e-14 relative. */
function minusLog(word: number): number {
  // (word + 0.5) = mantissa * 2^(32 - zeros), mantissa in [sqrt(1/2), sqrt(2)).
  let zeros = Math.clz32(word)
  let mantissa = (word + 0.5) * scale[zeros]!
  if (mantissa < Math.SQRT1_2) {
    mantissa *= 2
    zeros++
  }
  const s = (mantissa - 1) / (mantissa + 1)
  const z = s * s
  const series =
    1 +
    z * (1 / 3 + z * (1 / 5 + z * (1 / 7 + z * (1 / 9 + z * (1 / 11 + z * (1 / 13 + z * (1 / 15 + z * (1 / 17))))))))
  return zeros * Math.LN2 - 2 * s * series
}

/**
 * Writes normals to `out[start .. end)`: `out[start + 2i]` and `out[start + 2i + 1]` come from the words `2i` and
 * `2i + 1`, as r cos(t) and r sin(t) with r = sqrt(-2 log((w + 0.5) / 2^32)) and t = 2 pi w' / 2^32.
 */
export function boxMuller(words: Uint32Array, out: Float32Array, start: number, end: number): void {
  for (let i = start; i < end; i += 2) {
    const radius = Math.sqrt(2 * minusLog(words[i - start]!))
    const angle = words[i - start + 1]!
    // The angle is quadrant * pi/2 + x with |x| <= pi/4; Taylor series reach 1e-14 there.
    const quadrant = (angle + 0x20000000) >>> 30
    const x = ((angle << 2) >> 2) * (Math.PI / 2 ** 31)
    const z = x * x
    const sine = x + x * z * (S3 + z * (S5 + z * (S7 + z * (S9 + z * (S11 + z * S13)))))
    const cosine = 1 + z * (C2 + z * (C4 + z * (C6 + z * (C8 + z * (C10 + z * (C12 + z * C14))))))
    const odd = (quadrant & 1) !== 0
    const c = odd ? sine : cosine
    const s = odd ? cosine : sine
    out[i] = radius * (quadrant === 1 || quadrant === 2 ? -c : c)
    if (i + 1 < end) out[i + 1] = radius * (quadrant >= 2 ? -s : s)
  }
}
