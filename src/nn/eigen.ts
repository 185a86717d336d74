import { constant, scan, type Tensor } from '../graph/index.js'

/** Sweeps over all pairs of axes; the cyclic Jacobi method needs about log2(n) + 3 of them. */
const SWEEPS = 8

/**
 * The eigenvectors of a small symmetric matrix [n, n], as rows [n, n], and its eigenvalues [n], in no order: the cyclic
 * Jacobi method (Golub and Van Loan, 8.5). Each turn makes one element off the diagonal zero by a rotation.
 */
export function eigenOf(matrix: Tensor): { values: Tensor; vectors: Tensor } {
  const n = matrix.shape[0]!
  const unit = constant(
    Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)),
    [n, n],
  )
  const pairs = Array.from({ length: n }, (_, p) => Array.from({ length: n - 1 - p }, (_, k) => [p, p + 1 + k])).flat()
  if (pairs.length === 0) return { values: matrix.reshape([1]), vectors: unit }
  const axes = [0, 1].map((side) =>
    constant(
      Array.from({ length: SWEEPS }, () => pairs.map((pair) => pair[side]!)).flat(),
      [SWEEPS * pairs.length],
      'int32',
    ),
  )
  const { carried } = scan(SWEEPS * pairs.length, [matrix, unit], ([own, vectors], index) => {
    const [p, q] = axes.map((all) => unit.gather(all.gather(index.reshape([1])))) as [Tensor, Tensor]
    const at = (left: Tensor, right: Tensor): Tensor => left.matmul(own!).matmul(right, { transposeB: true })
    const [off, gap] = [at(p, q), at(q, q).sub(at(p, p))]
    const size = gap
      .abs()
      .add(gap.square().add(off.square().mul(4)).sqrt())
      .maximum(1e-30)
    const tangent = gap.greaterEqual(0).select(off, off.neg()).mul(2).div(size)
    const cosine = constant(1).div(tangent.square().add(1).sqrt())
    const sine = tangent.mul(cosine)
    const outer = (left: Tensor, right: Tensor): Tensor => left.matmul(right, { transposeA: true })
    const rotation = unit
      .add(outer(p, p).add(outer(q, q)).mul(cosine.sub(1)))
      .add(outer(p, q).sub(outer(q, p)).mul(sine))
    const turned = rotation.matmul(own!, { transposeA: true }).matmul(rotation)
    return { carried: [turned, rotation.matmul(vectors!, { transposeA: true })] }
  })
  const [turned, vectors] = carried as [Tensor, Tensor]
  return { values: turned.mul(unit).sum(1), vectors }
}
