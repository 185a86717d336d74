import { stream } from '../../src/random/stream.js'

export function normals(name: string, count: number): Float32Array {
  const out = new Float32Array(count)
  stream(23, 0, name).normal(out)
  return out
}

/** Vectors [count, size] whose features depend on each other, with scales from 0.1 to 3 and means far from zero. */
export function vectors(name: string, count: number, size: number): Float32Array {
  const noise = normals(name, count * size)
  const mix = normals(`${name} mix`, size * size)
  const out = new Float32Array(count * size)
  for (let row = 0; row < count; row++)
    for (let i = 0; i < size; i++) {
      let sum = 5 + i / 7 + (name === 'b' ? 0.3 : 0)
      for (let k = 0; k <= i; k++)
        sum += (k === i ? 1 : 0.3 * mix[i * size + k]!) * noise[row * size + k]! * (0.1 + (3 * k) / size)
      out[row * size + i] = sum
    }
  return out
}
