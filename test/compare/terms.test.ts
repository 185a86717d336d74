import assert from 'node:assert/strict'
import test from 'node:test'
import { epochsWithin, readBudget } from '../../src/compare/budget.js'
import type { Arm } from '../../src/compare/contender.js'
import { fieldOf } from '../../src/compare/contenders.js'
import { differences } from '../../src/compare/differences.js'
import { withOneNetwork } from '../../src/compare/network.js'
import { sharingOf } from '../../src/compare/weights.js'
import { UsageError, UserError } from '../../src/errors.js'
import type { Values } from '../../src/options/index.js'
import { ruleById } from '../../src/rules/registry.js'
import { node } from '../../src/runs.node.js'
import type { StateTensor } from '../../src/train/roles.js'
import { lines } from '../train/fixtures.js'

const arm = (id: string, hyper: Values = {}, preset?: string): Arm => ({
  name: [preset === undefined ? id : `${id}@${preset}`, ...(Object.keys(hyper).length > 0 ? ['own'] : [])].join(':'),
  rule: ruleById(id),
  ...(preset !== undefined && { preset }),
  hyper,
})
const terms = { data: lines(), platform: node(), options: { threads: 1 } }
const networks = (...arms: Arm[]): unknown[] => withOneNetwork(arms).map(({ hyper }) => hyper.units)

test('an arm that says nothing of its layers has those of the first that does', () => {
  assert.deepEqual(networks(arm('backprop'), arm('forward-forward', { units: [7, 6] })), [
    [7, 6],
    [7, 6],
  ])
  assert.deepEqual(networks(arm('forward-forward', { units: [7] }), arm('rec-lra', { units: [5] })), [[7], [5]])
  // By a preset, too.
  const [first, second] = withOneNetwork([arm('backprop', {}, 'convolutional'), arm('forward-forward')])
  assert.deepEqual(first!.hyper, {})
  assert.deepEqual(second!.hyper, { network: 'convolutional', units: [16, 32, 32], kernel: 3, poolAfter: [0, 1] })
})

test('units are taken by rules of dense layers alone, and not as channels', () => {
  const source = arm('forward-forward', { units: [7] })
  assert.deepEqual(networks(source, arm('target-propagation'), arm('covariance-goodness'), arm('trifecta')), [
    ...[[7], [7]],
    ...[undefined, undefined],
  ])
  const convolutional = arm('backprop', {}, 'convolutional')
  assert.deepEqual(networks(convolutional, arm('target-propagation')), [undefined, undefined])
})

test('backpropagation is added, with the layers, batches and epochs of the first arm', async () => {
  const { contenders, reference, notes } = await fieldOf([arm('forward-forward', { units: [7, 6] })], terms)
  assert.deepEqual(
    contenders.map(({ name }) => name),
    ['forward-forward:own', 'backprop'],
  )
  assert.equal(reference.name, 'backprop')
  assert.match(notes.join(), /was added/)
  const [first, second] = contenders.map(({ settings }) => settings)
  assert.deepEqual(second!.hyper.units, [7, 6])
  assert.deepEqual([second!.options.batch, second!.options.epochs], [first!.options.batch, first!.options.epochs])
  assert.equal(contenders[1]!.parameters, 25 * 7 + 7 + 7 * 6 + 6 + 6 * 3 + 3)
  assert.equal(contenders[1]!.flopPerSample, 2 * (2 * 25 * 7 + 3 * 7 * 6 + 3 * 6 * 3))
})

test('a preset keeps its own epochs and batches, and that is told', async () => {
  const { contenders } = await fieldOf([arm('forward-forward', { units: [7] }), arm('backprop', {}, 'table')], terms)
  assert.equal(contenders[1]!.settings.options.epochs, 100)
  const told = differences(contenders, sharingOf(contenders)).join('\n')
  assert.match(told, /^Other layers: units=7 \(forward-forward:own\); units=100,100 \(backprop@table\)\.$/m)
  assert.match(told, /^Other epochs: 8 \(forward-forward:own\); 100 \(backprop@table\)\.$/m)
  assert.match(told, /^Other images a step: /m)
  assert.match(told, /^First weights of backprop@table: /m)
  assert.match(differences(contenders, undefined).join('\n'), /^First weights: each arm its own\.$/m)
})

test('arms that are judged by different figures are refused; backpropagation then stays out', async () => {
  await assert.rejects(
    fieldOf([arm('backprop'), arm('hopfield-vae')], { ...terms, options: { threads: 1, batch: 20 } }),
    (error: Error) => error instanceof UserError && /cannot be compared/.test(error.message),
  )
  const { reference, notes } = await fieldOf([arm('hopfield-vae')], { ...terms, options: { threads: 1, batch: 20 } })
  assert.equal(reference.name, 'hopfield-vae')
  assert.match(notes.join(), /Backpropagation is not among them: backprop is judged by its accuracy/)
})

test('budgets: whole epochs that fit, in each phase', () => {
  const own = { name: 'a', phases: 2, samplesPerEpoch: 900 }
  assert.equal(epochsWithin(readBudget('epochs=5'), own), 5)
  assert.equal(epochsWithin(readBudget('images=5399'), own), 2)
  assert.equal(epochsWithin(readBudget('images=5400'), own), 3)
  assert.equal(epochsWithin(readBudget('seconds=2.5'), own, 1500), 2)
  assert.throws(() => epochsWithin(readBudget('images=1799'), own), /An epoch of a takes 1800 images, more than/)
  assert.throws(() => epochsWithin(readBudget('seconds=1'), own, 1500), /An epoch of a takes some 1\.2 s, more than/)
  for (const text of ['5', 'epochs=', 'epochs=0', 'epochs=1.5', 'hours=1', 'seconds=-1', 'images=x'])
    assert.throws(() => readBudget(text), UsageError, text)
})

test('first weights are those of the first arm with the same name and shape, of whatever optimiser', () => {
  const tensor = (name: string, shape: number[], role: StateTensor['role'] = 'model'): StateTensor => ({
    ...{ name, dtype: 'float32', shape, role, isRead: true },
  })
  const [first, second, third] = sharingOf([
    { tensors: [tensor('w', [2, 3]), tensor('b', [3]), tensor('m', [3], 'optimizer')] },
    { tensors: [tensor('w', [2, 4]), tensor('b', [3]), tensor('m', [3], 'optimizer')] },
    { tensors: [tensor('w', [2, 4]), tensor('b', [3]), tensor('v', [1])] },
  ])
  const lent = ({ borrowed }: NonNullable<typeof first>) =>
    borrowed.map(({ from, tensors }) => [from, ...tensors.map(({ name }) => name)])
  assert.deepEqual(
    [lent(first!), lent(second!), lent(third!)],
    [
      [],
      [[0, 'b']],
      [
        [0, 'b'],
        [1, 'w'],
      ],
    ],
  )
  assert.deepEqual(
    third!.own.map(({ name }) => name),
    ['v'],
  )
})
