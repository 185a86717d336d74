// At most 40 s: some fifteen short trainings, in processes of their own.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { backprop } from '../../src/rules/backprop.js'
import { node } from '../../src/runs.node.js'
import { train } from '../../src/train/train.js'
import { readStudy } from '../../src/tune/journal.node.js'
import { events, onward, workFolder } from '../cli/onward.js'
import { collect, lines, ofKind } from '../train/fixtures.js'

const SMALL = ['--data', 'glyphs', '--limit', '400', '--epochs', '2', '--batch', '50', '--threads', '1']
const SEARCH = [
  'tune',
  'backprop',
  ...SMALL,
  '--set',
  'units=16',
  '--set',
  'optimizer=adam',
  '--set',
  'schedule=constant',
]

test('training without its test samples: they are not measured, and `done` says nothing of them', async () => {
  const config = { rule: backprop, data: lines(), hyper: { units: [8] }, options: { epochs: 1, batch: 20 } }
  const all = await collect(train({ ...config, platform: node(), test: false }))
  const [done] = ofKind(all, 'done')
  assert.deepEqual(done!.test, {})
  assert.ok(done!.validation!.network!.accuracy! >= 0)
  assert.deepEqual([...new Set(ofKind(all, 'measuring').map(({ what }) => what))], ['validation'])
})

test('a study from the command line: its journal, its best settings, going on, and other plans refused', async () => {
  const folder = workFolder()
  const ended = await onward(
    folder,
    ...SEARCH,
    '--trials',
    '4',
    '--study',
    'a/s.jsonl',
    '--enqueue',
    'rate=0.02',
    '--json',
  )
  assert.equal(ended.code, 0, ended.stderr)
  const all = events(ended)
  const finished = all.filter(({ event }) => event === 'finished')
  assert.deepEqual(
    finished.map(({ trial }) => trial),
    [0, 1, 2, 3],
  )
  // The rule's own settings come first, then what was enqueued.
  assert.deepEqual(finished[0].params, { rate: 0.001, weightDecay: 0 })
  assert.equal(finished[1].params.rate, 0.02)
  const { best, counts } = all.at(-1)
  assert.deepEqual([all.at(-1).event, counts.complete + counts.pruned], ['done', 4])
  assert.equal(best.values[0], Math.max(...finished.map(({ values }) => values[0])))
  assert.equal(best.config, join('a', 's.best.json'))

  // The same settings in a run of their own have the same held-out figure.
  const run = await onward(folder, 'train', '--config', best.config, '--out', 'run', '--json')
  assert.equal(run.code, 0, run.stderr)
  assert.equal(events(run).at(-1).validation.network.accuracy, best.values[0])
  const more = await onward(
    folder,
    'train',
    '--config',
    best.config,
    '--epochs',
    '1',
    '--set',
    'units=8',
    '--out',
    'b',
    '--json',
  )
  const kept = JSON.parse(readFileSync(join(folder, 'b', 'config.json'), 'utf8'))
  assert.deepEqual([more.code, kept.options.epochs, kept.hyper.units, kept.hyper.rate], [0, 1, [8], best.params.rate])

  const longer = await onward(folder, 'tune', '--study', 'a/s.jsonl', '--trials', '5')
  assert.equal(longer.code, 0, longer.stderr)
  assert.match(longer.stdout, /goes on: 4 of 5 trials are done/)
  assert.match(longer.stdout, /Train with these settings: onward train --config a\/s\.best\.json/)
  assert.equal(readStudy(join(folder, 'a/s.jsonl'))!.trials.length, 5)
  const other = await onward(folder, ...SEARCH, '--sampler', 'gp', '--study', 'a/s.jsonl')
  assert.match(other.stderr, /begun with another sampler, "tpe", not "gp"/)
  const changed = await onward(folder, 'tune', '--study', 'a/s.jsonl', '--seed', '1')
  assert.match(changed.stderr, /leave --seed out/)
  assert.equal(changed.code, 2)
})

test('several objectives give a front; what blows up fails, and the study goes on; the space may be used up', async () => {
  const folder = workFolder()
  const given = [
    '--objective',
    'accuracy',
    '--objective',
    'parameters',
    '--study',
    's.jsonl',
    '--json',
    '--workers',
    '2',
  ]
  const space = ['--space', 'units=4,32', '--space', 'rate=0.003,1e30']
  const fixed = [
    '--set',
    'optimizer=sgd',
    '--set',
    'momentum=0',
    '--set',
    'schedule=constant',
    '--set',
    'weightDecay=0',
  ]
  const ended = await onward(folder, 'tune', 'backprop', ...SMALL, ...fixed, ...space, ...given)
  assert.equal(ended.code, 0, ended.stderr)
  const all = events(ended)
  assert.deepEqual(
    all.filter(({ event }) => event === 'stopped').map(({ reason }) => reason),
    ['exhausted'],
  )
  const { counts, front } = all.at(-1)
  assert.deepEqual([counts.complete, counts.failed, counts.pruned], [2, 2, 0])
  const points = new Set(all.filter(({ event }) => event === 'trial').map(({ params }) => JSON.stringify(params)))
  assert.equal(points.size, 4)
  const parameters = front.map(({ values }: { values: number[] }) => values[1])
  assert.ok(parameters.includes(784 * 4 + 4 + 4 * 10 + 10), `${parameters}`)
  for (const { config, params } of front)
    assert.deepEqual(JSON.parse(readFileSync(join(folder, config), 'utf8')).hyper.units, [Number(params.units)])
})

test('a search in which no trial comes to its end has failed, as a training whose numbers blow up has', async () => {
  const blown = ['--space', 'rate=1e36,1e37', '--sampler', 'random', '--trials', '1', '--study', 's.jsonl']
  const ended = await onward(workFolder(), 'tune', 'backprop', ...SMALL, ...blown)
  assert.match(ended.stdout, /No trial came to its end: 0 trials trained to the end, 0 pruned, 1 failed/)
  assert.equal(ended.code, 1)
})

test('what is wrong is told at once: figures that are none, files that are none', async () => {
  const folder = workFolder()
  const unknown = await onward(folder, ...SEARCH, '--objective', 'acuracy', '--trials', '1', '--study', 's.jsonl')
  assert.match(unknown.stderr, /accuracy/)
  assert.equal(unknown.code, 2)
  assert.match((await onward(folder, 'tune', '--study', 'none.jsonl')).stderr, /holds no study of Onward yet/)
  writeFileSync(join(folder, 'x.csv'), 'a,b\n')
  assert.match((await onward(folder, ...SEARCH, '--study', 'x.csv')).stderr, /no journal of a study/)
  assert.match((await onward(folder, ...SEARCH, '--sampler', 'tpee')).stderr, /did you mean "tpe"/i)
})
