import { constant, softmax, type Tensor } from '../../graph/index.js'

/**
 * The share that each energy has in each class, w = softmax over the classes of a / T: non-negative, and of each energy
 * 1 in all. `a` is [n, K], T a scalar; as T goes to 0 each energy goes to the class of its largest a.
 */
export const softAssignment = (a: Tensor, temperature: Tensor): Tensor => softmax(a.div(temperature))

/** Energy c belongs to class c mod K alone: [n, K]. */
export const oneHotAssignment = (energies: number, classes: number): Tensor =>
  constant(
    Float64Array.from({ length: energies * classes }, (_, i) =>
      Number(Math.floor(i / classes) % classes === i % classes),
    ),
    [energies, classes],
  )

/**
 * The goodness of each class: the energies [N, n] by their shares w [n, K], each class's shares scaled to length 1, to
 * [N, K]. So every class has goodness of variance 1 or so, whether many or few channels are its own.
 */
export const classGoodness = (energies: Tensor, w: Tensor): Tensor =>
  energies.matmul(w.div(w.square().sum([0], true).add(1e-12).sqrt()))

/** The mean over the energies of -sum_k w_k ln w_k: 0 where each belongs to one class, at most ln K. */
export const entropy = (w: Tensor): Tensor => w.mul(w.maximum(1e-12).log()).sum(-1).mean().neg()

/**
 * The mean square of (K / n) w^T w - I: 0 where each energy belongs to one class, and as many to every class; it grows
 * where classes share energies, and where one has more than its part.
 */
export function gramError(w: Tensor): Tensor {
  const [energies, classes] = w.shape as [number, number]
  const identity = constant(
    Float64Array.from({ length: classes ** 2 }, (_, i) => Number(i % (classes + 1) === 0)),
    [classes, classes],
  )
  return w
    .matmul(w, { transposeA: true })
    .mul(classes / energies)
    .sub(identity)
    .square()
    .mean()
}
