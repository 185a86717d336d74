import { checkOptions } from '../../../src/options/index.js'
import type { Task } from '../../../src/rules/contract.js'
import { hopfieldVae } from '../../../src/rules/hopfield-vae/hopfield-vae.js'
import { traceRule } from '../../../src/rules/trace.js'
import { normals, numbers } from '../../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers, taskOf } from '../harness.js'

export type Options = Readonly<Record<string, unknown>>

/** Seven pixels, six hidden units, two latent ones, settled until nothing moves. */
export const SMALL: Options = { hidden: 6, latent: 2, freeSweeps: 50, nudgedSweeps: 30, damping: 0.25 }
export const sevenPixels = (batch = 2): Task => taskOf({ shape: [1, 1, 7], batch })

/** Weights of a size at which the units are neither dead nor saturated, biases of every layer. */
export function given(options: Options, task = sevenPixels(), scale = 0.4) {
  const hyper = checkOptions(hopfieldVae.hyper, { ...SMALL, ...options }, 'hopfield-vae')
  const traced = traceRule(hopfieldVae, task, hyper)
  const start = Object.entries(initialState(traced)).map(([name, at]): [string, readonly number[]] => {
    if (name.startsWith('optimizer')) return [name, at]
    return [name, numbers(normals(name, [at.length]).mul(name.endsWith('bias') ? 0.2 : scale))]
  })
  const joint = traced.steps.joint!
  return { hyper, traced, task, joint, state: Object.fromEntries(start) as Numbers, batch: batchFor(joint, task, 1) }
}

export const isInert = (name: string): boolean => /^(encoder\.visible\.|decoder\.latent\.(bias|latent)$)/.test(name)
export const parametersOf = (state: Numbers): string[] =>
  Object.keys(state).filter((name) => !name.startsWith('optimizer'))

/** Adam's first moment after one step from zero is the gradient. */
export function gradientsOf({ joint, state, batch }: ReturnType<typeof given>): Record<string, readonly number[]> {
  const { state: after } = evaluate(joint, state, batch)
  const learned = parametersOf(state).filter((name) => !isInert(name))
  return Object.fromEntries(learned.map((name, i) => [name, after[`optimizer.first.${i}`]!]))
}

export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, i) => sum + v * b[i]!, 0)
export const mean = (a: readonly number[]): number => a.reduce((sum, v) => sum + v, 0) / a.length

/** The mean loss over the batch at some weights, with the noise of the step. */
export function lossAt({ traced, batch, state }: ReturnType<typeof given>, moved: Numbers, klWeight: number): number {
  const { metrics } = evaluate(traced.predict, { ...state, ...moved }, { ...batch })
  return mean(metrics['figures/J']!) - (1 - klWeight) * mean(metrics['figures/KL']!)
}

/**
 * Of every tensor, the slope of the loss along a random direction less what the step's gradient says of it, relative to
 * the gradient's length, which is what such a slope is large as.
 */
export function slopeErrors(own: ReturnType<typeof given>, klWeight = 1): Record<string, number> {
  const h = 1e-5
  const errors = Object.entries(gradientsOf(own)).map(([name, gradient]): [string, number] => {
    const direction = numbers(normals(`direction of ${name}`, [gradient.length]))
    const moved = (t: number) => ({ [name]: own.state[name]!.map((v, i) => v + t * direction[i]!) })
    const expected = (lossAt(own, moved(h), klWeight) - lossAt(own, moved(-h), klWeight)) / (2 * h)
    return [name, Math.abs(dot(gradient, direction) - expected) / Math.sqrt(dot(gradient, gradient))]
  })
  return Object.fromEntries(errors)
}
