// Oracles: a training of four epochs at once; the state that a run ended with.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { evaluate, resume, type TrainRequest, train } from '../../src/node.js'
import { endingOf, readCheckpoint, readConfig } from '../../src/train/run-folder.node.js'
import { collect, lines, numbersOf, ofKind } from './fixtures.js'

const root = fs.mkdtempSync(join(tmpdir(), 'onward-longer-'))
after(() => fs.rmSync(root, { recursive: true }))
const data = lines()
const request = (out: string, epochs: number, schedule = 'constant', more = {}): TrainRequest => ({
  ...{ rule: 'backprop', data, out: join(root, out) },
  hyper: { units: [6], schedule },
  options: { epochs, batch: 10, seed: 3, ...more },
})
const stateIn = (name: string) => numbersOf(readCheckpoint(join(root, name)).checkpoint)

test('at a constant rate, two epochs and then two more are four at once, bit for bit', async () => {
  await collect(train(request('whole', 4)))
  await collect(train(request('parts', 2)))
  const events = await collect(resume(join(root, 'parts'), { data, epochs: 4 }))
  assert.deepEqual(stateIn('parts'), stateIn('whole'))
  const { checkpoint } = readCheckpoint(join(root, 'parts'))
  assert.deepEqual(checkpoint.settings, readCheckpoint(join(root, 'whole')).checkpoint.settings)
  assert.equal(readConfig(join(root, 'parts')).options.epochs, 4)
  assert.equal(endingOf(join(root, 'parts'))!.finished, true)
  assert.deepEqual(
    ofKind(events, 'epoch').map(({ epoch }) => epoch),
    [3, 4],
  )
  assert.equal(ofKind(events, 'start')[0]!.resumedAt, 20)
})

test('a rate that falls goes by the new total from there on', async () => {
  await collect(train(request('falls', 2, 'linear')))
  const stopped = new AbortController()
  for await (const { event } of train({ ...request('falls-4', 4, 'linear'), signal: stopped.signal }))
    if (event === 'epoch') stopped.abort()
  const before = stateIn('falls')
  await collect(resume(join(root, 'falls'), { data, epochs: 4 }))
  await collect(resume(join(root, 'falls-4'), { data }))
  assert.notDeepEqual(stateIn('falls'), before)
  assert.notDeepEqual(stateIn('falls'), stateIn('falls-4'))
})

test('a run that died between its new settings and its next checkpoint goes on with the new total', async () => {
  await collect(train(request('died', 2)))
  const path = join(root, 'died', 'config.json')
  fs.writeFileSync(path, fs.readFileSync(path, 'utf8').replace('"epochs": 2', '"epochs": 4'))
  assert.ok((await evaluate(join(root, 'died'), { data })).test.network?.accuracy)
  await collect(resume(join(root, 'died'), { data }))
  assert.deepEqual(stateIn('died'), stateIn('whole'))
})

test('a total that is not more, a run that kept its best epoch, and one of layer after layer are refused untouched', async () => {
  await collect(train(request('kept', 2, 'constant', { patience: 1 })))
  await collect(
    train({
      ...request('greedy', 1),
      rule: 'forward-forward',
      hyper: { units: [5, 5], negatives: 'uniform', predict: 'energy' },
      options: { epochs: 1, batch: 10, schedule: 'greedy' },
    }),
  )
  for (const [name, epochs, message] of [
    ['whole', 3, /whole has done 4 epochs: epochs is the new total, and must be more\.$/],
    ['whole', 0, /^the option epochs of training takes a whole number at least 1, not 0\.$/],
    ['kept', 4, /kept is done and kept its best epoch.*--from /],
    ['greedy', 4, /trained layer after layer.*--from /],
  ] as const) {
    const files = () => fs.readdirSync(join(root, name)).map((file) => fs.readFileSync(join(root, name, file), 'utf8'))
    const before = files()
    await assert.rejects(collect(resume(join(root, name), { data, epochs })), { message, exitCode: 2 })
    assert.deepEqual(files(), before)
  }
})

test('a run begins with the weights of another where names and shapes are equal, with a new optimiser, and says what it left', async () => {
  const wider = { ...request('wider', 1), hyper: { units: [6, 7] }, from: join(root, 'whole') }
  const untouched = stateIn('whole')
  const stop = new AbortController()
  const events = []
  for await (const event of train({ ...wider, signal: stop.signal })) {
    events.push(event)
    if (event.event === 'start') stop.abort()
  }
  const [first, theirs] = [stateIn('wider'), untouched]
  for (const name of ['layers.0.weight', 'layers.0.bias']) assert.deepEqual(first[name], theirs[name])
  assert.notDeepEqual(first['layers.1.weight'], theirs['layers.1.weight'])
  const counts = Object.entries(first).filter(([name]) => name === 'optimizer.count')
  assert.deepEqual(
    counts.map(([, value]) => value),
    [[0]],
  )
  const { from } = ofKind(events, 'start')[0]!
  assert.deepEqual(from, {
    run: join(root, 'whole'),
    taken: 2,
    left: [
      'layers.1.weight [6, 7]: float32 [6, 3] there',
      'layers.1.bias [7]: float32 [3] there',
      'layers.2.weight [7, 3]: not there',
      'layers.2.bias [3]: not there',
    ],
  })
  await collect(resume(join(root, 'wider'), { data }))
  assert.equal(readConfig(join(root, 'wider')).from, join(root, 'whole'))
  assert.deepEqual(stateIn('whole'), untouched)
})

test('weights of which none fits are refused', async () => {
  const other = { ...request('other', 1), rule: 'hopfield-vae', hyper: {}, from: join(root, 'whole') }
  await assert.rejects(collect(train(other)), { message: /has no weights of the names and shapes/, exitCode: 2 })
})
