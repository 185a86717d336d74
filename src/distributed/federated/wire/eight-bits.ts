import type { Stream } from '../../../random/stream.js'

/** A tensor in 8 bits: value = code * scale of its row. */
export interface EightBits {
  readonly codes: Int8Array
  /** One for each row. */
  readonly scales: Float32Array
}

const LARGEST = 127

/**
 * Rounds every row to multiples of its largest value / 127, at random up or down so that the mean is the value itself
 * (QSGD: Alistarh et al. 2017, arXiv 1610.02132, with the maximum in the place of the norm).
 */
export function toEightBits(values: Float32Array, rows: number, random: Stream): EightBits {
  const size = values.length / rows
  const scales = new Float32Array(rows)
  const codes = new Int8Array(values.length)
  const uniforms = new Float32Array(values.length)
  random.uniform(uniforms)
  for (let row = 0; row < rows; row++) {
    const [from, to] = [row * size, (row + 1) * size]
    let largest = 0
    for (let i = from; i < to; i++) largest = Math.max(largest, Math.abs(values[i]!))
    const scale = Math.fround(largest / LARGEST)
    scales[row] = scale
    if (scale === 0) continue
    for (let i = from; i < to; i++) {
      const code = Math.floor(values[i]! / scale + uniforms[i]!)
      codes[i] = Math.max(-LARGEST, Math.min(LARGEST, code))
    }
  }
  return { codes, scales }
}

export function fromEightBits({ codes, scales }: EightBits): Float32Array {
  const size = codes.length / scales.length
  return Float32Array.from(codes, (code, i) => code * scales[Math.floor(i / size)]!)
}

/**
 * Error feedback (Seide et al. 2014, Karimireddy et al. 2019, arXiv 1901.09847): what rounding took from an update is
 * added to the next one, so that no more than one rounding is ever missing from their sum.
 */
export function withFeedback(
  values: Float32Array,
  missing: Float32Array | undefined,
  rows: number,
  random: Stream,
): { readonly coded: EightBits; readonly missing: Float32Array } {
  const wanted = missing ? values.map((value, i) => value + missing[i]!) : values
  const coded = toEightBits(wanted, rows, random)
  const sent = fromEightBits(coded)
  return { coded, missing: wanted.map((value, i) => value - sent[i]!) }
}
