import { concat, constant, range, type Tensor } from '../../graph/index.js'

/**
 * Couplings of n units with each other: a symmetric matrix without diagonal, of which each pair is stored once, in
 * n (n - 1) / 2 numbers. So no update can make it lopsided.
 *
 * The strict lower triangle is folded in half. Row q of the packed rectangle holds row `first + q` of the triangle, and
 * behind it, read from the end, the row of the upper half that fills what is left.
 */
export function packedShape(units: number): readonly [rows: number, width: number] {
  return [Math.floor(units / 2), units % 2 === 0 ? units - 1 : units]
}

/** Whether a place of the rectangle belongs to the lower half of the triangle. */
function isLower(units: number): Tensor {
  const [rows, width] = packedShape(units)
  return range(width).less(
    range(rows)
      .reshape([rows, 1])
      .add(units - rows),
  )
}

/** Rows and columns, the last ones first. */
function turned(x: Tensor): Tensor {
  const last = x.size - 1
  const order = constant(
    Int32Array.from({ length: x.size }, (_, i) => last - i),
    undefined,
    'int32',
  )
  return x.reshape([-1]).gather(order).reshape(x.shape)
}

/** The whole matrix, [n, n]. */
export function unpackSymmetric(packed: Tensor, units: number): Tensor {
  const [, width] = packedShape(units)
  const lower = isLower(units)
  const right = (x: Tensor): Tensor =>
    x.pad([
      [0, 0],
      [0, units - width],
    ])
  const triangle = concat(
    [
      ...(units % 2 === 0 ? [] : [constant(0).broadcastTo([1, units])]),
      right(turned(lower.select(0, packed))),
      right(lower.select(packed, 0)),
    ],
    0,
  )
  return triangle.add(triangle.transpose())
}

/** The couplings of a symmetric matrix [n, n], each once; what lies on the diagonal is left out. */
export function packSymmetric(matrix: Tensor): Tensor {
  const units = matrix.shape[0]!
  const [rows, width] = packedShape(units)
  const cut = (start: number): Tensor => matrix.slice(0, start, start + rows).slice(1, 0, width)
  return isLower(units).select(cut(units - rows), turned(cut(units % 2)))
}
