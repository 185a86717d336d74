import assert from 'node:assert/strict'
import test from 'node:test'
import { depthOption } from '../../src/meter/deep.js'
import { metered } from '../../src/meter/meter.js'
import { accumulating, checkpointed } from '../../src/meter/variants.js'
import { liveness } from '../../src/onnx/liveness.js'
import type { Values } from '../../src/options/index.js'
import { backprop } from '../../src/rules/backprop.js'
import type { AnyRule } from '../../src/rules/contract.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { RULES, ruleById } from '../../src/rules/registry.js'
import { taskFor } from '../../src/rules/task.js'
import { traceRule } from '../../src/rules/trace.js'
import { onward } from '../cli/onward.js'
import { close } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, taskOf } from '../rules/harness.js'

const WIDTH = 8
const BATCH = 200
const task = taskOf({ batch: BATCH })
const meter = (rule: AnyRule, depth: number, options: Values = {}, micro = 1) =>
  metered(rule, task, rule.hyper.parse({ units: [WIDTH], ...options }) as Values, { micro, depth })

/** Bytes of one layer's activity. */
const ACTIVITY = 4 * WIDTH * BATCH

test('layer after layer takes the same at any depth', () => {
  const [shallow, deep, deeper] = [4, 8, 32].map((depth) => meter(forwardForward, depth, { negatives: 'uniform' }))
  assert.equal(deep!.greedy!.activationBytes, shallow!.greedy!.activationBytes)
  assert.equal(deeper!.greedy!.activationBytes, shallow!.greedy!.activationBytes)
})

test('so does joint training by losses of the layers themselves', () => {
  const [shallow, deep] = [4, 32].map((depth) => meter(forwardForward, depth, { negatives: 'uniform' }))
  assert.equal(deep!.joint!.activationBytes, shallow!.joint!.activationBytes)
})

test('backpropagation grows by the same for each layer, by more than its activity', () => {
  const at = [8, 16, 32].map((depth) => meter(backprop, depth).backpropagation!.plain)
  const slopes = [(at[1]! - at[0]!) / 8, (at[2]! - at[1]!) / 16]
  assert.equal(slopes[0], slopes[1])
  assert.ok(slopes[0]! >= ACTIVITY)
  assert.equal(meter(backprop, 16).joint!.activationBytes, at[1])
})

test('checkpointing at its best grows with the root of the depth', () => {
  const at = [16, 64].map((depth) => meter(backprop, depth).backpropagation!)
  const root = at[1]!.checkpointed.bytes / at[0]!.checkpointed.bytes
  assert.ok(root > 1.6 && root < 2.4, `four times the depth takes ${root} times the memory`)
  assert.ok(at[1]!.plain / at[0]!.plain > 3.5)
  assert.ok(at[1]!.checkpointed.segment > 4 && at[1]!.checkpointed.segment < 24)
})

test('micro-batches of one sample take the sums of the gradients, and little beside', () => {
  const { backpropagation, parameterBytes } = meter(backprop, 32)
  const { micro, bytes } = backpropagation!.accumulated
  assert.equal(micro, 1)
  assert.ok(bytes >= parameterBytes && bytes < backpropagation!.plain / 4)
  assert.ok(meter(backprop, 32, {}, BATCH).backpropagation!.accumulated.bytes >= backpropagation!.plain)
})

test('with one segment, checkpointing is plain backpropagation', () => {
  const h = backprop.hyper.parse({ units: [8, 8, 8, 8] })
  const [plain, whole] = [backprop, checkpointed(4)].map((rule) => liveness(traceRule(rule, task, h).steps.joint!))
  // The order in which scalars are made may differ.
  assert.ok(Math.abs(whole!.peakActivationBytes - plain!.peakActivationBytes) <= 8)
})

test('checkpointed steps are the steps of plain backpropagation, in every segment length', () => {
  const small = taskOf()
  for (const options of [{ units: [5, 4, 6, 3] }, { units: [2, 3, 2], network: 'convolutional', poolAfter: [1] }]) {
    const h = backprop.hyper.parse(options)
    const traced = traceRule(backprop, small, h)
    const state = initialState(traced)
    const batch = batchFor(traced.steps.joint!, small)
    const expected = evaluate(traced.steps.joint!, state, batch).state
    for (const length of [1, 2, 3, 4]) {
      const own = evaluate(traceRule(checkpointed(length), small, h).steps.joint!, state, batch).state
      for (const [name, numbers] of Object.entries(expected)) close(own[name]!, numbers, 1e-9, `${length} ${name}`)
    }
  }
})

test('gradients of micro-batches add up', () => {
  const small = taskOf()
  const h = backprop.hyper.parse({ units: [5, 4], optimizer: 'sgd', momentum: 0, rate: 1, schedule: 'constant' })
  const traced = traceRule(accumulating, small, h)
  const step = traced.steps.joint!
  const state = initialState(traced)
  const batch = batchFor(step, small)
  const plain = traceRule(backprop, small, h)
  const moved = evaluate(plain.steps.joint!, state, { ...batch, progress: [0] }).state
  const once = evaluate(step, state, batch).state
  const twice = evaluate(step, once, batch).state
  for (const [name, numbers] of Object.entries(twice).filter(([name]) => name.startsWith('gradients.'))) {
    const weights = name.replace('gradients.', 'layers.')
    const gradient = state[weights]!.map((w, i) => w - moved[weights]![i]!)
    close(once[name]!, gradient, 1e-9, name)
    close(
      numbers,
      gradient.map((g) => 2 * g),
      1e-9,
      name,
    )
  }
})

test('options that rule greedy training out say why', () => {
  const { greedy, notGreedy } = meter(forwardForward, 2)
  assert.equal(greedy, undefined)
  assert.match(notGreedy!, /greedy training is not possible here/)
})

test('parameters, optimiser and statistics are counted apart', () => {
  const { parameters, parameterBytes, optimizerBytes, depth } = meter(backprop, 2)
  const numbers = 16 * 8 + 8 + 8 * 8 + 8 + 8 * 3 + 3
  assert.deepEqual([parameters, parameterBytes, optimizerBytes, depth], [numbers, 4 * numbers, 8 * numbers + 4, 2])
})

test('a rule whose network is deep by another option, and one that has none', () => {
  const coding = ruleById('predictive-coding')
  const hyper = coding.hyper.parse({ width: 4, depth: 4 }) as Values
  const deep = metered(coding, task, hyper, { micro: 1, depth: 6 })
  assert.deepEqual([deep.depth, deep.backpropagation], [6, undefined])
  const trifecta = ruleById('trifecta')
  assert.throws(() => metered(trifecta, task, {}, { micro: 1, depth: 3 }), /how deep its network is: leave --depth out/)
})

test('every rule has networks as deep as it is asked for, or says what its option takes', () => {
  for (const rule of RULES) {
    if (depthOption(rule) === undefined) continue
    for (const depth of [1, 2, 3]) {
      const deep = () =>
        metered(rule, taskFor('glyphs', { batch: 2 }), rule.hyper.parse({}) as Values, { micro: 1, depth })
      if (rule.id !== 'predictive-coding' || depth > 2) assert.equal(deep().depth, depth, rule.id)
      else assert.throws(deep, /^UserError: the option depth of predictive-coding takes a whole number at least 3, not/)
    }
  }
})

test('the command says of which depth there is no network, and takes depths one by one', async () => {
  const coding = (...depths: readonly string[]) => onward('.', 'meter', 'predictive-coding', '--batch', '2', ...depths)
  const none = await coding('--depth', '2')
  assert.equal(none.code, 2)
  assert.match(none.stderr, /predictive-coding has no network of depth 2: the option depth .* at least 3, not 2\.$/m)
  const some = await coding('--depth', '3', '--depth', '5,6', '--json')
  assert.deepEqual(
    JSON.parse(some.stdout).depths.map(({ depth }: { depth: number }) => depth),
    [3, 5, 6],
  )
  const all = await coding()
  assert.match(all.stdout.replaceAll(/\s+/g, ' '), /There is no predictive-coding of depth 1, 2: the option depth/)
})
