import { constant, range, type Tensor } from '../../graph/index.js'
import type { Trains } from './spiking.js'

/** Of spikes [T, N, n]: all steps of all copies in one row, [T N, n]. */
const rows = (spikes: Tensor): Tensor => spikes.reshape([-1, spikes.shape[2]!])

/**
 * The pair rule of synapses from `pre` [T, N, m] to `post` [T, N, n], summed over all pairs of spikes and over the copies,
 * [n, m]: of a pair whose presynaptic spike comes first -exp(-(t_post - t_pre) / tau), which is `causal`, of one whose
 * postsynaptic spike comes first +exp(-(t_pre - t_post) / tau). Spikes of one step count nothing.
 */
export function pairSums(pre: Tensor, post: Tensor, tau: number): { causal: Tensor; acausal: Tensor } {
  const [steps, copies, sources] = pre.shape as [number, number, number]
  const time = range(steps).cast('float32')
  const since = time.reshape([steps, 1]).sub(time)
  const weights = (delay: Tensor): Tensor => delay.greater(0).select(delay.maximum(0).div(-tau).exp(), 0)
  const summed = (kernel: Tensor): Tensor => {
    const filtered = kernel.matmul(pre.reshape([steps, copies * sources])).reshape([steps, copies, sources])
    return rows(post).matmul(rows(filtered), { transposeA: true })
  }
  return { causal: summed(weights(since)).neg(), acausal: summed(weights(since.neg())) }
}

/**
 * The same sums by traces, causal and acausal in one, in time that grows with T and not with its square: a postsynaptic
 * spike subtracts the trace of the presynaptic unit, a presynaptic one adds the trace of the postsynaptic unit. Two spikes
 * of one step do both, and cancel.
 */
export const traceSums = (pre: Trains, post: Trains): Tensor =>
  rows(post.traces)
    .matmul(rows(pre.spikes), { transposeA: true })
    .sub(rows(post.spikes).matmul(rows(pre.traces), { transposeA: true }))

/** What sums over `copies` are multiplied with: the mean over copies by the length of the kernel, 2 t_ref. */
export const updateScale = (copies: number, refractory: number): Tensor => constant(1 / (copies * 2 * refractory))
