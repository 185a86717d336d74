// The reconstruction's acceptance tests (1.9) and its check of the gradients (1.7), in float64.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { given, type Options, sevenPixels, slopeErrors } from './rule.js'

/** beta = 1e-4: the nudge is beta / sigma_x^2, or beta itself. */
const GENTLE = { nudge: 1e-4 / 0.31 ** 2, encoderNudge: 1e-3 }

describe('gradients are those of the loss at the equilibria, at beta 1e-4', () => {
  const cases: Record<string, Options> = {
    F: { variant: 'F' },
    H: { variant: 'H' },
    TH: { variant: 'TH' },
    DH: { variant: 'DH' },
    TDH: { variant: 'TDH' },
    'H, three latent units, mixed force': { variant: 'H', latent: 3, encoderForce: 'mixed' },
    'DH, coupled latent units, mixed force': { variant: 'DH', latentCouplings: true, encoderForce: 'mixed' },
    'TDH, coupled latent units, a KL that warms up': { variant: 'TDH', latentCouplings: true, klWarmup: 0.5 },
    'TH, mixed force, a KL that warms up': { variant: 'TH', encoderForce: 'mixed', klWarmup: 0.5 },
    'F, learned variance, Bernoulli': { variant: 'F', variance: 'learned', decoder: 'bernoulli' },
    'H, learned variance': { variant: 'H', variance: 'learned' },
    'H, Bernoulli, mixed force': { variant: 'H', decoder: 'bernoulli', encoderForce: 'mixed', nudge: 1e-4 },
    'H, learned variance, Bernoulli': { variant: 'H', variance: 'learned', decoder: 'bernoulli', nudge: 1e-4 },
    'DH, learned variance, mixed force': { variant: 'DH', variance: 'learned', encoderForce: 'mixed' },
    'DH, learned variance, Bernoulli': { variant: 'DH', variance: 'learned', decoder: 'bernoulli', nudge: 1e-4 },
  }
  for (const [name, options] of Object.entries(cases))
    test(name, () => {
      // Linear visible units that are coupled settle only while their couplings are weak.
      const own = given(
        { ...GENTLE, ...options },
        sevenPixels(),
        name.startsWith('D') || name.startsWith('TD') ? 0.08 : 0.15,
      )
      const warm = options.klWarmup ? 0.1 + (0.9 * own.batch.progress![0]!) / 0.5 : 1
      for (const [tensor, error] of Object.entries(slopeErrors(own, warm)))
        assert.ok(error < 1e-4, `${tensor}: ${error}`)
    })
})
