import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { checkRun } from '../../src/compare/folder.node.js'
import { deleteRun, planDeletion } from '../../src/kept/delete.node.js'
import { findRuns } from '../../src/kept/find.node.js'
import { commandOf, readKeptRun } from '../../src/kept/run.node.js'
import { ownSettings } from '../../src/kept/settings.js'
import { backprop } from '../../src/rules/backprop.js'
import { epochsOf, historyOf } from '../../src/train/history.node.js'
import { asked, filledIn } from '../../src/train/options.js'
import { type RunConfig, readConfig, reopenRun } from '../../src/train/run-folder.node.js'
import { DONE, EPOCH, START } from '../cli/fake-run.js'
import { doneWith, fakeRun, workFolder } from './folders.js'

const root = workFolder()
after(() => rmSync(root, { recursive: true, force: true }))
const place = (...names: readonly string[]): string => join(root, ...names)

const STOPPED = { event: 'stopped', step: 90, message: 'it stopped' } as const

test('a run is done, stopped, failed or running, by its journal and its lock', async () => {
  const done = await fakeRun(place('states', 'done'))
  const cut = await fakeRun(place('states', 'cut'), {}, [START, EPOCH])
  const blown = await fakeRun(place('states', 'blown'), {}, [START, { ...STOPPED, reason: 'not-finite' }])
  const longer = await fakeRun(place('states', 'longer'), {}, [START, DONE, { ...START, resumedAt: 180 }])
  assert.deepEqual(
    [done, cut, blown, longer].map((path) => readKeptRun(path).state),
    ['done', 'stopped', 'failed', 'stopped'],
  )
  assert.equal(readKeptRun(blown).message, 'it stopped')
  assert.deepEqual(readKeptRun(done).test, DONE.test)
  assert.deepEqual(readKeptRun(cut).validation, EPOCH.validation)
  const open = reopenRun(done)
  assert.equal(readKeptRun(done).state, 'running')
  open.close()
  assert.equal(readKeptRun(done).state, 'done')
})

test('a journal tells its date, command and step; a run of an older version, without these, is read too', async () => {
  const path = await fakeRun(place('dated'))
  const { environment, date } = readKeptRun(path)
  assert.equal(date, environment.date)
  assert.match(date!, /^\d{4}-\d\d-\d\dT/)
  assert.equal(commandOf({ environment: { command: ['main.js', 'train', 'backprop'] } }), 'onward train backprop')
  const lines = readFileSync(join(path, 'metrics.jsonl'), 'utf8').trim().split('\n')
  for (const line of lines.slice(1)) {
    const { time, step } = JSON.parse(line)
    assert.ok(!Number.isNaN(Date.parse(time)) && Number.isInteger(step))
  }
  writeFileSync(join(path, 'environment.json'), '{"onward":"0.1.0"}')
  writeFileSync(
    join(path, 'metrics.jsonl'),
    lines.map((line) => `${JSON.stringify({ ...JSON.parse(line), time: undefined })}\n`).join(''),
  )
  const older = readKeptRun(path)
  assert.deepEqual([older.state, older.date, commandOf(older)], ['done', undefined, undefined])
  rmSync(join(path, 'environment.json'))
  assert.equal(readKeptRun(path).state, 'done')
})

test('what was trained again after a crash stands in a history once, and a half line is passed over', async () => {
  const at = (step: number, accuracy: number) => ({ ...EPOCH, step, validation: { network: { accuracy } } })
  const path = await fakeRun(place('again'), {}, [
    START,
    at(90, 0.1),
    at(180, 0.2),
    { ...START, resumedAt: 90 },
    at(180, 0.3),
  ])
  writeFileSync(join(path, 'metrics.jsonl'), `${readFileSync(join(path, 'metrics.jsonl'), 'utf8')}{"event":"epo`)
  for (const kinds of [undefined, ['epoch' as const]]) {
    assert.equal(historyOf(path, kinds).filter(({ event }) => event === 'epoch').length, 2)
    assert.deepEqual(
      epochsOf(historyOf(path, kinds)).map(({ step, validation }) => [step, validation!.network!.accuracy]),
      [
        [90, 0.1],
        [180, 0.3],
      ],
    )
  }
})

test('runs are found in folders and below them, damaged ones are told, and other config.json are passed over', async () => {
  await fakeRun(place('some', 'a'))
  await fakeRun(place('some', 'compared', 'runs', '1-backprop', 'seed-0'))
  await fakeRun(place('some', '.hidden'))
  mkdirSync(place('some', 'other'))
  writeFileSync(place('some', 'other', 'config.json'), '{"name": "of another program"}')
  const damaged = await fakeRun(place('some', 'damaged'))
  writeFileSync(join(damaged, 'config.json'), '{"rule": ')
  const found = findRuns([place('some')])
  assert.deepEqual(
    found.runs.map(({ path }) => path),
    [place('some', 'a'), place('some', 'compared', 'runs', '1-backprop', 'seed-0')],
  )
  assert.deepEqual(
    found.damaged.map(({ path }) => path),
    [damaged],
  )
  assert.throws(() => findRuns([place('nowhere')]), /^UserError: There is no folder .*nowhere: name a run/)
})

test('the settings of a run are those that its preset and the defaults do not have', async () => {
  const config = async (name: string, wishes: Parameters<typeof fakeRun>[1]) =>
    readConfig(await fakeRun(place('settings', name), wishes))
  const runs = [
    await config('plain', {}),
    await config('quick', { preset: 'quick' }),
    await config('own', {
      preset: 'quick',
      hyper: { rate: 0.5, units: [7] },
      options: { seed: 3, epochs: 9, batch: 7 },
    }),
    await config('accurate', { preset: 'accurate', options: { batch: 20 } }),
    await config('limited', { options: { limit: 50, augment: { shift: 2 } } }),
  ]
  const [plain, quick, own, accurate, limited] = ownSettings(runs, () => backprop)
  assert.deepEqual([plain, quick], [{}, {}])
  assert.deepEqual(own, { rate: 0.5, units: [7], batch: 7 })
  assert.deepEqual(accurate, { batch: 20 })
  // Fewer samples hold fewer out and make smaller batches: that was not set.
  assert.deepEqual(limited, { 'augment.shift': 2, limit: 50 })
  // Of a rule that is not here: what differs.
  const [first, second] = ownSettings([runs[1]!, runs[2]!], () => undefined)
  assert.deepEqual(Object.keys(first!).sort(), ['batch', 'rate', 'units'])
  assert.deepEqual(second, { rate: 0.5, units: [7], batch: 7 })
})

test('how many samples are held out, and used, is told where somebody said it, whatever the runs beside it say', () => {
  const config = (options: Partial<RunConfig['options']>, data: Partial<RunConfig> = {}): RunConfig => {
    const { hyper, options: given } = asked(backprop, {})
    const limit = options.limit ?? 10000
    return {
      ...{ rule: 'backprop', data: 'glyphs', hyper, ...data },
      options: { ...filledIn(backprop, limit, given), ...options },
    }
  }
  const own = { data: 'pictures', own: { counts: { train: 300, test: 10 } } as RunConfig['own'] }
  const told = ownSettings(
    [
      ...[config({}), config({ limit: 400 }), config({ validation: 0 })],
      ...[config({ limit: 300 }, own), config({ limit: 200 }, own)],
    ],
    () => backprop,
  )
  assert.deepEqual(told, [{}, { limit: 400 }, { validation: 0 }, {}, { limit: 200 }])
  // One alone, on a part of a data set that is known.
  assert.deepEqual(
    ownSettings([config({ limit: 400 })], () => backprop),
    [{ limit: 400 }],
  )
})

test('a deletion takes the files of the run and its folder, and leaves what is not Onward’s', async () => {
  const path = await fakeRun(place('delete', 'one'))
  mkdirSync(join(path, 'samples'))
  writeFileSync(join(path, 'samples', 'filters.png'), 'x')
  for (const name of ['report.html', 'pipeline.json']) writeFileSync(join(path, name), 'x')
  assert.deepEqual(deleteRun(path).left, [])
  assert.equal(existsSync(path), false)

  const shared = await fakeRun(place('delete', 'shared'))
  writeFileSync(join(shared, 'thesis.tex'), 'x')
  mkdirSync(join(shared, 'samples'))
  writeFileSync(join(shared, 'samples', 'notes.txt'), 'x')
  mkdirSync(join(shared, 'src'))
  const { left, files } = deleteRun(shared)
  assert.deepEqual(left.toSorted(), ['samples/notes.txt', 'src', 'thesis.tex'])
  assert.deepEqual(files.toSorted(), ['checkpoint.safetensors', 'config.json', 'environment.json', 'metrics.jsonl'])
  assert.deepEqual(readdirSync(shared).sort(), ['samples', 'src', 'thesis.tex'])
})

/** Whose lock nobody can see from here, as after the machine was started anew. */
const unseen = (path: string, written: Date): void => {
  const lock = join(path, 'lock')
  writeFileSync(lock, JSON.stringify({ process: 17, machine: 'gone', key: 'another', beat: '000000000007' }))
  utimesSync(lock, written, written)
}

test('a run whose process nobody can see is not running for ever, and is deleted after a wait that is told', async () => {
  const path = await fakeRun(place('states', 'rebooted'), {}, [START, EPOCH])
  unseen(path, new Date(Date.now() - 60_000))
  assert.equal(readKeptRun(path).state, 'stopped')
  const said: string[] = []
  const waiting = { patience: 60, onWait: (message: string) => said.push(message) }
  const { files } = await planDeletion(path, waiting)
  assert.ok(files.includes('config.json'))
  assert.match(
    `${said}`,
    /^.*rebooted is locked by process 17 on gone, which may have died: unless it shows a sign of life/,
  )
  deleteRun(path)
  assert.equal(existsSync(path), false)
})

test('a run whose process beats on another machine is running, and is not deleted', async () => {
  const path = await fakeRun(place('states', 'elsewhere'), {}, [START, EPOCH])
  unseen(path, new Date())
  assert.equal(readKeptRun(path).state, 'running')
  const beat = setTimeout(() => writeFileSync(join(path, 'lock'), '{"process":17,"machine":"gone","beat":"8"}'), 20)
  await assert.rejects(
    planDeletion(path, { patience: 6000 }),
    /is in use by process 17 on gone: stop that training first/,
  )
  clearTimeout(beat)
  assert.ok(existsSync(join(path, 'config.json')))
})

test('what is no run is not waited for, and a lock in it stays', async () => {
  mkdirSync(place('delete', 'other'), { recursive: true })
  unseen(place('delete', 'other'), new Date(0))
  const waiting = { patience: 60, onWait: () => assert.fail('it waits') }
  await assert.rejects(planDeletion(place('delete', 'other'), waiting), /^UserError: .*holds no run/)
  assert.ok(existsSync(place('delete', 'other', 'lock')))
})

test('what is no run, a link or in use is not deleted', async () => {
  mkdirSync(place('delete', 'plain'))
  writeFileSync(place('delete', 'plain', 'config.json'), '{}')
  assert.throws(() => deleteRun(place('delete', 'plain')), /^UserError: .*does not hold the settings of a run$/)
  assert.throws(() => deleteRun(place('delete', 'nowhere')), /^UserError: There is no folder/)
  const used = await fakeRun(place('delete', 'used'), {}, [START, EPOCH, doneWith(0.5)])
  symlinkSync(used, place('delete', 'link'))
  await assert.rejects(planDeletion(place('delete', 'link')), /^UserError: .*is a link: name the folder/)
  // With a slash at its end, as shells complete it.
  await assert.rejects(planDeletion(`${place('delete', 'link')}/`), /^UserError: .*is a link: name the folder/)
  const open = reopenRun(used)
  assert.throws(() => deleteRun(used), /^UserError: .*is in use by process \d+: stop that training first$/)
  open.close()
  assert.deepEqual(readdirSync(used).length, 4)
})

test('a run is deleted from inside of it, and what a link in it leads to stays', async () => {
  const path = await fakeRun(place('delete', 'here'))
  const elsewhere = await fakeRun(place('delete', 'elsewhere'))
  symlinkSync(elsewhere, join(path, 'federated'))
  const before = process.cwd()
  process.chdir(path)
  try {
    assert.deepEqual(deleteRun('.').left, ['federated'])
    assert.equal(readdirSync(elsewhere).length, 4)
    rmSync(join(path, 'federated'))
    await fakeRun(path)
    deleteRun('.')
    assert.equal(existsSync(path), false)
  } finally {
    process.chdir(before)
  }
})

test('the runs of a comparison are found from wherever the comparison is', async () => {
  const run = await fakeRun(place('far', 'a', 'b', 'c', 'compared', 'runs', '1-backprop', 'seed-0'))
  assert.deepEqual(findRuns([place('far')]).runs, [])
  writeFileSync(place('far', 'a', 'b', 'c', 'compared', 'compare.json'), '{}')
  assert.deepEqual(
    findRuns([place('far')]).runs.map(({ path }) => path),
    [run],
  )
})

test('a run is the one that its comparison asks for, or it is said in what it is another', async () => {
  const path = await fakeRun(place('asked'), { options: { seed: 1 } })
  const { data, hyper, options } = readConfig(path)
  const wanted = { data, seed: 1, hyper, options: { ...options, threads: 7, seed: 5 } }
  checkRun(path, wanted)
  checkRun(path, { data, seed: 1, options })
  const say = (other: Partial<Parameters<typeof checkRun>[1]>, what: RegExp): void =>
    assert.throws(() => checkRun(path, { ...wanted, ...other }), what)
  say({ options: { ...options, epochs: 40 } }, /its options\.epochs is \d+, and was to be 40: delete it/)
  say({ hyper: { ...hyper, rate: 0.25 } }, /its hyper\.rate is .*, and was to be 0\.25/)
  say({ seed: 2 }, /its seed is 1, and was to be 2/)
  say({ data: 'others' }, /its data is "lines", and was to be "others"/)
})
