import { constant, type Tensor } from '../graph/index.js'
import { zeros } from './initialize.js'
import type { Optimizer } from './optimizer.js'
import { rebuild, type Tree, tensorsOf } from './tree.js'

export interface MuonOptions {
  /** In Nesterov's form. */
  readonly momentum?: number
  /** Turns of the iteration that makes the singular values of a step alike. */
  readonly turns?: number
  /** Whether matrices [in, out] are stepped so too, or kernels alone. Default: true. */
  readonly matrices?: boolean
  /** Moves all else: biases, gains. */
  readonly others: Optimizer
  /** The step size of `others`, as a part of the one of the matrices. */
  readonly othersRate: number
}

/** The matrix that a weight is to Muon: kernels [out, in, KH, KW] as [out, in KH KW]. */
const asMatrix = (w: Tensor): Tensor => w.reshape([w.shape[0]!, -1])

const length = (x: Tensor): Tensor => x.square().sum().sqrt()

/** Odd polynomial a x + b x^3 + c x^5 of Muon: it takes singular values from (0, 1] to about 1 in a few turns. */
const [A, B, C] = [3.4445, -4.775, 2.0315]

/**
 * A matrix with the singular vectors of `u` [m, n] and singular values near 1, by `turns` of the polynomial on matrices
 * (a Newton-Schulz iteration). A matrix of zeros stays zero.
 */
export function orthogonalised(u: Tensor, turns: number): Tensor {
  const isTall = u.shape[0]! > u.shape[1]!
  let x = u.div(length(u).add(1e-7))
  if (isTall) x = x.transpose()
  for (let turn = 0; turn < turns; turn++) {
    const a = x.matmul(x, { transposeB: true })
    x = x.mul(A).add(a.mul(B).add(a.matmul(a).mul(C)).matmul(x))
  }
  return isTall ? x.transpose() : x
}

/**
 * Muon (Jordan et al. 2024), for each weight by itself, so that a local rule stays local: with the gradient G,
 *   M <- momentum M + G,   U = G + momentum M,   X = `orthogonalised`(U).
 * Kernels of convolutions, as in the CIFAR-10 speed-run of that author: W <- sqrt(C_out) W / |W|, then W <- W - rate X.
 * Matrices [in, out]: W <- W - rate sqrt(max(1, out / in)) X. All else: `others`.
 */
export function muon({ momentum = 0.9, turns = 3, matrices = true, others, othersRate }: MuonOptions): Optimizer {
  const isMatrix = (p: Tensor): boolean => p.rank > 2 || (matrices && p.rank === 2)
  const rest = (all: readonly Tensor[]): Tensor[] => all.filter((p) => !isMatrix(p))
  return {
    init: (parameters) => {
      const all = tensorsOf(parameters)
      return { moments: all.filter(isMatrix).map((p) => zeros(p.shape)), others: others.init(rest(all)) }
    },
    update(parameters, gradients, state, rate) {
      const { moments, others: before } = state as { moments: readonly Tensor[]; others: Tree }
      const all = tensorsOf(parameters)
      const ofRest = gradients.filter((_, i) => !isMatrix(all[i]!))
      const [moved, after] = others.update(rest(all), ofRest, before, rate.mul(othersRate))
      const kept: Tensor[] = []
      let other = 0
      const next = all.map((w, i) => {
        if (!isMatrix(w)) return moved[other++]!
        const moment = moments[kept.length]!.mul(momentum).add(gradients[i]!)
        kept.push(moment)
        const x = orthogonalised(asMatrix(gradients[i]!.add(moment.mul(momentum))), turns).reshape(w.shape)
        return stepped(w, x, rate)
      })
      return [rebuild(parameters, next), { moments: kept, others: after }]
    },
  }
}

function stepped(w: Tensor, x: Tensor, rate: Tensor): Tensor {
  const [first, second] = w.shape as [number, number]
  if (w.rank === 2) return w.sub(x.mul(rate.mul(Math.sqrt(Math.max(1, second / first)))))
  return w.mul(constant(Math.sqrt(first)).div(length(w).maximum(1e-12))).sub(x.mul(rate))
}
