// Small dense matrices in plain numbers, for oracles.

export type Matrix = readonly (readonly number[])[]

export const transpose = (m: Matrix): number[][] => m[0]!.map((_, j) => m.map((row) => row[j]!))

export const matmul = (a: Matrix, b: Matrix): number[][] =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, v, k) => sum + v * b[k]![j]!, 0)))

/** `f` of the numbers that stand at the same place. */
export const zip = (f: (...values: number[]) => number, ...all: Matrix[]): number[][] =>
  all[0]!.map((row, i) => row.map((_, j) => f(...all.map((m) => m[i]![j]!))))

export const minus = (a: Matrix, b: Matrix): number[][] => zip((x, y) => x - y, a, b)

/** || a - b || / || b || */
export function distance(a: Matrix, b: Matrix): number {
  const square = (m: Matrix): number => m.flat().reduce((sum, v) => sum + v * v, 0)
  return Math.sqrt(square(minus(a, b)) / square(b))
}

/** By Gauss and Jordan without pivoting: for matrices that are positive definite, or nearly diagonal. */
export function inverse(m: Matrix): number[][] {
  const n = m.length
  const rows = m.map((row, i) => [...row, ...row.map((_, j) => +(i === j))])
  for (let k = 0; k < n; k++) {
    const pivot = rows[k]![k]!
    rows[k] = rows[k]!.map((v) => v / pivot)
    for (let i = 0; i < n; i++) {
      const factor = rows[i]![k]!
      if (i !== k) rows[i] = rows[i]!.map((v, j) => v - factor * rows[k]![j]!)
    }
  }
  return rows.map((row) => row.slice(n))
}

/** Of a symmetric matrix, by Jacobi's rotations: eigenvalues in falling order, and their vectors as columns. */
export function eigen(m: Matrix): { values: number[]; vectors: Matrix } {
  const n = m.length
  let a: Matrix = m
  let v = m.map((row, i) => row.map((_, j) => +(i === j)))
  for (let sweep = 0; sweep < 30; sweep++)
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const angle = 0.5 * Math.atan2(2 * a[p]![q]!, a[q]![q]! - a[p]![p]!)
        const [c, s] = [Math.cos(angle), Math.sin(angle)]
        const turn = m.map((row, i) => row.map((_, j) => +(i === j)))
        turn[p]![p] = c
        turn[q]![q] = c
        turn[p]![q] = s
        turn[q]![p] = -s
        a = matmul(transpose(turn), matmul(a, turn))
        v = matmul(v, turn)
      }
  const order = a.map((row, i) => [row[i]!, i] as const).sort(([x], [y]) => y - x)
  return { values: order.map(([value]) => value), vectors: v.map((row) => order.map(([, k]) => row[k]!)) }
}
