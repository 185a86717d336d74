import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyRule } from '../../src/rules/contract.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { traceRule } from '../../src/rules/trace.js'
import { uff } from '../../src/rules/uff/uff.js'
import { compile } from '../../src/runtime/compile.node.js'
import type { Checkpoint } from '../../src/train/checkpoint.js'
import { frozenFeatures, keepFeatures } from '../../src/train/features.js'
import { inputsOf } from '../../src/train/feed.js'
import { resolve } from '../../src/train/options.js'
import type { Plan } from '../../src/train/plan.js'
import { fixedBatches } from '../../src/train/rows.js'
import { train } from '../../src/train/train.js'
import { taskOf } from '../rules/harness.js'
import { accuracyOf, collect, keeper, lines, numbersOf, ofKind } from './fixtures.js'

const data = lines(200, 60)
const hyper = { units: [70, 50, 30], rate: 0.01, negatives: 'uniform' }
const common = { epochs: 2, batch: 37, seed: 4, schedule: 'greedy' } as const

const run = async (
  options: Readonly<Record<string, unknown>>,
  below?: Checkpoint,
  own: { rule: AnyRule; hyper: Readonly<Record<string, unknown>> } = { rule: forwardForward, hyper },
) => {
  const kept = keeper()
  const platform = { compile, ...kept, exactInt8: async () => false }
  const events = await collect(train({ ...own, data, options: { ...common, ...options }, platform, below }))
  return { events, kept, final: numbersOf(kept.last()) }
}
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

for (const options of [{}, { precision: 'int8' }])
  test(`kept or computed again, features give the same weights, bit for bit: ${JSON.stringify(options)}`, async () => {
    const [kept, again] = [await run(options), await run({ ...options, cacheBytes: 0 })]
    assert.ok(same(kept.final, again.final))
  })

test('programs go when no batch needs them any more: those of a layer that has learned, of a step that is over', async () => {
  const cases = [
    // The network, a step, the features below from the second layer on, and what looks at units after the second epoch.
    { own: { rule: forwardForward as AnyRule, hyper }, options: {}, wanted: [2, 3, 3, 4, 3, 4] },
    // Cells that learn to the middle; then the classifier does alone.
    {
      own: { rule: uff as AnyRule, hyper: { units: [8, 6], cellsUntil: 0.5 } },
      options: { schedule: 'joint' as const, epochs: 4 },
      wanted: [2, 3, 3, 3],
    },
  ]
  for (const { own, options, wanted } of cases) {
    const open = new Set<unknown>()
    const counted: typeof compile = async (...asked) => {
      const program = await compile(...asked)
      const dispose = program.dispose
      open.add(program)
      // The program itself, so that others can share its state.
      program.dispose = (keep) => {
        open.delete(program)
        return dispose(keep)
      }
      return program
    }
    const counts: number[] = []
    const all = { ...common, ...options }
    for await (const { event } of train({ ...own, data, options: all, platform: { compile: counted } }))
      if (event === 'epoch') counts.push(open.size)
    assert.deepEqual(counts, wanted)
  }
})

test('layers learn one after the other, and what has learned stays as it is', async () => {
  const { events, kept } = await run({ checkpointEvery: 2 })
  assert.deepEqual(
    ofKind(events, 'epoch').map(({ learns, epoch }) => [learns, epoch]),
    [
      ['layer 0', 1],
      ['layer 0', 2],
      ['layer 1', 1],
      ['layer 1', 2],
      ['layer 2', 1],
      ['layer 2', 2],
    ],
  )
  for (const { learns, validation, criterion } of ofKind(events, 'epoch')) {
    assert.deepEqual(criterion, { block: learns, figure: 'accuracy', better: 'larger' })
    // The blocks that have learned, and the network when all have.
    const blocks = ['layer 0', 'layer 1', 'layer 2']
    assert.deepEqual(Object.keys(validation!.blocks!), blocks.slice(0, blocks.indexOf(learns!) + 1))
    assert.equal(accuracyOf(validation) !== undefined, learns === 'layer 2')
  }
  for (const { learns, metrics } of ofKind(events, 'progress')) {
    assert.equal(metrics.network, undefined)
    assert.deepEqual(Object.keys(metrics.blocks!), [learns])
  }
  // 4 batches an epoch and a checkpoint every 2: four checkpoints a layer, after the first one.
  const weights = kept.saved.map((_, i) => {
    const numbers = numbersOf(kept.at(i))
    return [0, 1, 2].map((layer) => numbers[`layers.${layer}.weight`])
  })
  for (const layer of [0, 1, 2])
    for (let i = 1; i < weights.length; i++)
      assert.equal(
        !same(weights[i]![layer], weights[i - 1]![layer]),
        Math.floor((i - 1) / 4) === layer,
        `layer ${layer}, checkpoint ${i}`,
      )
})

for (const [what, own] of Object.entries({
  'forward-forward': { rule: forwardForward, hyper },
  'dense cells': { rule: uff, hyper: { cell: 'denoising', units: [30, 20] } },
  'convolutional cells': { rule: uff, hyper: { network: 'convolutional', units: [3, 2], kernel: 3 } },
}))
  test(`each layer alone, from the run below it, gives the bits of one after the other: ${what}`, async () => {
    const { events: all, final } = await run({}, undefined, own)
    const names = ofKind(all, 'start')[0]!.certificate.layers.map(({ name }) => name)
    let below: Checkpoint | undefined
    for (const layer of [0, 1, 2]) {
      const { events, kept } = await run({ layer }, below, own)
      assert.deepEqual(
        ofKind(events, 'epoch').map(({ learns }) => learns),
        [names[layer], names[layer]],
      )
      assert.equal(ofKind(events, 'progress').at(-1)!.progress, 1)
      const [done] = ofKind(events, 'done')
      const { test, validation } = done!
      assert.equal(test.network === undefined, layer < 2, 'only the last layer makes a whole network')
      assert.deepEqual(Object.keys(test), Object.keys(validation!))
      if (layer < 2) assert.deepEqual(Object.keys(test.blocks!), names.slice(0, layer + 1))
      below = kept.last()
    }
    assert.ok(same(numbersOf(below!), final))
  })

test('a layer alone begins with its first weights: a run that has trained it is none below it', async () => {
  const { kept } = await run({ checkpointEvery: 2 })
  const message = /^UserError: layer 1 is trained from its first weights on, but the run below has trained it already/
  // After the last epoch, and in the midst of layer 1: its four checkpoints come after the first and those of layer 0.
  for (const checkpoint of [kept.last(), kept.at(6)]) await assert.rejects(run({ layer: 1 }, checkpoint), message)
  await run({ layer: 1 }, kept.at(4))
})

test('a layer alone needs the run below it, of the same network, and must exist', async () => {
  await assert.rejects(run({ layer: 1 }), { name: 'UserError', message: /layer 1 learns from what the layers below/ })
  await assert.rejects(run({ layer: 3 }), { name: 'UserError', message: /layer is 3, but forward-forward trains 3/ })
  await assert.rejects(run({ layer: 1, schedule: 'joint' }), {
    name: 'UserError',
    message: /by the schedule greedy only/,
  })
  const { kept } = await run({ layer: 0 })
  const other = { ...kept.last(), settings: { ...kept.last().settings, hyper: { rate: 1 } } }
  await assert.rejects(run({ layer: 1 }, other), { name: 'UserError', message: /the run below belongs to another/ })
  // What is held out here may have been learned there.
  await assert.rejects(run({ layer: 1, seed: 5 }, kept.last()), {
    name: 'UserError',
    message: /its seed is 4, here it is 5/,
  })
  await assert.rejects(run({}, kept.last()), { name: 'UserError', message: /serves a layer that is trained alone/ })
  await assert.rejects(run({ layer: 2 }, kept.last()), {
    name: 'UserError',
    message: /did not train layer 1 to its end/,
  })
})

test('a layer that says nothing of the classes is judged by its own figure', async () => {
  const config = { rule: uff, data, hyper: { units: [9, 8], rate: 0.01 } }
  const options = { ...common, epochs: 4, patience: 1, validation: 20 }
  const events = await collect(train({ ...config, options, platform: { compile, exactInt8: async () => false } }))
  const epochs = ofKind(events, 'epoch')
  for (const layer of ['layer 0', 'layer 1']) {
    const own = epochs.filter(({ learns }) => learns === layer)
    const errors = own.map(({ validation }) => validation!.blocks![layer]!.reconstruction!)
    assert.ok(errors[1]! < errors[0]!, `${errors}`)
    assert.ok(own.length > 2, 'a cell that still learns goes on')
    assert.deepEqual(own[0]!.criterion, { block: layer, figure: 'reconstruction', better: 'smaller' })
    const figures = own.flatMap(({ validation }) => Object.values(validation!.blocks!).flatMap(Object.keys))
    assert.deepEqual([...new Set(figures)], ['reconstruction'], 'it says nothing of the classes yet')
  }
  assert.ok(epochs.filter(({ learns }) => learns === 'classifier').every((event) => accuracyOf(event.validation)! >= 0))
})

test('fixed batches come once each in every epoch, in another order, and are drawn anew in the next phase', () => {
  const plan: Plan = {
    from: 0,
    phases: 3,
    epochs: 4,
    batches: 5,
    checkpointEvery: 0,
    stepOf: () => '',
    spanOf: () => 1,
  }
  const { options } = resolve(forwardForward, data, { hyper, options: common })
  const rows = fixedBatches(plan, 200, options)
  const batchesOf = (phase: number, epoch: number): string[] => {
    const own = rows({ phase, epoch })
    return Array.from({ length: 5 }, (_, i) => own.slice(37 * i, 37 * (i + 1)).join(' '))
  }
  assert.equal(new Set(rows({ phase: 1, epoch: 2 })).size, 185)
  const epochs = [0, 1, 2, 3].map((epoch) => batchesOf(1, epoch))
  for (const own of epochs) assert.deepEqual(own.toSorted(), epochs[0]!.toSorted())
  assert.ok(new Set(epochs.map((own) => own.join('|'))).size > 1)
  const [one, other] = [new Set(epochs[0]), batchesOf(2, 0)]
  assert.ok(other.every((batch) => !one.has(batch)))
})

test('features are kept up to the budget, and images are then read no more', async () => {
  const { options, hyper: own } = resolve(forwardForward, data, { hyper, options: { ...common, validation: 0 } })
  const task = taskOf({ shape: [1, 5, 5], batch: 37 })
  const { features: graph } = traceRule(forwardForward, task, own).greedy(1)
  const program = await compile(graph, { device: 'cpu' })
  await program.load(
    Object.fromEntries(
      graph.state.map(({ name, input: { size } }) => [
        name,
        Float32Array.from({ length: size }, (_, i) => Math.sin(i)),
      ]),
    ),
  )
  const images = inputsOf({ split: data.train, samples: data }, options)
  let read = 0
  const compute = frozenFeatures(
    graph,
    program,
    (indices, epoch) => {
      read += indices.length
      return images(indices, epoch)
    },
    37,
  )
  const rows = Uint32Array.from({ length: 185 }, (_, i) => (i * 31 + 5) % 200)
  const bytes = 4 * 200 * 3 * 70
  assert.equal(await keepFeatures(compute, graph, rows, 200, bytes - 1), undefined)
  assert.equal(read, 0)
  const kept = await keepFeatures(compute, graph, rows, 200, bytes)
  assert.equal(read, 185)
  const two = rows.slice(37, 3 * 37)
  const features = await kept!(two, 5)
  assert.equal(read, 185)
  assert.deepEqual(features, await compute(two, 5))
})
