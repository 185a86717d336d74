import { argmax, constant, range, type Tensor } from '../graph/index.js'

/** For each row of a batch its partner's row (int32 [N]) and whether both are of one class (bool [N]). */
export interface Pairs {
  readonly partner: Tensor
  readonly alike: Tensor
}

/**
 * Partners within the batch: for rows 0, 2, 4, ... one of the same class, for the others one of another class, each
 * that qualifies with the same chance. Where none does, a partner of the same class is the row itself, and a partner of
 * another class is any other row. `alike` is read from the labels of the pair that was made, so it is always right.
 * `labels`: int32 [N]; `u`: uniform on [0, 1), [N, N].
 */
export function classPairs(labels: Tensor, u: Tensor): Pairs {
  const n = labels.shape[0]!
  const same = labels.reshape([n, 1]).equal(labels.reshape([1, n]))
  const self = range(n)
    .reshape([n, 1])
    .equal(range(n).reshape([1, n]))
  const even = constant(Float64Array.from({ length: n }, (_, i) => 1 - (i % 2)))
    .greater(0)
    .reshape([n, 1])
  // The argmax of uniform noise is a fair draw; whole numbers added to it rank the groups that are drawn from.
  const other = self.select(0, 1)
  const ofSame = same.select(other.add(1), 0)
  const ofDifferent = same.select(other, 2)
  const partner = argmax(even.select(ofSame, ofDifferent).add(u))
  return { partner, alike: labels.equal(labels.gather(partner)) }
}
