import { z } from 'zod'
import type { Tensor } from '../../graph/index.js'
import type { Random } from '../../nn/random.js'
import { angleBetween } from './angle.js'
import { traceSums, updateScale } from './pairing.js'
import { forwardOf, type Pair, record } from './spiking.js'

const aligning = { onlyWith: { align: 'sal' } }

/** The options of an alignment phase, for any rule with feedback weights. */
export const alignmentOptions = {
  align: z
    .enum(['none', 'sal'])
    .default('none')
    .describe('whether spike-based alignment learning turns feedback weights to forward weights between epochs'),
  alignTimes: z
    .int()
    .min(1)
    .default(20)
    .meta(aligning)
    .describe('recordings before each epoch, with a change of the feedback after each (SAL: 5, four times as long)'),
  alignSteps: z.int().min(1).default(500).meta(aligning).describe('T, time steps of a recording (SAL: 2000)'),
  alignBatch: z.int().min(1).default(32).meta(aligning).describe('copies of the network in a recording (SAL: 32)'),
  alignRate: z
    .number()
    .min(0)
    .default(0.04)
    .meta({ ...aligning, search: { low: 0.004, high: 0.4, log: true } })
    .describe('step size of the feedback weights (SAL: 0.04)'),
  refractory: z
    .int()
    .min(1)
    .default(10)
    .meta(aligning)
    .describe('t_ref, time steps of the refractory period, of potentials and of the window of pairs (SAL: 10)'),
}

export type AlignmentOptions = {
  readonly [name in 'alignSteps' | 'alignBatch' | 'alignRate' | 'refractory']: number
}

/** What an alignment makes of a pair, and its figures. */
export interface Aligned {
  /** [n, m], as it was. */
  readonly feedback: Tensor
  /** `angle`: of feedback and forward weights after it, in degrees; `spiking`: spikes of a unit in t_ref steps, mean. */
  readonly figures: { readonly angle: Tensor; readonly spiking: Tensor }
}

/**
 * One step of spike-based alignment learning: both populations spike from noise alone, without data, labels or a loss, and
 * the feedback weights follow the order of their spikes. `name` keys the noise.
 */
export function align(pair: Pair, random: Random, name: string, h: AlignmentOptions): Aligned {
  const { alignSteps: steps, alignBatch: copies, refractory } = h
  const { lower, upper } = record(pair, random, name, { refractory, steps, copies })
  const change = traceSums(upper, lower).mul(updateScale(copies, refractory)).mul(h.alignRate)
  const feedback = pair.feedback.add(change)
  const spiking = lower.spikes
    .mean()
    .add(upper.spikes.mean())
    .mul(refractory / 2)
  return { feedback, figures: { angle: angleBetween(feedback, forwardOf(pair)), spiking } }
}

/** What a rule's `between` names, where its step `align` changes its feedback weights. */
export const alignmentPhase = (h: { readonly align: string; readonly alignTimes: number }) =>
  h.align === 'sal' ? [{ step: 'align', times: h.alignTimes }] : []
