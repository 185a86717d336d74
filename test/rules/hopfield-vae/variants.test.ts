import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadDataSet } from '../../../src/data/load.node.js'
import { inEffect } from '../../../src/options/index.js'
import { hopfieldVae } from '../../../src/rules/hopfield-vae/hopfield-vae.js'
import { taskFor } from '../../../src/rules/task.js'
import { traceRule } from '../../../src/rules/trace.js'
import { planOf } from '../../../src/tune/plan.js'
import { hasEffect } from '../../../src/tune/space.js'

const OF_SETTLING = ['freeSweeps', 'nudgedSweeps', 'nudge', 'encoderNudge', 'encoderForce']

test('what settles or nudges has no effect in the feed-forward variant, and is not searched there', async () => {
  const data = await loadDataSet('glyphs')
  for (const variant of ['F', 'H', 'TH', 'DH', 'TDH'] as const) {
    const hyper = hopfieldVae.hyper.parse({ variant })
    const counting = inEffect(hopfieldVae.hyper, hyper)
    for (const name of OF_SETTLING) assert.equal(counting.includes(name), variant !== 'F', `${variant}: ${name}`)
    const { space, base } = planOf(hopfieldVae, data, { preset: variant.toLowerCase(), objectives: ['SE'] })
    const searched = space.filter((dimension) => hasEffect(dimension, base)).map(({ name }) => name)
    assert.deepEqual(
      searched.filter((name) => OF_SETTLING.includes(name)),
      variant === 'F' ? [] : ['nudge', 'encoderNudge'],
    )
  }
})

test('inputs of real numbers, which no decoder makes, are refused, whatever the target', () => {
  const traced = (options: object, input: { shape: readonly number[]; levels?: number }) =>
    traceRule(hopfieldVae, taskFor({ input, target: { kind: 'none' } }), hopfieldVae.hyper.parse(options))
  for (const options of [{}, { variant: 'F' }, { variant: 'TDH' }, { decoder: 'bernoulli' }]) {
    const small = { hidden: 4, latent: 2, ...options }
    assert.throws(() => traced(small, { shape: [8] }), {
      name: 'UserError',
      message:
        /inputs in levels, such as pixels, not from real numbers: .* the rule nice, which learns real numbers too$/,
    })
    traced(small, { shape: [8], levels: 2 })
  }
})
