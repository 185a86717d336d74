// Values and labels, from the first step to the exported file, by backpropagation and by a local rule.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import ort from 'onnxruntime-node'
import { type DataSet, dataSet } from '../../src/data/index.js'
import { exportModel } from '../../src/export/model.js'
import { evaluate, exportRun, openTrainer, predict, resume, type TrainRequest, train } from '../../src/node.js'
import { backprop } from '../../src/rules/backprop.js'
import { taskFor } from '../../src/rules/task.js'
import { stateRecord } from '../../src/train/checkpoint.js'
import { readCheckpoint } from '../../src/train/run-folder.node.js'
import { localReadouts } from '../rules/examples/local-readouts.js'
import { collect, numbersOf, ofKind } from './fixtures.js'
import { linearMap, twoDigits } from './small-data.js'

const root = fs.mkdtempSync(join(tmpdir(), 'onward-targets-'))
after(() => fs.rmSync(root, { recursive: true }))

/** R2 of the best linear map with a constant, by least squares on the training split: the mean over varying values. */
function leastSquares({ train: from, test: on }: DataSet, values: number): number {
  const width = from.inputs.length / from.count + 1
  const total = from.targets!.length / from.count
  const row = (split: typeof from, i: number): number[] => [
    ...split.inputs.subarray(i * (width - 1), (i + 1) * (width - 1)),
    1,
  ]
  const each = Array.from({ length: values }, (_, k) => {
    // Normal equations with a trace of ridge, as one input is constant; scaled, as inputs differ in size.
    const a = Array.from({ length: width }, () => new Array<number>(width + 1).fill(0))
    for (let i = 0; i < from.count; i++) {
      const x = row(from, i)
      for (let p = 0; p < width; p++) {
        for (let q = 0; q < width; q++) a[p]![q]! += x[p]! * x[q]!
        a[p]![width]! += x[p]! * from.targets![i * total + k]!
      }
    }
    for (let p = 0; p < width; p++) a[p]![p]! += 1e-6
    for (let p = 0; p < width; p++)
      for (let q = 0; q < width; q++)
        if (q !== p) {
          const factor = a[q]![p]! / a[p]![p]!
          for (let r = p; r <= width; r++) a[q]![r]! -= factor * a[p]![r]!
        }
    const weights = a.map((own, p) => own[width]! / own[p]!)
    const wanted = Array.from({ length: on.count }, (_, i) => on.targets![i * total + k]!)
    const mean = wanted.reduce((sum, v) => sum + v, 0) / on.count
    const error = wanted.reduce(
      (sum, v, i) => sum + (v - row(on, i).reduce((s, x, p) => s + x * weights[p]!, 0)) ** 2,
      0,
    )
    return 1 - error / wanted.reduce((sum, v) => sum + (v - mean) ** 2, 0)
  })
  return each.reduce((sum, v) => sum + v, 0) / values
}

const [numbers, digits] = [linearMap(), twoDigits()]
const RULES = [
  { rule: backprop, values: { units: [32], rate: 0.003 }, labels: { units: [64], rate: 0.003 } },
  { rule: localReadouts, values: { units: [32, 32] }, labels: { units: [128, 64] } },
]

for (const { rule, ...hyper } of RULES)
  for (const [kind, data, options, reached] of [
    ['values', numbers, { epochs: 40, batch: 20 }, (of: Figures) => of.r2! > leastSquares(numbers, 2) - 0.01],
    ['labels', digits, { epochs: 12, batch: 25 }, (of: Figures) => of.f1! > 0.6],
  ] as const)
    test(`${rule.id} learns ${kind}, is resumed bit for bit, evaluated, used and exported`, async () => {
      const [whole, parts] = [join(root, `${rule.id}-${kind}`), join(root, `${rule.id}-${kind}-parts`)]
      const request = (out: string): TrainRequest => ({
        ...{ rule, data, out, hyper: hyper[kind] },
        options: { ...options, seed: 2, patience: 30, checkpointEvery: 7 },
      })
      const [done] = ofKind(await collect(train(request(whole))), 'done')
      assert.ok(reached(done!.test.network!), JSON.stringify(done!.test))

      const stop = new AbortController()
      let calls = 0
      for await (const { event } of train({ ...request(parts), signal: stop.signal }))
        if (event === 'checkpoint' && ++calls === 9) stop.abort()
      const [again] = ofKind(await collect(resume(parts, { rule, data })), 'done')
      const { checkpoint } = readCheckpoint(whole)
      assert.deepEqual(numbersOf(readCheckpoint(parts).checkpoint), numbersOf(checkpoint))
      assert.deepEqual([again!.test, again!.validation], [done!.test, done!.validation])

      const { test: figures, criterion } = await evaluate(whole, { rule, data })
      assert.deepEqual(figures, done!.test)
      assert.equal(criterion.figure, kind === 'values' ? 'r2' : 'f1')

      const size = data.test.inputs.length / data.test.count
      const inputs = Array.from({ length: 30 }, (_, i) => data.test.inputs.slice(size * i, size * (i + 1)))
      const said = await predict(whole, inputs, { rule })
      const task = taskFor(data, { batch: options.batch })
      const settings = checkpoint.settings.hyper
      const model = exportModel(rule, task, settings, stateRecord(checkpoint.state), checkpoint.samples)
      assert.equal(model.batch, 'any')
      const session = await ort.InferenceSession.create(model.bytes)
      const levels = data.input.levels
      const x = Float32Array.from(
        inputs.flatMap((own) => [...own]),
        (v) => (levels ? v / (levels - 1) : v),
      )
      const outputs = await session.run({ x: new ort.Tensor('float32', x, [30, ...data.input.shape]) })
      assert.deepEqual(session.outputNames, ['scores', kind])
      for (const [i, own] of said.entries()) {
        const row = [...(outputs[kind]!.data as Float32Array)].slice(i * data.names.length, (i + 1) * data.names.length)
        if ('values' in own)
          data.names.forEach((name, k) => {
            const want = own.values[name]!
            assert.ok(Math.abs(row[k]! - want) < 1e-3 * (1 + Math.abs(want)), `${name}: ${row[k]} and ${want}`)
          })
        else {
          assert.ok('labels' in own)
          assert.deepEqual(
            own.labels,
            data.names.filter((_, k) => row[k]),
          )
        }
      }
      await session.release()
    })

type Figures = Readonly<Record<string, number>>

test('predictions of values are in their own units, also of one that never varies', async () => {
  const rule = backprop
  const out = join(root, `${rule.id}-values`)
  const [own] = await predict(out, [numbers.test.inputs.slice(0, 5)], { rule })
  assert.ok(own && 'values' in own)
  for (const [k, name] of numbers.names.entries()) {
    const [wanted, deviation] = [numbers.test.targets![k]!, numbers.targetScale!.deviation[k]!]
    assert.ok(Math.abs(own.values[name]! - wanted) < deviation, `${name}: ${own.values[name]} for ${wanted}`)
  }
})

test('what does not fit together is refused: a rule and a target, augmentation and no images', async () => {
  const refused = async (request: TrainRequest, message: RegExp): Promise<void> => {
    await assert.rejects(collect(train({ ...request, out: false })), { name: 'UserError', message })
  }
  await refused(
    { rule: 'forward-forward', data: numbers },
    /^forward-forward learns one class, and linear map has values: choose other data, or another rule \(onward rules says what each learns\)$/,
  )
  await refused(
    { rule: 'backprop', data: numbers, options: { augment: { shift: 1 } } },
    /^augmentation changes images, and the inputs of linear map, \[5\], are none: leave it out$/,
  )
})

test('samples that do not fit are refused wherever a program hands them in: to train, measure or predict', async () => {
  const rule = backprop
  const short = { ...numbers.test, inputs: numbers.test.inputs.subarray(5) }
  await assert.rejects(
    collect(train({ rule, data: { ...numbers, test: short }, out: false })),
    /^UserError: the test split of linear map: 400 samples need 2000 numbers of inputs, not 1995$/,
  )
  const [values, labels] = ['values', 'labels'].map((kind) => join(root, `${rule.id}-${kind}`)) as [string, string]
  await assert.rejects(
    evaluate(values, { rule, data: { ...numbers, test: short } }),
    /^UserError: the test split of linear/,
  )
  await assert.rejects(
    predict(labels, [new Float32Array(14 * 28).fill(0.5)], { rule }),
    /^UserError: what is to be predicted: input 0 holds 0\.5, which is none of 256 levels, /,
  )
  const trainer = await openTrainer({ rule, data: numbers })
  await assert.rejects(trainer.measure(short), /^UserError: the samples to measure: /)
  await trainer.close()
})

test('an exported model tells large numbers apart that lie close to each other, as the network does', async () => {
  // Seconds since 1970: their mean is 50 and more away from the next number that float32 has.
  const split = (count: number) => ({
    inputs: Float32Array.from({ length: count }, (_, i) => 1.7e9 + 128 * ((7 * i) % 31)),
    targets: Uint8Array.from({ length: count }, (_, i) => ((7 * i) % 31 > 15 ? 1 : 0)),
    count,
  })
  const description = { name: 'times', input: { shape: [1] }, target: { kind: 'class', count: 2 } } as const
  const data = dataSet({ ...description, train: split(200), test: split(15) })
  const out = join(root, 'times')
  await collect(
    train({ rule: 'backprop', data, out, hyper: { units: [8], rate: 0.03 }, options: { epochs: 9, batch: 20 } }),
  )
  // It runs the file alone, and refuses scores that differ from those of the network.
  const { checkedOn } = await exportRun(out, { data })
  assert.equal(checkedOn, '15 test samples')
})

test('more than 256 classes are learned and told apart', async () => {
  const { rule } = RULES[1]!
  const inputs = Float32Array.from({ length: 2 * 300 }, (_, i) => (i % 2 === 0 ? i >> 1 : 1))
  const split = { inputs, targets: Int32Array.from({ length: 300 }, (_, i) => i), count: 300 }
  const data = dataSet({
    name: 'many',
    input: { shape: [2] },
    target: { kind: 'class', count: 300 },
    train: split,
    test: split,
  })
  const options = { epochs: 1, batch: 30, validation: 0 }
  const events = await collect(train({ rule, data, options, out: join(root, 'many') }))
  assert.ok(ofKind(events, 'done')[0]!.test.network!.accuracy! > 0)
  const said = await predict(join(root, 'many'), [inputs.slice(590, 592)], { rule })
  assert.equal(said[0]!.scores.length, 300)
})
