import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { type ListedRun, renderRuns } from '../../src/cli/runs/table.js'
import { doneWith, fakeRun } from '../kept/folders.js'
import { DONE, EPOCH, START } from './fake-run.js'
import { onward, workFolder } from './onward.js'

const folder = workFolder()
const made = (async () => {
  const done = (accuracy: number) => [START, EPOCH, doneWith(accuracy)]
  await fakeRun(join(folder, 'runs', 'one'), { preset: 'quick', options: { seed: 2 } }, done(0.9))
  await fakeRun(join(folder, 'runs', 'two'), { hyper: { rate: 0.5 }, options: { seed: 1 } }, done(0.97))
  await fakeRun(join(folder, 'runs', 'three'), { data: 'others' }, [START, EPOCH])
})()

const list = async (...args: readonly string[]): Promise<ListedRun[]> => {
  await made
  return JSON.parse((await onward(folder, 'runs', ...args, '--json')).stdout)
}
const names = (runs: readonly ListedRun[]): string[] => runs.map(({ run }) => run)

test('runs are listed with what was asked for and what came of it, for people and machines', async () => {
  const [one, two, three] = await list()
  assert.deepEqual([one!.run, one!.preset, one!.seed, one!.state], ['runs/one', 'quick', 2, 'done'])
  assert.deepEqual([two!.test, two!.validation, two!.settings.rate], [0.97, 0.951, '0.5'])
  assert.deepEqual([three!.state, three!.test, three!.data], ['stopped', undefined, 'others'])
  const { stdout, code } = await onward(folder, 'runs')
  assert.equal(code, 0)
  const [head, first] = stdout.split('\n')
  assert.match(head!, /^run +rule +data +settings +seed +epochs +held-out +test +date +state$/)
  assert.match(
    first!,
    /^runs\/one +backprop +lines +quick.* +2 .* 95\.10 % +90\.00 % +\d{4}-\d\d-\d\d \d\d:\d\d +done$/,
  )
})

test('runs are filtered and sorted: the best figure first, what is missing last', async () => {
  assert.deepEqual(names(await list('--sort', 'test')), ['runs/two', 'runs/one', 'runs/three'])
  assert.deepEqual(names(await list('--sort', 'seed', '--reverse')), ['runs/one', 'runs/two', 'runs/three'])
  assert.deepEqual(names(await list('--data', 'others')), ['runs/three'])
  assert.deepEqual(names(await list('--state', 'done', '--sort', 'run')), ['runs/one', 'runs/two'])
  assert.deepEqual(names(await list('--rule', 'bp')), names(await list('--rule', 'backprop')))
  assert.deepEqual(await list('--rule', 'uff'), [])
  assert.match((await onward(folder, 'runs', '--rule', 'uff')).stdout, /^None of the 3 runs in runs is like that\.$/m)
  const wrong = await onward(folder, 'runs', '--sort', 'size')
  assert.deepEqual([wrong.code, wrong.stdout], [2, ''])
})

test('a figure that was no number is told as none, by the list and by the report', async () => {
  const none = { network: { accuracy: Number.NaN } }
  await fakeRun(join(folder, 'blown', 'one'), {}, [
    START,
    { ...EPOCH, validation: none },
    { ...DONE, test: none, validation: none },
  ])
  const [own] = await list('blown')
  assert.deepEqual([own!.state, own!.validation, own!.test], ['done', undefined, undefined])
  assert.doesNotMatch((await onward(folder, 'runs', 'blown')).stdout, /0\.00 %/)
  assert.equal((await onward(folder, 'report', 'blown/one', '--out', 'blown.html')).code, 0)
  const facts = [...readFileSync(join(folder, 'blown.html'), 'utf8').matchAll(/<dd>(.*?)<\/dd>/g)].map(([, own]) => own)
  assert.deepEqual(facts.slice(0, 2), ['–', '–'])
})

test('a folder without runs says how to make one', async () => {
  const empty = workFolder()
  const { stdout, code } = await onward(empty, 'runs')
  assert.deepEqual([code, stdout.split(':')[0]], [0, 'There are no runs in the folder runs, which is not here'])
  assert.deepEqual(JSON.parse((await onward(empty, 'runs', '--json')).stdout), [])
})

test('nothing is deleted without a yes, or while one of the folders is no run', async () => {
  await made
  await fakeRun(join(folder, 'more', 'a'))
  await fakeRun(join(folder, 'more', 'b'))
  mkdirSync(join(folder, 'more', 'none'))
  const asked = await onward(folder, 'runs', 'delete', 'more/a')
  assert.equal(asked.code, 2)
  assert.match(asked.stderr, /say so with --yes, as in onward runs delete more\/a --yes\.$/m)
  const mixed = await onward(folder, 'runs', 'delete', 'more/a', 'more/none', '--yes')
  assert.deepEqual([mixed.code, mixed.stderr], [1, 'onward: more/none holds no run: it has no config.json\n'])
  assert.ok(existsSync(join(folder, 'more', 'a', 'config.json')))
  writeFileSync(join(folder, 'more', 'b', 'notes.txt'), 'x')
  const deleted = await onward(folder, 'runs', 'delete', 'more/a', 'more/b', '--yes')
  assert.equal(deleted.stdout, "more/a is deleted.\nmore/b is deleted. Not Onward's and still there: notes.txt.\n")
  assert.deepEqual([existsSync(join(folder, 'more', 'a')), existsSync(join(folder, 'more', 'b'))], [false, true])
})

test('a table that is too wide cuts settings, then goes without columns, and keeps to the width', () => {
  const run: ListedRun = {
    ...{ run: 'runs/a', rule: 'forward-forward', data: 'fashion-mnist', seed: 0, epochs: 10, state: 'done' },
    ...{ preset: 'quick', settings: { units: '500,500', rate: '0.001', negatives: 'uniform' } },
    ...{ date: '2026-11-30T12:00:00Z', criterion: { figure: 'r2', better: 'larger' }, validation: 0.5, test: 0.25 },
  }
  for (const width of [150, 120, 100, 80, 60]) {
    const lines = renderRuns([run], width)
    assert.ok(
      lines.every((line) => line.length <= width),
      `${width}: ${lines[1]}`,
    )
    assert.match(lines[1]!, /^runs\/a .*r2 0\.5000 +r2 0\.2500.* done$/)
  }
  assert.match(renderRuns([run], 132)[1]!, /quick units=500,500.*\.\.\. /)
  assert.ok(!renderRuns([run], 100)[0]!.includes('date'))
})
