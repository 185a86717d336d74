/** Optimisers of the coordinator: they take the mean of a round's deltas for a gradient, with its sign turned. */

/** What an optimiser keeps from round to round, by name. */
export type ServerState = Readonly<Record<string, Float32Array>>

export interface ServerOptimizer {
  /** The step size by default. */
  readonly rate: number
  /** The step that is added to the model, and what is kept. `state`: {} before the first round. */
  step(
    delta: Float32Array,
    state: ServerState,
    rate: number,
  ): { readonly step: Float32Array; readonly state: ServerState }
}

const zerosLike = (delta: Float32Array): Float32Array => new Float32Array(delta.length)

/** FedAvgM (Hsu et al. 2019, arXiv 1909.06335): v <- beta v + delta, w <- w + rate v, with beta 0.9. */
export const momentum: ServerOptimizer = {
  rate: 1,
  step(delta, { velocity = zerosLike(delta) }, rate) {
    const next = delta.map((value, i) => 0.9 * velocity[i]! + value)
    return { step: next.map((value) => rate * value), state: { velocity: next } }
  },
}

/**
 * FedAdam (Reddi et al. 2021, arXiv 2003.00295, algorithm 2): m <- 0.9 m + 0.1 delta, v <- 0.99 v + 0.01 delta^2, w <-
 * w + rate m / (sqrt(v) + tau), tau = 0.001; without a correction of the first rounds, as there.
 */
export const adam: ServerOptimizer = {
  rate: 0.01,
  step(delta, { first = zerosLike(delta), second = zerosLike(delta) }, rate) {
    const m = delta.map((value, i) => 0.9 * first[i]! + 0.1 * value)
    const v = delta.map((value, i) => 0.99 * second[i]! + 0.01 * value * value)
    return { step: m.map((value, i) => (rate * value) / (Math.sqrt(v[i]!) + 0.001)), state: { first: m, second: v } }
  },
}
