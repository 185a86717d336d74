import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../src/errors.js'
import { backprop } from '../../src/rules/backprop.js'
import type { AnyRule } from '../../src/rules/contract.js'
import { equilibriumPropagation } from '../../src/rules/equilibrium-propagation/equilibrium-propagation.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { hopfieldVae } from '../../src/rules/hopfield-vae/hopfield-vae.js'
import { nice } from '../../src/rules/nice/nice.js'
import { recLra } from '../../src/rules/rec-lra/rec-lra.js'
import { targetPropagation } from '../../src/rules/target-propagation/target-propagation.js'
import { taskFor } from '../../src/rules/task.js'
import { trifecta } from '../../src/rules/trifecta/trifecta.js'
import { uff } from '../../src/rules/uff/uff.js'
import { resolve, type TrainInput } from '../../src/train/options.js'
import { tracePlan } from '../../src/train/traced-plan.js'
import { counter, counterWith } from './counter.js'
import { lines } from './fixtures.js'

const data = lines(100, 10)

type Refused = [AnyRule, { [part in keyof TrainInput]: unknown }, RegExp]

/** Some of them the types refuse too; what comes from a file or a command line has no types. */
const refused: Refused[] = [
  [
    forwardForward,
    { options: { epochs: -1 } },
    /^the option epochs of training takes a whole number at least 1, not -1\.$/,
  ],
  [
    forwardForward,
    { options: { epochs: 1.5 } },
    /^the option epochs of training takes a whole number at least 1, not 1\.5\.$/,
  ],
  [
    forwardForward,
    { options: { epoch: 3 } },
    /^There is no option of training "epoch"\. Did you mean "epochs"\? Known: /,
  ],
  [
    forwardForward,
    { options: { augment: { rotate: 9 } } },
    /no option of training "augment.rotate"\. Did you mean "augment.rotation"\?/,
  ],
  [
    forwardForward,
    { options: { augment: { shift: 5 } } },
    /^a shift of 5 pixels can push images of 5 x 5 out of sight/,
  ],
  [
    forwardForward,
    { options: { augment: { cutout: 5 } } },
    /^a cut-out of 5 pixels can hide the whole of images of 5 x 5: choose a smaller one$/,
  ],
  [
    forwardForward,
    { options: { augment: { padding: 'reflect', flip: true } } },
    /^the option augment.padding of training has no effect without a shift or a rotation: leave it out, or set augment\.shift/,
  ],
  [
    forwardForward,
    { options: { augment: { shift: -2 } } },
    /^the option augment.shift of training takes a whole number at least 0, not -2\.$/,
  ],
  [
    forwardForward,
    { options: { seed: -1 } },
    /^the option seed of training takes a whole number at least 0, not -1\.$/,
  ],
  [
    forwardForward,
    { options: { device: 'gpu' } },
    /^the option device of training takes one of cpu, webgpu, wasm, not gpu\. Did you mean "webgpu"\?$/,
  ],
  [forwardForward, { options: { batch: 91 } }, /batch of 91 is larger than the 90 training images \(10 are held out\)/],
  [forwardForward, { options: { validation: 100 } }, /validation takes 100 of 100 training images/],
  [forwardForward, { options: { patience: 2, validation: 0 } }, /without validation images/],
  [forwardForward, { options: { precision: 'int8', device: 'webgpu' } }, /int8 runs on the processor alone/],
  [forwardForward, { hyper: { rat: 0.1 } }, /^There is no option of forward-forward "rat"\. Did you mean "rate"\?/],
  [forwardForward, { hyper: { rate: 0 } }, /^the option rate of forward-forward takes a number above 0, not 0\.$/],
  [
    forwardForward,
    { hyper: { units: [10, -3] } },
    /^each item of the option units of forward-forward takes a whole number at least 1, not -3\.$/,
  ],
  [
    forwardForward,
    { hyper: { rate: Number.NaN } },
    /^the option rate of forward-forward takes a number above 0, not NaN\.$/,
  ],
  [backprop, { options: { schedule: 'greedy' } }, /backprop cannot train layer after layer/],
  [
    backprop,
    { hyper: { kernel: 5 } },
    /^the option kernel of backprop has no effect with network=dense: leave it out, or choose network=convolutional\.$/,
  ],
  [forwardForward, { hyper: { poolAfter: [0] } }, /^the option poolAfter .* no effect with network=dense/],
  [forwardForward, { hyper: { theta: 3 } }, /^the option theta .* no effect with loss=swish: .* loss=threshold/],
  [forwardForward, { hyper: { negatives: 'hybrid', predict: 'energy' } }, /^the option predict .* negatives=hybrid/],
  [uff, { hyper: { hidden: 9 } }, /^the option hidden .* no effect with cell=auto-encoder: .* cell=variational/],
  [
    backprop,
    { hyper: { momentum: 0.9 } },
    /^the option momentum of backprop has no effect with optimizer=adam: .*sgd or optimizer=muon\.$/,
  ],
  [
    hopfieldVae,
    { preset: 'f', hyper: { nudge: 0.2 } },
    /^the option nudge of hopfield-vae has no effect with variant=F: leave it out, or choose variant=H or variant=TH or /,
  ],
  [
    targetPropagation,
    { hyper: { inverseDecay: 0.1 } },
    /^the option inverseDecay of target-propagation has no effect with form=difference: leave it out, or choose form=drl\.$/,
  ],
  [
    targetPropagation,
    { hyper: { autoencoderNoise: 0.5 } },
    /^the option autoencoderNoise .* no effect with topTarget=gradient: .* topTarget=label-autoencoder\.$/,
  ],
  [
    targetPropagation,
    { preset: 'label-autoencoder', hyper: { step: 0.1 } },
    /^the option step .* no effect with topTarget=label-autoencoder: .* topTarget=gradient or topTarget=output\.$/,
  ],
  ...['gradient', 'label-autoencoder'].map(
    (topTarget): Refused => [
      targetPropagation,
      { hyper: { align: 'sal', units: [6], topTarget } },
      new RegExp(
        `^the option align .* is sal: it turns inverses, and one hidden layer has none with topTarget=${topTarget}`,
      ),
    ],
  ),
  [
    recLra,
    { hyper: { method: 'backprop', feedbackInitial: 'he' } },
    /^the option feedbackInitial of rec-lra has no effect with method=backprop: .* method=rec-lra\.$/,
  ],
  [backprop, { options: { cacheBytes: 1 } }, /^the option cacheBytes of training has no effect with schedule=joint/],
  [counterWith({ presets: {} }), { preset: 'fast' }, /^There is no preset of counter "fast"\. There are none\.$/],
  [counter as AnyRule, { preset: 'quik' }, /^There is no preset of counter "quik"\. Did you mean "quick"\?/],
]

for (const [rule, wishes, message] of refused)
  test(`refused: ${rule.id} ${JSON.stringify(wishes)}`, () => {
    assert.throws(
      () => resolve(rule, data, wishes as TrainInput),
      (error) => {
        assert.ok(error instanceof UserError)
        assert.match(error.message, message)
        assert.equal(error.exitCode, 2)
        return true
      },
    )
  })

test('defaults come from the rule and the data; a tenth is held out, at most 5,000', () => {
  const { options } = resolve(counter as AnyRule, data, {})
  assert.deepEqual([options.epochs, options.batch, options.validation, options.limit, options.seed], [3, 4, 10, 100, 0])
  const large = { ...data, train: { ...data.train, count: 60000 } }
  assert.equal(resolve(counter as AnyRule, large, {}).options.validation, 5000)
  assert.equal(resolve(counter as AnyRule, large, { options: { limit: 200 } }).options.validation, 20)
  assert.equal(resolve(counter as AnyRule, data, { options: { limit: 10 ** 6 } }).options.limit, 100)
})

test('a preset lies under what is said beside it', () => {
  const { hyper, options } = resolve(counter as AnyRule, data, { preset: 'quick', options: { seed: 9 } })
  assert.deepEqual([hyper.best, options.epochs, options.seed], [7, 1, 9])
})

test('one setting of a group leaves those of the preset', () => {
  const larger = { ...data, shape: [1, 28, 28] as const }
  const { augment } = resolve(trifecta, larger, {
    preset: 'paper',
    options: { batch: 10, augment: { flip: true } },
  }).options
  assert.deepEqual(augment, {
    ...trifecta.presets.paper!.train!.augment!,
    flip: true,
    alternate: false,
    cutout: 0,
    padding: 'zero',
  })
})

test('an option without effect is refused where it is asked for, and not where it comes from a preset or another run', () => {
  const preset = { description: 'sgd', hyper: { optimizer: 'sgd', momentum: 0.5 } }
  const rule = { ...backprop, presets: { preset } } as AnyRule
  assert.equal(resolve(rule, data, { preset: 'preset', hyper: { momentum: 0.3 } }).hyper.momentum, 0.3)
  const settings = resolve(rule, data, { preset: 'preset', hyper: { optimizer: 'adam' } })
  assert.deepEqual([settings.hyper.optimizer, settings.hyper.momentum], ['adam', 0.5])
  assert.deepEqual(resolve(rule, data, { settings }), settings)
  assert.throws(() => resolve(rule, data, { settings, hyper: { momentum: 0.5 } }), /momentum .* has no effect/)
})

test('what a cut-out or a padding may be', () => {
  const taken = (augment: object, rest: object = {}) =>
    resolve(forwardForward, data, { options: { augment }, ...rest }).options.augment
  assert.equal(taken({ cutout: 4 }).cutout, 4)
  assert.equal(taken({ padding: 'reflect', shift: 1 }).padding, 'reflect')
  assert.equal(taken({ padding: 'reflect', rotation: 10 }).padding, 'reflect')
  // Who takes the shift out of a preset, or of another run, need not name its padding.
  const settings = { options: { augment: { shift: 2, padding: 'reflect' } } }
  assert.deepEqual(taken({ shift: 0 }, { settings }), { ...taken({}), padding: 'reflect' })
})

test('resolved settings resolve to themselves', () => {
  const settings = resolve(forwardForward, data, { hyper: { units: [7] }, options: { augment: { shift: 1 } } })
  assert.deepEqual(resolve(forwardForward, data, { settings }), settings)
})

test('a training in which the layers never have their turn is refused, with the epochs that it takes', () => {
  const plan = (epochs: number, input: TrainInput, rule = targetPropagation as AnyRule) => {
    const settings = resolve(rule, data, { ...input, options: { epochs, batch: 10 } })
    return tracePlan(rule, taskFor(data, { batch: 10 }), settings, 90)
  }
  const units = [6, 5]
  const cases: readonly [TrainInput, enough: number][] = [
    [{ preset: 'drl', hyper: { units } }, 2],
    [{ hyper: { units, alternate: 'epoch' } }, 2],
    [{ hyper: { units, alternate: 'epoch', pretraining: 3 } }, 5],
    [{ hyper: { units, align: 'sal', alternate: 'epoch' } }, 2],
  ]
  for (const [input, enough] of cases) {
    plan(enough, input)
    assert.throws(
      () => plan(enough - 1, input),
      (error) => {
        assert.ok(error instanceof UserError && error.exitCode === 2)
        assert.match(
          error.message,
          /^target-propagation would learn nothing in .*: predictions change by forward, and only /,
        )
        assert.match(error.message, new RegExp(`train for ${enough} epochs or more$`))
        return true
      },
    )
  }
  assert.throws(
    () => plan(1, {}, counterWith({ schedule: () => ['double'] })),
    /^UserError: counter would learn nothing in one epoch: predictions change by joint and next, and only double would run; change the options/,
  )
  plan(1, {}, counterWith({ schedule: () => ['next'] }))
  // Left out on purpose: the classifier learns, and predicts.
  plan(1, { hyper: { units, cellsUntil: 0 } }, uff as AnyRule)
})

test('8 bits are refused where no program of the rule would round anything', () => {
  const plan = (rule: AnyRule) => {
    const settings = resolve(rule, data, { options: { precision: 'int8' } })
    return tracePlan(
      rule,
      taskFor(data, { precision: { bits: 8, levels: 127 } }),
      settings,
      10 * settings.options.batch,
    )
  }
  assert.throws(() => plan(nice as unknown as AnyRule), { exitCode: 2, message: /nice has no products in 8 bits/ })
  assert.throws(() => plan(hopfieldVae as unknown as AnyRule), { exitCode: 2, message: /no products in 8 bits/ })
  plan(forwardForward)
  plan(equilibriumPropagation as unknown as AnyRule)
})
