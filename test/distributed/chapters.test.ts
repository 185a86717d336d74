// Pipeline Forward-Forward: layers by chapters, on workers that exchange weights.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dataSet } from '../../src/data/index.js'
import { chaptersHere } from '../../src/distributed/chapters/here.js'
import { chapterKeys } from '../../src/distributed/chapters/manifest.js'
import { brakeOf, sourcesOf, tasksOf } from '../../src/distributed/chapters/tasks.js'
import { type ChaptersConfig, trainChapters } from '../../src/distributed/chapters/train.js'
import { versionOf } from '../../src/distributed/chapters/versions.js'
import { memoryEngine } from '../../src/distributed/memory.js'
import { allLayersBound, singleLayerBound } from '../../src/distributed/pipeline/bound.js'
import type { Transport } from '../../src/distributed/transport.js'
import { UsageError, UserError } from '../../src/errors.js'
import { ruleNamed } from '../../src/rules/registry.js'
import { compile } from '../../src/runtime/compile.node.js'
import type { TrainEvent } from '../../src/train/events.js'
import { openTrainer } from '../../src/train/trainer.js'
import { collect, keeper, lines, numbersOf, ofKind } from '../train/fixtures.js'

const data = lines(203)
const own = {
  rule: ruleNamed('forward-forward')!,
  hyper: { units: [12, 10, 8], negatives: 'uniform' },
  options: { epochs: 3, batch: 10, threads: 1, schedule: 'greedy' as const },
  data,
}

function byChapters(
  mode: ChaptersConfig['mode'],
  workers?: number,
  other: object = {},
  connect = memoryEngine().connect,
  ofWorkers = data,
) {
  const kept = keeper()
  const platform = { compile, saveCheckpoint: kept.saveCheckpoint }
  const start = chaptersHere(connect, { rule: own.rule, data: ofWorkers, platform })
  return { kept, events: trainChapters({ ...own, ...other, platform, transport: connect(), mode, workers, start }) }
}

test('two workers for all layers, one for each layer, and one for all come to the same bits', async () => {
  const runs = [byChapters('all-layers', 1), byChapters('all-layers', 2), byChapters('weights')]
  for (const run of runs) {
    const events = await collect(run.events)
    assert.equal(ofKind(events, 'epoch').length, 3)
    assert.equal(ofKind(events, 'done').length, 1)
  }
  const [one, two, each] = runs.map(({ kept }) => numbersOf(kept.last()))
  assert.deepEqual(two, one)
  assert.deepEqual(each, one)

  // The same by hand: each layer in turn for an epoch, on what the layers below it have become.
  const trainer = await openTrainer({ ...own, platform: { compile } })
  let state = await trainer.initialState()
  for (let chapter = 0; chapter < 3; chapter++)
    for (let layer = 0; layer < 3; layer++) {
      await trainer.load(state)
      await trainer.run({ phase: layer, epoch: chapter, between: 0, batch: 0 }, trainer.plan.batches)
      state = await trainer.read()
    }
  await trainer.close()
  assert.deepEqual(one, Object.fromEntries(Object.entries(state).map(([name, numbers]) => [name, [...numbers]])))
})

/** How many tasks of three layers nobody has done yet. */
async function unmade(transport: Transport, chapters: number): Promise<number> {
  const tasks = Array.from({ length: 3 * chapters }, (_, i) => ({ layer: i % 3, chapter: Math.floor(i / 3) }))
  const made = await Promise.all(tasks.map((task) => versionOf(transport, 'chapters', task)))
  return made.filter((version) => version === undefined).length
}

test('a run that was stopped goes on from the weights that are kept, to the same bits', async () => {
  const options = { ...own.options, epochs: 6 }
  const whole = byChapters('all-layers', 2, { options })
  await collect(whole.events)
  for (const after of [1, 2, 4]) {
    const { connect } = memoryEngine()
    const sitting = (signal?: AbortSignal) => byChapters('all-layers', 2, { options, signal }, connect)
    const stop = new AbortController()
    const first: TrainEvent[] = []
    for await (const event of sitting(stop.signal).events) {
      first.push(event)
      if (event.event === 'epoch' && event.epoch === after) stop.abort()
    }
    assert.equal(ofKind(first, 'stopped').length, 1)
    const left = await unmade(connect(), 6)
    const second = sitting()
    const events = await collect(second.events)
    const told = ofKind(events, 'epoch').map(({ epoch }) => epoch)
    // By what an earlier sitting made, the time that is left would be too short.
    assert.equal(ofKind(events, 'progress').length, left)
    // The last chapter that was told of is told of again.
    assert.deepEqual(told, [1, 2, 3, 4, 5, 6].slice(after - 1))
    assert.deepEqual(numbersOf(second.kept.last()), numbersOf(whole.kept.last()))
  }
})

test('a worker that would compute something else is refused before it begins', async () => {
  const { name, target, names, train, test: held } = data
  const wide = (split: typeof train) => ({ ...split, inputs: new Uint8Array(36 * split.count) })
  const input = { ...data.input, shape: [1, 6, 6] }
  const larger = dataSet({ name, target, names, input, train: wide(train), test: wide(held) })
  const told = { ...data, fingerprint: 'aa' }
  for (const [ours, theirs, said] of [
    [data, lines(183), /the run trains on other data than lines here: it needs lines, the same files/],
    [data, { ...data, name: 'others' }, /the run trains on other data than others here: it needs lines/],
    [told, { ...told, fingerprint: 'bb' }, /the run trains on other data/],
    [data, larger, /this machine would cut forward-forward in another way than the run does/],
  ] as const) {
    const { connect } = memoryEngine()
    const refused = byChapters('all-layers', 1, { data: ours }, connect, theirs)
    await assert.rejects(collect(refused.events), (error) => error instanceof UserError && said.test(error.message))
    assert.equal(await connect().values.get(chapterKeys('chapters').lease(0)), undefined)
  }
})

test('who does what, and when: chapters in turn, a layer each', () => {
  const shape = { workers: 2, layers: 2, chapters: 3 }
  const tasks = (mode: ChaptersConfig['mode'], worker: number) =>
    [...tasksOf(mode, worker, shape)].map(({ layer, chapter }) => `${layer} ${chapter}`)
  assert.deepEqual(tasks('all-layers', 0), ['0 0', '1 0', '0 2', '1 2'])
  assert.deepEqual(tasks('all-layers', 1), ['0 1', '1 1'])
  assert.deepEqual(tasks('weights', 1), ['1 0', '1 1', '1 2'])
  assert.deepEqual(sourcesOf({ layer: 1, chapter: 2 }), [
    { layer: 0, chapter: 2 },
    { layer: 1, chapter: 1 },
  ])
  assert.equal(brakeOf({ layer: 0, chapter: 4 }, 2), undefined)
  assert.deepEqual(brakeOf({ layer: 0, chapter: 5 }, 2), { layer: 1, chapter: 0 })
})

test('the bounds of the paper: 3.88 with 100 chapters of 4 layers on 4 workers', () => {
  assert.equal(allLayersBound(100, 4, 4).slots, 103)
  assert.equal(singleLayerBound(100, 4).slots, 103)
  assert.equal(allLayersBound(100, 4, 4).speedUp.toFixed(2), '3.88')
})

test('what has no place in chapters is refused', async () => {
  const joint = { options: { ...own.options, schedule: 'joint' as const } }
  await assert.rejects(collect(byChapters('all-layers', 2, joint).events), /choose the schedule greedy/)
  await assert.rejects(collect(byChapters('weights', 2).events), UsageError)
  const patient = { options: { ...own.options, patience: 2 } }
  await assert.rejects(collect(byChapters('all-layers', 2, patient).events), /leave patience out/)
})
