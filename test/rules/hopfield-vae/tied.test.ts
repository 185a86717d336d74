import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UserError } from '../../../src/errors.js'
import { checkOptions } from '../../../src/options/index.js'
import { certifyRule } from '../../../src/rules/certify.js'
import type { Task } from '../../../src/rules/contract.js'
import { hopfieldVae } from '../../../src/rules/hopfield-vae/hopfield-vae.js'
import { traceRule } from '../../../src/rules/trace.js'
import { batchFor, evaluate, taskOf } from '../harness.js'
import { given, isInert, type Options, parametersOf, SMALL, sevenPixels } from './rule.js'

describe('tied networks', () => {
  const MNIST: Task = taskOf({ shape: [1, 28, 28], batch: 2 })
  const count = (variant: string, options: Options = {}): number => {
    const hyper = hopfieldVae.hyper.parse({ variant, ...options })
    const { state } = traceRule(hopfieldVae, MNIST, hyper).predict
    const { blocks } = hopfieldVae.locality(MNIST, hyper)
    const paths = blocks.flatMap(({ parameters }) => parameters)
    const own = state.filter(({ name }) => paths.some((path) => name.startsWith(`${path}.`)))
    return own.reduce((sum, { input }) => sum + input.size, 0)
  }

  test('have half the parameters', () => {
    const layered = 784 * 256 + 256 * 16 + (784 + 256 + 16)
    assert.deepEqual([count('TH'), count('H'), count('F')], [layered, 2 * layered, 2 * layered])
    const dense = count('TDH')
    assert.equal(count('DH'), 2 * dense)
    // All pairs of units but those of two latent ones, and then those too.
    assert.equal(dense, (1056 * 1055) / 2 - (16 * 15) / 2 + 1056)
    assert.equal(count('TDH', { latentCouplings: true }), (1056 * 1055) / 2 + 1056)
  })

  for (const variant of ['TH', 'TDH'])
    test(`one weight changes both ways: ${variant}`, () => {
      const { traced, state, batch } = given({ variant })
      const other = { ...state, 'network.hidden.visible': state['network.hidden.visible']!.with(9, 1) }
      const [before, after] = [state, other].map((own) => ({
        KL: evaluate(traced.predict, own, batch).metrics['figures/KL']!,
        drawn: evaluate(traced.picture('prior'), own, batchFor(traced.picture('prior'), sevenPixels(), 1)).metrics
          .images!,
      }))
      assert.ok(before!.KL.some((v, i) => Math.abs(v - after!.KL[i]!) > 1e-6))
      assert.ok(before!.drawn.some((v, i) => Math.abs(v - after!.drawn[i]!) > 1e-6))
    })

  test('have no units for a learned variance or for logits', () => {
    const check = (options: Options) => () => checkOptions(hopfieldVae.hyper, options, 'hopfield-vae')
    for (const variant of ['TH', 'TDH']) {
      assert.throws(
        check({ variant, variance: 'learned' }),
        (e) => e instanceof UserError && /^the option variance of .*tied/.test(e.message),
      )
      assert.throws(
        check({ variant, decoder: 'bernoulli' }),
        (e) => e instanceof UserError && /^the option decoder of .*tied/.test(e.message),
      )
    }
    check({ variant: 'H', variance: 'learned', decoder: 'bernoulli' })()
  })
})

test('what only clamped units share is never taught, everything else is', () => {
  for (const variant of ['H', 'DH', 'TDH']) {
    const own = given({ variant, latentCouplings: true })
    const { state: after } = evaluate(own.joint, own.state, own.batch)
    for (const name of parametersOf(own.state)) {
      const still = own.state[name]!.every((v, i) => v === after[name]![i]!)
      assert.equal(still, isInert(name), `${variant}: ${name}`)
    }
  }
})

test('the certificate names the feedback that comes back through the couplings', () => {
  const rows = (variant: string) =>
    certifyRule(hopfieldVae, sevenPixels(), hopfieldVae.hyper.parse({ ...SMALL, variant })).layers.map(
      ({ name, window, reads }) => ({ name, window, ...reads }),
    )
  for (const variant of ['H', 'TH', 'DH', 'TDH']) {
    const all = rows(variant)
    for (const { window, labels } of all) assert.deepEqual([window, labels], [1, 'none'])
    assert.ok(all.slice(0, -1).every(({ feedback }) => feedback.length > 0))
    assert.deepEqual(all.at(-1)!.feedback, [])
    assert.ok(all[0]!.transport, 'the couplings carry both ways')
  }
  assert.deepEqual(
    rows('F').map(({ window }) => window),
    [4, 3, 2, 1],
  )
})
