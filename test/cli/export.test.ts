import assert from 'node:assert/strict'
import { test } from 'node:test'
import ort from 'onnxruntime-node'
import { labelledImages } from '../../src/data/index.js'
import { exportModel } from '../../src/export/model.js'
import { interpret, type Tensor, value } from '../../src/graph/index.js'
import { FLOAT32, type Precision } from '../../src/nn/dense.js'
import type { AnyRule } from '../../src/rules/contract.js'
import { RULES } from '../../src/rules/registry.js'
import { traceRule } from '../../src/rules/trace.js'
import type { TensorRecord } from '../../src/runtime/index.js'
import { taskOf } from '../rules/harness.js'

const shape = [2, 8, 8] as const
const samples = labelledImages(shape, ['a', 'b', 'c', 'd'])
const images = (count: number): Float32Array =>
  Float32Array.from({ length: count * 128 }, (_, i) => Math.abs(Math.sin(i * 0.37)))

/** A state of plain numbers, variances above 0: what is checked is the file, not the learning. */
function stateOf(rule: AnyRule, hyper: unknown, precision: Precision): TensorRecord {
  const { predict } = traceRule(rule, taskOf({ shape, classes: 4, batch: 2, precision }), hyper)
  const numbers = (size: number, name: string) =>
    Float32Array.from({ length: size }, (_, i) => {
      const number = 0.3 * Math.sin(1.7 * i + name.length)
      return name.endsWith('variance') ? 1 + number : number
    })
  return Object.fromEntries(predict.state.map(({ name, input }) => [name, numbers(input.size, name)]))
}

/** The scores by the interpreter, from a graph traced for just so many images. */
function expected(rule: AnyRule, hyper: unknown, precision: Precision, state: TensorRecord, x: Float32Array) {
  const batch = x.length / 128
  const { predict } = traceRule(rule, taskOf({ shape, classes: 4, batch, precision }), hyper)
  const bindings = new Map(predict.state.map(({ name, input }) => [input, value(input, state[name]!)]))
  bindings.set(predict.batch[0]!.input, value(predict.batch[0]!.input, x))
  return interpret([predict.metrics.find(({ name }) => name === 'scores')!.output], bindings)[0]!.data
}

const SETTINGS = [{ width: 0.02 }, { units: [20, 15] }, { network: 'convolutional', units: [4, 5], poolAfter: [0] }]

for (const rule of RULES.filter(({ predict }) => predict))
  for (const settings of SETTINGS.filter((own) => rule.hyper.safeParse(own).success))
    test(`the exported file of ${rule.id}, run alone, scores any number of images: ${JSON.stringify(settings)}`, async () => {
      const hyper = rule.hyper.parse(settings)
      const state = stateOf(rule, hyper, FLOAT32)
      const model = exportModel(
        rule,
        taskOf({ shape, classes: 4, batch: 2, precision: FLOAT32 }),
        hyper,
        state,
        samples,
      )
      assert.equal(model.batch, 'any')
      // As written: optimisation guesses shapes anew, and would hide wrong ones.
      const session = await ort.InferenceSession.create(model.bytes, { graphOptimizationLevel: 'disabled' })
      assert.deepEqual([session.inputNames, session.outputNames], [['x'], ['scores', 'label']])
      for (const count of [1, 2, 7]) {
        const x = images(count)
        const { scores, label } = await session.run({ x: new ort.Tensor('float32', x, [count, ...shape]) })
        const want = expected(rule, hyper, FLOAT32, state, x)
        assert.deepEqual([scores!.dims, label!.dims], [[count, 4], [count]])
        const got = scores!.data as Float32Array
        for (const [i, score] of want.entries()) assert.ok(Math.abs(got[i]! - score) < 1e-4 * (1 + Math.abs(score)))
        for (let row = 0; row < count; row++) {
          const own = [...got.subarray(row * 4, row * 4 + 4)]
          assert.equal(Number(label!.data[row]), own.indexOf(Math.max(...own)))
        }
      }
      await session.release()
    })

test('a rule that only generates has nothing to export, and says so', () => {
  const rule = RULES.find(({ predict }) => !predict)!
  const hyper = rule.hyper.parse({})
  const task = taskOf({ shape, classes: 4, batch: 2, precision: FLOAT32 })
  assert.throws(() => exportModel(rule, task, hyper, {}, samples), {
    name: 'UserError',
    message: /only generates.*samples/,
  })
})

test('what the prediction does not read, such as the optimiser, is not in the file', () => {
  const rule = RULES[0]!
  const hyper = rule.hyper.parse({ units: [20, 15] })
  const state = stateOf(rule, hyper, FLOAT32)
  const { bytes } = exportModel(
    rule,
    taskOf({ shape, classes: 4, batch: 2, precision: FLOAT32 }),
    hyper,
    state,
    samples,
  )
  const text = Buffer.from(bytes).toString('latin1')
  assert.ok(text.includes('layers.0.weight') && !text.includes('optimizers'))
})

test('a rule whose prediction mixes the images of a batch gets a file of the batch it was trained with', async () => {
  const mixing: AnyRule = {
    ...RULES[1]!,
    // The mean over the batch: a factor of 1 / N lies in the graph.
    predict(_: unknown, x: Tensor) {
      const flat = x.reshape([-1, 128])
      return { scores: flat.sub(flat.mean(0, true)).slice(1, 0, 4) }
    },
  }
  const hyper = mixing.hyper.parse({ units: [3] })
  const task = taskOf({ shape, classes: 4, batch: 3, precision: FLOAT32 })
  const { batch, bytes } = exportModel(mixing, task, hyper, {}, samples)
  assert.equal(batch, 3)
  const session = await ort.InferenceSession.create(bytes)
  const { scores } = await session.run({ x: new ort.Tensor('float32', images(3), [3, ...shape]) })
  assert.deepEqual(scores!.dims, [3, 4])
  await session.release()
})
