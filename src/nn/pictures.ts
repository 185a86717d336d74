import { concat, constant, oneHot, type Shape, sizeOf, type Tensor } from '../graph/index.js'

/**
 * Weights [in, out] of a dense first layer (`in` pixels) or kernels [out, in, K, K] as images: one for each of the
 * first `count` units, each with its own scale, so that 0 is the middle grey. A dense layer gives [M, C, H, W], kernels
 * [M, 1, K, K] (the mean over channels that are neither one nor three) or [M, 3, K, K].
 */
export function filterImages(weight: Tensor, shape: Shape, count: number): Tensor {
  if (weight.rank === 4) {
    const all = weight.slice(0, 0, Math.min(count, weight.shape[0]!))
    const kernels = all.shape[1] === 1 || all.shape[1] === 3 ? all : all.mean(1, true)
    return signedImages(kernels, kernels.shape)
  }
  const size = sizeOf(shape)
  const [inputs, outputs] = weight.shape as [number, number]
  // Where a label's code takes the first pixels, their weights lie elsewhere: those pixels stay grey.
  const grey: [number, number] = [Math.max(0, size - inputs), 0]
  const pixels = weight
    .slice(0, Math.max(0, inputs - size), inputs)
    .slice(1, 0, Math.min(count, outputs))
    .transpose()
  return signedImages(pixels.pad([[0, 0], grey]), [pixels.shape[0]!, ...shape])
}

/** How `filterImages` are to be read. */
export const FILTER_SCALE = 'light is positive, dark negative, each on its own scale'

/** A picture of a first layer's weights over inputs of a shape: ten rows of `columns` units. */
export const filters = <State>(shape: Shape, weightOf: (state: State) => Tensor, columns = 10) => ({
  filters: {
    description: `weights of the first layer: ${FILTER_SCALE}`,
    columns,
    rowNames: unitRows(10, columns),
    draw: (state: State) => filterImages(weightOf(state), shape, 10 * columns),
  },
})

/** Names of rows of units. */
export const unitRows = (rows: number, columns: number): string[] =>
  Array.from({ length: rows }, (_, i) => `units ${i * columns} to ${(i + 1) * columns - 1}`)

/** Numbers of either sign as images, one for each row of the first axis, with its own scale: 0 is the middle grey. */
export function signedImages(signed: Tensor, shape: Shape = signed.shape): Tensor {
  const rows = signed.reshape([signed.shape[0]!, -1])
  const largest = rows.abs().max(1, true).add(1e-12)
  return rows.div(largest).mul(0.5).add(0.5).reshape(shape)
}

/** Images [N, ...] of each column of a grid, to the images of the grid row after row, [N * columns, ...]. */
export function rowByRow(columns: readonly Tensor[]): Tensor {
  const spread = columns.map((images) => images.reshape([images.shape[0]!, 1, ...images.shape.slice(1)]))
  return concat(spread, 1).reshape([-1, ...columns[0]!.shape.slice(1)])
}

/** Images [N, C, H, W], each with the sign of every label [K, 1, H, W] on its right: [N, K, C, H, 2 W]. */
export function withSigns(images: Tensor, signs: Tensor): Tensor {
  const [n, channels, height, width] = images.shape as [number, number, number, number]
  const [labels] = signs.shape as [number]
  const shape: Shape = [n, labels, channels, height, width]
  const left = images.reshape([n, 1, channels, height, width]).broadcastTo(shape)
  const right = signedImages(signs, [1, labels, 1, height, width]).broadcastTo(shape)
  return concat([left, right], 4)
}

/** Values along a traversal: a latent number in units of its prior's deviation. */
export const TRAVERSED = [-3, -2.25, -1.5, -0.75, 0, 0.75, 1.5, 2.25, 3]

/** The ends of a traversal, in words. */
export const TRAVERSED_RANGE = `from ${TRAVERSED[0]} to ${TRAVERSED.at(-1)}`

/**
 * A code [1, D, ...], for each of the components in `indices` [R] a row of codes in which that one (at all places of a
 * map) goes through TRAVERSED: [R * TRAVERSED.length, D, ...].
 */
export function traversals(code: Tensor, indices: Tensor): Tensor {
  const [, size, ...places] = code.shape as [number, number, ...number[]]
  const over = places.map(() => 1)
  const chosen = oneHot(indices, size).reshape([-1, 1, size, ...over])
  const values = constant(TRAVERSED, [1, TRAVERSED.length, 1, ...over])
  const kept = code.reshape([1, ...code.shape]).mul(constant(1).sub(chosen))
  return kept.add(chosen.mul(values)).reshape([-1, size, ...places])
}
