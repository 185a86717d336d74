import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readValues } from '../../src/cli/tune/request.js'
import { loadDataSet } from '../../src/data/load.node.js'
import { UsageError } from '../../src/errors.js'
import { optionTable } from '../../src/options/index.js'
import { backprop } from '../../src/rules/backprop.js'
import { z } from '../../src/rules/index.js'
import { RULES } from '../../src/rules/registry.js'
import { drawOf } from '../../src/tune/draw.js'
import { paramsOfSettings, planOf, settingsOf } from '../../src/tune/plan.js'
import { randomSampler } from '../../src/tune/random.js'
import { readRange } from '../../src/tune/range.js'
import { paramsOfValues } from '../../src/tune/record.js'
import { hasEffect, spaceOf, withParams } from '../../src/tune/space.js'
import { suggest } from '../../src/tune/suggest.js'
import { linearMap } from '../train/small-data.js'

const NOTHING = { hyper: {}, options: {} }

test('whatever is drawn from the space of a rule is taken by the rule, and has an effect', async () => {
  const glyphs = await loadDataSet('glyphs')
  for (const rule of RULES) {
    const data = (rule.targets ?? ['class']).includes('class') ? glyphs : linearMap()
    for (const preset of [undefined, 'quick']) {
      const plan = planOf(rule, data, { preset })
      assert.ok(plan.space.length >= 2, rule.id)
      const { space, base } = plan
      for (let turn = 0; turn < 8; turn++) {
        const draw = drawOf(1, turn, 'tune')
        const asked = { sampler: randomSampler, space, base, trials: [], directions: ['minimize'] as const, draw }
        const params = suggest({ ...asked, isPossible: () => true })!
        const { hyper } = settingsOf(rule, data, plan, params)
        for (const dimension of space)
          assert.equal(
            params[dimension.name] !== undefined,
            hasEffect(dimension, withParams(base, space, params)),
            `${rule.id}: ${dimension.name} of ${JSON.stringify(hyper)}`,
          )
      }
      if (preset === undefined)
        assert.ok(paramsOfSettings(space, settingsOf(rule, data, plan, {})), `${rule.id}: its defaults lie outside`)
    }
  }
})

test('ranges as they are typed', () => {
  const number = { type: 'number', range: '' } as const
  const integer = { type: 'integer', range: '' } as const
  const list = { type: 'list', of: integer } as const
  assert.deepEqual(readRange('rate', number, '1e-4..1e-1:log'), { kind: 'float', low: 1e-4, high: 0.1, log: true })
  assert.deepEqual(readRange('rate', number, '-1..2.5'), { kind: 'float', low: -1, high: 2.5, log: false })
  assert.deepEqual(readRange('rate', number, '0..1:step=0.3'), {
    kind: 'float',
    low: 0,
    high: 0.9,
    log: false,
    step: 0.3,
  })
  assert.deepEqual(readRange('batch', integer, '32..100:step=32'), {
    kind: 'int',
    low: 32,
    high: 96,
    log: false,
    step: 32,
  })
  assert.deepEqual(readRange('batch', integer, '1..64:log'), { kind: 'int', low: 1, high: 64, log: true, step: 1 })
  assert.deepEqual(readRange('batch', integer, '32,64'), { kind: 'choice', choices: [32, 64] })
  assert.deepEqual(readRange('units', list, '64,128,256'), { kind: 'choice', choices: ['64', '128', '256'] })
  assert.deepEqual(readRange('units', list, '500,500|300,300,300'), {
    kind: 'choice',
    choices: ['500,500', '300,300,300'],
  })
  for (const [kind, text, said] of [
    [number, '2..1', /low end is above/],
    [number, '0..1:log', /above 0/],
    [number, '0..1:lug', /neither/],
    [integer, '1..4:step=0.5', /whole step/],
    [number, 'x..1', /a number, not "x"/],
    [{ type: 'boolean' }, '0..1', /takes choices/],
    [integer, '3,3', /twice/],
  ] as const)
    assert.throws(
      () => readRange('key', kind, text),
      (error) => error instanceof UsageError && said.test(error.message),
    )
})

test('a space: options that are set are not searched, keys are checked, conditions come first', () => {
  const names = (fixed = NOTHING, ranges: string[] = []): string[] =>
    spaceOf(backprop, fixed, ranges).map(({ name }) => name)
  assert.deepEqual(names(), ['optimizer', 'rate', 'weightDecay', 'schedule', 'momentum'])
  assert.deepEqual(names({ hyper: { rate: 1, optimizer: 'sgd' }, options: {} }), [
    'momentum',
    'weightDecay',
    'schedule',
  ])
  assert.deepEqual(names(NOTHING, ['batch=32,64', 'augment.shift=0..3']).slice(4, 6), ['batch', 'augment.shift'])
  assert.throws(() => names(NOTHING, ['rat=1..2']), /did you mean "rate"/i)
  assert.throws(() => names(NOTHING, ['rate']), /takes KEY=RANGE/)
  assert.throws(() => names({ hyper: { rate: 1 }, options: {} }, ['rate=1..2']), /leave one of the two out/)
})

test('settings of parameters: groups, lists, and training options', () => {
  const space = spaceOf(backprop, NOTHING, ['units=8,16|32', 'augment.shift=0..3', 'rate=1,2'])
  const params = paramsOfValues(space, readValues('units=8,16,augment.shift=2,rate=2'))
  assert.deepEqual(withParams({ hyper: { kernel: 3 }, options: { augment: { flip: true } } }, space, params), {
    hyper: { kernel: 3, units: [8, 16], rate: 2 },
    options: { augment: { flip: true, shift: 2 } },
  })
  assert.throws(() => paramsOfValues(space, { rate: '5' }), /does not reach it/)
  assert.throws(() => paramsOfValues(space, { lr: '5' }), /searched option/)
})

test("the rule's own settings are parameters, those that training fills in by the data too", async () => {
  const data = await loadDataSet('glyphs')
  const own = (ranges: readonly string[], limit?: number): unknown => {
    const hyper = { optimizer: 'adam', rate: 0.01, schedule: 'constant', weightDecay: 0 }
    const plan = planOf(backprop, data, { hyper, options: { limit }, ranges })
    return paramsOfSettings(plan.space, settingsOf(backprop, data, plan, {}))
  }
  const { batch, epochs } = backprop.training
  assert.deepEqual(own([`batch=10..${batch}:step=10`, 'epochs=1..50', 'augment.shift=0..2']), {
    ...{ batch, epochs, 'augment.shift': 0 },
  })
  // Of 100 images 90 are trained on, and no batch is larger.
  assert.deepEqual(own(['batch=10..500:step=10'], 100), { batch: 90 })
  assert.equal(own([`batch=${batch + 1},${batch + 2}`]), undefined)
})

test('a range that the rule does not take is told before anything is trained', async () => {
  const data = await loadDataSet('glyphs')
  assert.throws(() => planOf(backprop, data, { ranges: ['momentum=0..2'] }), /--space momentum reaches 2/)
  assert.throws(() => planOf(backprop, data, { options: { validation: 0 } }), /held-out samples/)
  assert.throws(() => planOf(backprop, data, { objectives: ['accuracy', 'seconds'], pruner: 'asha' }), /pruner none/)
  const { objectives } = planOf(backprop, data, { objectives: ['loss', 'accuracy', 'x:max'] })
  assert.deepEqual(
    objectives.map(({ direction }) => direction),
    ['minimize', 'maximize', 'maximize'],
  )
})

test('a table says where an option is worth searching', () => {
  const inner = z.number().meta({ search: { low: 1, high: 2 } })
  const [option] = optionTable(z.strictObject({ size: inner.default(1.5).describe('of it') }))
  assert.deepEqual([option!.search, option!.fallback], [{ low: 1, high: 2 }, 1.5])
})
