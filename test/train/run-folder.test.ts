import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { after, test } from 'node:test'
import { UserError } from '../../src/errors.js'
import { type Files, openJournal, replaceFile } from '../../src/files.node.js'
import { thisProcess } from '../../src/holder.node.js'
import { backprop } from '../../src/rules/backprop.js'
import { resolve } from '../../src/train/options.js'
import { createRun, readCheckpoint, readConfig, reopenRun } from '../../src/train/run-folder.node.js'
import { lines } from './fixtures.js'

const root = fs.mkdtempSync(join(tmpdir(), 'onward-run-'))
after(() => fs.rmSync(root, { recursive: true }))
let count = 0
const fresh = (): string => join(root, `${count++}`)
const config = { rule: 'backprop', data: 'lines', ...resolve(backprop, lines(), {}), mostThreads: 2 }

const refuses = (act: () => unknown, message: RegExp): void =>
  assert.throws(act, (error) => {
    assert.ok(error instanceof UserError, String(error))
    assert.match(error.message, message)
    return true
  })

/** A disk with room for so many bytes. */
function smallDisk(room: number): Files {
  let left = room
  const full = () => Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  const writeSync = (file: number, bytes: Uint8Array, offset: number, length: number): number => {
    if (left === 0) throw full()
    const some = Math.min(left, length)
    left -= some
    return fs.writeSync(file, bytes, offset, some)
  }
  return { ...fs, writeSync: writeSync as Files['writeSync'] }
}

test('a run folder holds settings, environment, events and checkpoint', async () => {
  const path = join(fresh(), 'deep', 'er')
  const run = createRun(path, config)
  run.record({ event: 'checkpoint', step: 0, path: 'x', epoch: 0, batch: 0 })
  run.record({ event: 'stopped', reason: 'aborted', step: 0, message: 'stopped' })
  assert.equal(await run.saveCheckpoint(Uint8Array.of(1, 2)), join(path, 'checkpoint.safetensors'))
  assert.ok(fs.existsSync(join(path, 'lock')))
  run.close()
  assert.deepEqual(fs.readdirSync(path).sort(), [
    'checkpoint.safetensors',
    'config.json',
    'environment.json',
    'metrics.jsonl',
  ])
  assert.deepEqual(readConfig(path), JSON.parse(JSON.stringify(config)))
  const events = fs.readFileSync(join(path, 'metrics.jsonl'), 'utf8').trimEnd().split('\n')
  assert.deepEqual(
    events.map((line) => JSON.parse(line).event),
    ['checkpoint', 'stopped'],
  )
  assert.ok(events.every((line) => Math.abs(Date.parse(JSON.parse(line).time) - Date.now()) < 60_000))
  const { date, commit, command, ...environment } = JSON.parse(fs.readFileSync(join(path, 'environment.json'), 'utf8'))
  assert.deepEqual(Object.keys(environment), [
    'onward',
    'node',
    'onnxruntime',
    'system',
    'processor',
    'threads',
    'memoryBytes',
  ])
  assert.match(environment.onward, /^\d+\.\d+\.\d+/)
  assert.equal(environment.node, process.versions.node)
  assert.ok(Math.abs(Date.parse(date) - Date.now()) < 60_000)
  assert.ok(commit === undefined || /^[0-9a-f]{40}$/.test(commit))
  assert.equal(command[0], basename(process.argv[1]!))
  const text = JSON.stringify(environment)
  for (const secret of [process.env.USER, process.env.HOME, process.cwd(), hostname()])
    if (secret && secret.length > 2) assert.ok(!text.includes(secret), secret)
})

test('a folder that holds a run takes no other', async () => {
  const path = fresh()
  const first = createRun(path, config)
  await first.saveCheckpoint(Uint8Array.of(1))
  first.close()
  refuses(() => createRun(path, config), /^.* holds a run already: choose another folder, or go on with that one/)
  // The refusal leaves no lock behind.
  reopenRun(path).close()
})

test('a run that was killed before its first checkpoint is replaced; one whose checkpoint was moved away is not', () => {
  const path = fresh()
  const first = createRun(path, config)
  first.record({ event: 'stopped', reason: 'aborted', step: 0, message: 'one' })
  first.close()
  assert.equal(first.isReplaced, false)
  refuses(() => readCheckpoint(path), /ended before the first one: train anew; this folder may be used again/)
  const second = createRun(path, { ...config, data: 'others' })
  assert.equal(second.isReplaced, true)
  assert.equal(fs.readFileSync(join(path, 'metrics.jsonl'), 'utf8'), '')
  assert.equal(readConfig(path).data, 'others')
  second.record({ event: 'checkpoint', step: 0, path: 'x', epoch: 0, batch: 0 })
  second.close()
  refuses(() => createRun(path, config), /holds a run already/)
  // What is not Onward's own is never replaced.
  const foreign = fresh()
  fs.mkdirSync(foreign)
  fs.writeFileSync(join(foreign, 'config.json'), '{"name":"a program"}')
  refuses(() => createRun(foreign, config), /holds a run already/)
})

test('how a pipeline was started goes with its run, so that no other training is taken for one', () => {
  const path = fresh()
  const pipeline = join(path, 'pipeline.json')
  const begin = (): void => {
    const run = createRun(path, config)
    assert.equal(fs.existsSync(pipeline), false)
    fs.writeFileSync(pipeline, '{}')
    run.close()
  }
  begin()
  // It ended before its first checkpoint, and is replaced.
  begin()
  const taken = createRun(path, config)
  fs.writeFileSync(pipeline, '{}')
  taken.close()
  taken.discard()
  assert.equal(fs.existsSync(path), false)
  fs.mkdirSync(path)
  fs.writeFileSync(pipeline, '{}')
  refuses(() => createRun(path, config), /holds pipeline\.json of a run that is gone: delete it, or choose another/)
})

test('that a federation trained a run goes with it too; its logs stay', () => {
  const path = fresh()
  const files = ['settings.json', 'stays.json', 'round.json'].map((name) => join(path, 'federated', name))
  const begin = () => {
    const run = createRun(path, config)
    assert.deepEqual(files.filter(fs.existsSync), [])
    fs.mkdirSync(join(path, 'federated'), { recursive: true })
    for (const file of files) fs.writeFileSync(file, '{}')
    run.close()
    return run
  }
  begin()
  // It ended before its first checkpoint, and is replaced.
  begin().discard()
  assert.equal(fs.existsSync(path), false)
  const logged = begin()
  fs.writeFileSync(join(path, 'federated', 'log'), 'why')
  logged.discard()
  assert.deepEqual(fs.readdirSync(path, { recursive: true }), ['federated', join('federated', 'log')])
  begin().discard()
  fs.writeFileSync(files[0]!, '{}')
  // What has that name and is none of Onward's stays as it is.
  const foreign = fresh()
  fs.mkdirSync(foreign)
  fs.writeFileSync(join(foreign, 'federated'), 'mine')
  const beside = createRun(foreign, config)
  beside.close()
  beside.discard()
  assert.deepEqual(fs.readdirSync(foreign), ['federated'])
  refuses(() => createRun(path, config), /holds federated\/settings\.json of a run that is gone: delete it, or choose/)
})

test('two runs into one folder are refused while the first one lasts', async () => {
  const path = fresh()
  const run = createRun(path, config)
  refuses(() => reopenRun(path), new RegExp(`is in use by process ${process.pid}: `))
  run.close()
  reopenRun(path).close()
  // Another process that is there, and then is not.
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const lock = join(path, 'lock')
  fs.writeFileSync(lock, JSON.stringify({ ...thisProcess(), started: undefined, process: other.pid }))
  refuses(() => reopenRun(path), new RegExp(`is in use by process ${other.pid}: `))
  other.kill()
  await once(other, 'exit')
  const taken = reopenRun(path)
  assert.equal(JSON.parse(fs.readFileSync(lock, 'utf8')).process, process.pid)
  taken.close()
  assert.deepEqual(fs.readdirSync(path).sort(), ['config.json', 'environment.json', 'metrics.jsonl'])
})

test('a run whose folder was deleted meanwhile says so, and leaves the run alone that began there since', async () => {
  const path = fresh()
  const run = createRun(path, config)
  await run.saveCheckpoint(Uint8Array.of(1))
  fs.rmSync(path, { recursive: true })
  const message = / was deleted or taken over while its run went on: nothing more is written there$/
  await assert.rejects(run.saveCheckpoint(Uint8Array.of(2)), message)
  // Process 1 is always there.
  fs.mkdirSync(path)
  for (const [name, text] of [
    ['lock', JSON.stringify({ process: 1, machine: hostname() })],
    ['config.json', '{}'],
  ] as const)
    fs.writeFileSync(join(path, name), text)
  await assert.rejects(run.saveCheckpoint(Uint8Array.of(2)), message)
  run.close()
  run.discard()
  assert.deepEqual(fs.readdirSync(path).sort(), ['config.json', 'lock'])
})

test('runs without a folder get the first free number', () => {
  const before = process.cwd()
  const place = fresh()
  fs.mkdirSync(place)
  process.chdir(place)
  try {
    const paths = ['lines', 'lines', '../my data'].map((data) => {
      const run = createRun(undefined, { ...config, data })
      run.close()
      return run.path
    })
    assert.deepEqual(paths, [
      join('runs', 'backprop-lines-1'),
      join('runs', 'backprop-lines-2'),
      join('runs', 'backprop-..-my-data-1'),
    ])
  } finally {
    process.chdir(before)
  }
})

test('a full disk leaves the old checkpoint, and says so in one sentence', async () => {
  const path = fresh()
  createRun(path, config).close()
  const old = Uint8Array.from({ length: 1000 }, (_, i) => i)
  const checkpoint = join(path, 'checkpoint.safetensors')
  fs.writeFileSync(checkpoint, old)
  const run = reopenRun(path, smallDisk(600))
  await assert.rejects(run.saveCheckpoint(new Uint8Array(1000)), (error) => {
    assert.ok(error instanceof UserError)
    assert.equal(
      error.message,
      `${checkpoint} could not be written and is as it was before: the disk is full: free some space (ENOSPC)`,
    )
    return true
  })
  assert.deepEqual(new Uint8Array(fs.readFileSync(checkpoint)), old)
  run.close()
  assert.deepEqual(
    fs.readdirSync(path).filter((name) => name.includes('part') || name === 'lock'),
    [],
  )
})

test('a new run that does not fit on the disk leaves nothing in the way of the next one', () => {
  const settings = `${JSON.stringify(config, null, 2)}\n`.length
  for (const [room, file] of [
    [settings - 1, 'config'],
    [settings, 'environment'],
  ] as const) {
    const path = fresh()
    refuses(
      () => createRun(path, config, smallDisk(room)),
      new RegExp(`${file}\\.json could not be written: the disk is full`),
    )
    assert.ok(!fs.existsSync(path))
    createRun(path, config).close()
  }
})

test('a disk that takes the bytes in pieces gets all of them', () => {
  const path = fresh()
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i)
  const pieces: Files = {
    ...fs,
    writeSync: ((file: number, own: Uint8Array, offset: number, length: number) =>
      fs.writeSync(file, own, offset, Math.min(7, length))) as Files['writeSync'],
  }
  replaceFile(path, bytes, { files: pieces })
  assert.deepEqual(new Uint8Array(fs.readFileSync(path)), bytes)
})

test('a process that was taken for dead cannot put its checkpoint over that of its successor', async () => {
  const path = fresh()
  let pause = (): void => undefined
  const slow: Files = {
    ...fs,
    renameSync: (from, to) => {
      pause()
      fs.renameSync(from, to)
    },
  }
  const first = createRun(path, config, slow)
  // It sleeps after its last look at the lock, and another one takes over.
  pause = () => {
    pause = () => undefined
    fs.rmSync(join(path, 'lock'))
    reopenRun(path).close()
  }
  await assert.rejects(first.saveCheckpoint(Uint8Array.of(1)), /checkpoint\.safetensors could not be written: /)
  assert.ok(!fs.existsSync(join(path, 'checkpoint.safetensors')))
  const second = reopenRun(path)
  await second.saveCheckpoint(Uint8Array.of(2))
  second.close()
  // Taken over while it writes: seen before the file takes its name.
  const third = reopenRun(path, {
    ...fs,
    fsyncSync: (file) => {
      fs.fsyncSync(file)
      fs.rmSync(join(path, 'lock'), { force: true })
    },
  })
  await assert.rejects(third.saveCheckpoint(Uint8Array.of(3)), /was deleted or taken over/)
  assert.deepEqual(new Uint8Array(fs.readFileSync(join(path, 'checkpoint.safetensors'))), Uint8Array.of(2))
  third.close()
  assert.deepEqual(
    fs.readdirSync(path).filter((name) => name.endsWith('.part')),
    [],
  )
})

test('going on with a run leaves alone what an export is writing into its folder', () => {
  const path = fresh()
  createRun(path, config).close()
  const [other, own] = ['.model.onnx.0a1b2c3d.part', '.checkpoint.safetensors.0a1b2c3d.part']
  for (const name of [other, own]) fs.writeFileSync(join(path, name), 'half')
  reopenRun(path).close()
  assert.deepEqual(
    [other, own].map((name) => fs.existsSync(join(path, name))),
    [true, false],
  )
})

test('the settings of a run are read with a byte order mark, and with the line ends of Windows', () => {
  const path = fresh()
  createRun(path, config).close()
  const file = join(path, 'config.json')
  const text = fs.readFileSync(file, 'utf8').replaceAll('\n', '\r\n')
  for (const bytes of [Buffer.from(`\ufeff${text}`), Buffer.from(`\ufeff${text}`, 'utf16le')]) {
    fs.writeFileSync(file, bytes)
    assert.deepEqual(readConfig(path), config)
  }
})

test('no failure on the way changes the file', () => {
  const path = fresh()
  for (const step of ['openSync', 'writeSync', 'fsyncSync', 'renameSync'] as const) {
    fs.writeFileSync(path, 'before')
    const broken = {
      ...fs,
      [step]: () => {
        throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })
      },
    }
    refuses(
      () => replaceFile(path, new Uint8Array(9), { files: broken }),
      /as it was before: the disk reports an error/,
    )
    assert.equal(fs.readFileSync(path, 'utf8'), 'before')
  }
})

test('a line that was cut by a crash is cut off, and a full disk leaves no half line', () => {
  const path = fresh()
  fs.writeFileSync(path, 'one\ntwo\nthr')
  const journal = openJournal(path)
  journal.add('three')
  journal.close()
  assert.equal(fs.readFileSync(path, 'utf8'), 'one\ntwo\nthree\n')
  const small = openJournal(path, smallDisk(8))
  small.add('four')
  refuses(() => small.add('five'), /could not be written: the disk is full/)
  small.close()
  assert.equal(fs.readFileSync(path, 'utf8'), 'one\ntwo\nthree\nfour\n')
})

test('a folder that is no run, or a damaged one, is refused in one sentence', () => {
  const path = fresh()
  refuses(() => readConfig(path), /^There is no folder .*: name the folder of a run$/)
  fs.mkdirSync(path)
  refuses(() => readConfig(path), /holds no run: it has no config\.json$/)
  for (const text of ['{', '{}', '{"rule":"x","data":"y","hyper":{},"options":{"epochs":-1}}']) {
    fs.writeFileSync(join(path, 'config.json'), text)
    refuses(() => readConfig(path), /config\.json is damaged/)
  }
  refuses(() => readCheckpoint(path), /has no checkpoint\.safetensors: put it back/)
  fs.mkdirSync(join(path, 'metrics.jsonl'))
  refuses(() => reopenRun(path), /metrics\.jsonl could not be opened: there is a folder of that name/)
  fs.writeFileSync(join(path, 'checkpoint.safetensors'), 'x')
  refuses(() => readCheckpoint(path), /checkpoint\.safetensors is no checkpoint of onward: it has 1 bytes/)
  refuses(() => readConfig(join(path, 'config.json')), /config\.json is a file: name the folder of a run$/)
  refuses(() => createRun(join(path, 'config.json', 'run'), config), /could not be made: a part of that path is a file/)
  // Nothing can be made there, and the system answers that what is to hold it is missing.
  if (process.platform === 'linux')
    refuses(() => createRun('/proc/onward/run', config), /\/proc\/onward could not be made/)
})

test('a run without a checkpoint can be taken back; one with a checkpoint stays', async () => {
  const path = fresh()
  const early = createRun(path, config)
  early.record({ event: 'stopped', reason: 'aborted', step: 0, message: 'stopped' })
  early.close()
  early.discard()
  assert.ok(!fs.existsSync(path))
  const later = createRun(path, config)
  await later.saveCheckpoint(Uint8Array.of(1))
  later.close()
  later.discard()
  assert.ok(fs.existsSync(join(path, 'checkpoint.safetensors')))
  assert.deepEqual(readConfig(path), config)
})
