import { concat, type Tensor } from '../graph/index.js'

/**
 * Two states of one layer, [N, n], as what a contrast of products needs: s+ - s-, times a factor, and (s+ + s-) / 2.
 */
export interface Contrast {
  readonly difference: Tensor
  readonly mean: Tensor
}

export const contrastOf = (plus: Tensor, minus: Tensor, factor: Tensor | number = 1): Contrast => ({
  difference: plus.sub(minus).mul(factor),
  mean: plus.add(minus).mul(0.5),
})

/**
 * a+^T b+ - a-^T b- (times the contrasts' factor), summed over the rows: [n_a, n_b]. Computed as d_a^T m_b + m_a^T d_b,
 * which keeps in float32 what the difference of two nearly equal products would lose.
 */
export const outerContrast = (a: Contrast, b: Contrast): Tensor =>
  concat([a.difference, a.mean], 0).matmul(concat([b.mean, b.difference], 0), { transposeA: true })
