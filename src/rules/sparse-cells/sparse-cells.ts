/**
 * Sparse cells: one unsupervised cell codes the patches of images, and a ridge regression reads what it says.
 *
 * Patches x of K x K pixels are drawn at random, each minus its mean and over the root of its variance + 10 (of pixels
 * to 255), and whitened (ZCA, epsilon). The cell is a variational auto-encoder:
 *   q(z | x) = Laplace(m, b), m = soft(E x, theta), p(z) = Laplace(0, 1), p(x | z) = N(D^T z, sigma^2 I),
 *   loss = E_q ||x - D^T z||^2 / (2 sigma^2) + beta KL(q || p),
 * with learned theta and b for each latent, and rows of D of length 1. Adam. An image is coded at all places:
 *   max(0, s - alpha), max(0, -s - alpha), s = E x, summed over its quadrants,
 * and the read-out, solved once after the last epoch, is the minimum of sum ||y - W f - c||^2 + lambda ||W||^2 on
 * standardised features f. No label reaches the cell.
 *
 * Sources: the code of patches and the pooling are of Coates, Lee and Ng 2011 and Coates and Ng 2011; it is Unsupervised
 * Forward-Forward (Hwang et al. 2024) with one cell and an exact read-out. The cell is ours; docs/decisions/0032 says
 * what was tried.
 *
 * Control: cell=random-patches, filters that are patches drawn at random, with the same coding and read-out.
 */
import { concat, type Tensor } from '../../graph/index.js'
import { zeros } from '../../nn/initialize.js'
import { mirrored } from '../../nn/mirrored.js'
import { normalisedRows, randomPatches } from '../../nn/patches.js'
import { signedImages } from '../../nn/pictures.js'
import type { Tree } from '../../nn/tree.js'
import { whitened, type Zca, zcaOf } from '../../nn/zca.js'
import type { Rule } from '../contract.js'
import { classesOf, imageShape } from '../task.js'
import type { PatchCell } from './cell.js'
import { featureCount, pooledCode } from './features.js'
import { hyper, presets, type SparseCellsHyper } from './options.js'
import { randomPatchFilters } from './random-patches.js'
import { variational } from './variational.js'

export type SparseCellsState = {
  /** Of normalised patches, from the first batch. */
  readonly zca: Zca
  readonly cell: Tree
  readonly learner: Tree
  readonly readOut: { readonly weight: Tensor; readonly bias: Tensor }
}

/** Patches that the first state sees of each image: 20,000 in batches of 100. */
const FIRST = 200

// biome-ignore lint/suspicious/noExplicitAny: only a cell knows its parameters
const cellOf = (h: SparseCellsHyper): PatchCell<any, any> => (h.cell === 'vae' ? variational(h) : randomPatchFilters(h))

/** The features of one view of images, [N, D]. */
function coded({ cell, zca }: SparseCellsState, x: Tensor, h: SparseCellsHyper): Tensor {
  const { filters, thresholds } = cellOf(h).code(cell)
  const own = h.alpha === undefined ? thresholds : zeros(thresholds.shape).add(h.alpha)
  return pooledCode(x, { filters, thresholds: own }, zca, h.kernel)
}

/** The features of all views, [N, V, D]. */
function featuresOf(state: SparseCellsState, x: Tensor, h: SparseCellsHyper): Tensor {
  const views = h.views === 'one' ? [x] : [x, mirrored(x)]
  const each = views.map((images) => coded(state, images, h).reshape([x.shape[0]!, 1, -1]))
  return concat(each, 1)
}

const [CELL, READ_OUT] = ['cell', 'read-out']

export const sparseCells: Rule<SparseCellsHyper, SparseCellsState> = {
  id: 'sparse-cells',
  title: 'Sparse cells with an exact read-out',
  summary: 'one unsupervised cell codes patches of images; a ridge regression, solved exactly, reads the code',
  source: 'ours',
  hyper,
  training: { epochs: 15, batch: 100 },
  presets,
  small: { hyper: { latents: 5, kernel: 3, patches: 3 }, shape: [2, 7, 8] },

  locality: () => ({
    blocks: [
      { name: CELL, parameters: ['cell'], statistics: ['zca'] },
      { name: READ_OUT, parameters: ['readOut'] },
    ],
    promise: { local: true, window: 1, labels: ['none', 'loss'] },
  }),

  init(random, task, h, { x }) {
    imageShape(task)
    const patches = normalisedRows(randomPatches(x, h.kernel, FIRST, random, 'first'))
    const zca = zcaOf(patches, h.epsilon)
    const own = cellOf(h)
    const cell = own.init(random, whitened(patches, zca))
    const [features, classes] = [featureCount(h.latents), classesOf(task)]
    return {
      ...{ zca, cell, learner: own.learner(cell) },
      readOut: { weight: zeros([features, classes]), bias: zeros([classes]) },
    }
  },

  steps: (_, h) => ({
    joint(state, batch) {
      const patches = normalisedRows(randomPatches(batch.x, h.kernel, h.patches, batch.random, 'places'))
      const { next, measured } = cellOf(h).learn(state.cell, state.learner, whitened(patches, state.zca), batch)
      const { loss, ...others } = measured
      const metrics = { ...(loss && { network: { loss } }), blocks: { [CELL]: others } }
      return [{ ...state, cell: next[0], learner: next[1] }, metrics]
    },
  }),

  readOut: {
    weight: 'readOut.weight',
    bias: 'readOut.bias',
    features: (state, x, _, h) => featuresOf(state, x, h),
    lambdas: ({ lambda }) => lambda,
  },

  // The read-out is linear: the mean over views is that of their features.
  predict: (state, x, _, h) => ({
    scores: featuresOf(state, x, h).mean(1).matmul(state.readOut.weight).add(state.readOut.bias),
  }),

  pictures: (task, h) => ({
    filters: {
      description: 'filters of the first latents on whitened patches: light is positive, dark negative',
      columns: 10,
      draw({ cell }) {
        const [channels] = imageShape(task)
        const some = cellOf(h).code(cell).filters.slice(0, 0, Math.min(100, h.latents))
        const images = some.reshape([some.shape[0]!, channels, h.kernel, h.kernel])
        const shown = channels === 1 || channels === 3 ? images : images.mean(1, true)
        return signedImages(shown, shown.shape)
      },
    },
  }),
}
