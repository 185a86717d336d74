import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { fateOf, thisProcess } from '../src/holder.node.js'
import { awaitFolder, lockFolder, seemsHeld, withLock } from '../src/lock.node.js'

const fresh = (): string => fs.mkdtempSync(join(tmpdir(), 'onward-lock-'))
const linux = { skip: process.platform === 'linux' ? false : 'process starts are read on Linux' }

/** A lock as somebody left it, in a folder of its own. */
function left(text: string): { folder: string; lock: string } {
  const folder = fresh()
  const lock = join(folder, 'lock')
  fs.writeFileSync(lock, text)
  return { folder, lock }
}

const json = (given: object): string => JSON.stringify({ key: 'another', beat: '000000000000', ...given })

/** Of nobody that can be seen from here, or of nobody at all. */
const UNSEEN = [
  json({ process: 17, machine: 'gone' }),
  json({ process: process.pid, machine: hostname() }),
  json({ ...thisProcess(), place: 'another boot' }),
  ...['', '{"process":', '{}', 'null'],
]

test('a lock whose holder nobody can see is held while it beats, and is taken over when it does not', {
  timeout: 10_000,
}, async () => {
  for (const text of UNSEEN) {
    const { folder, lock } = left(text)
    assert.throws(() => lockFolder(folder), { name: 'UserError', message: / is in use by .*delete .*lock if no run/ })
    const said: string[] = []
    await awaitFolder(folder, { patience: 60, onWait: (message) => said.push(message) })
    assert.match(
      said.join(),
      /is locked by (another )?process.*unless it shows a sign of life, its lock is taken over in 1 s\.$/,
    )
    lockFolder(folder).release()
    assert.deepEqual(fs.readdirSync(folder), [], text)

    fs.writeFileSync(lock, text)
    const beating = setTimeout(() => fs.writeFileSync(lock, `${text} `), 20)
    await awaitFolder(folder, { patience: 6000 })
    clearTimeout(beating)
    assert.throws(() => lockFolder(folder), /is in use by/)
  }
})

test('at a glance a lock whose holder nobody can see is held while it was written a short time ago, and no longer', () => {
  const past = (seconds: number): Date => new Date(Date.now() - 1000 * seconds)
  for (const text of UNSEEN) {
    const { folder, lock } = left(text)
    fs.utimesSync(lock, past(20), past(20))
    assert.equal(seemsHeld(folder), true, text)
    fs.utimesSync(lock, past(40), past(40))
    assert.equal(seemsHeld(folder), false, text)
    // Nothing is taken on its word.
    assert.throws(() => lockFolder(folder), /is in use by/)
  }
  assert.equal(seemsHeld(fresh()), false)
})

test('of a process that can be seen, a glance does not ask when its lock was written', linux, () => {
  const { folder, lock } = left(json(thisProcess()))
  fs.utimesSync(lock, new Date(0), new Date(0))
  assert.equal(seemsHeld(folder), true)
  fs.writeFileSync(lock, json({ ...thisProcess(), started: '1' }))
  assert.equal(seemsHeld(folder), false)
})

test('an abort ends the waiting for a beat and leaves the lock', async () => {
  const { folder, lock } = left(UNSEEN[0]!)
  const signal = AbortSignal.abort(new Error('enough'))
  await assert.rejects(awaitFolder(folder, { patience: 60_000, signal }), /enough/)
  assert.ok(fs.existsSync(lock))
})

test('of a process that can be seen, neither a beat nor patience is asked: dead or alive', async () => {
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  await once(other, 'spawn')
  const holder = { ...thisProcess(), process: other.pid!, started: startOf(other.pid!) }
  const { folder } = left(json(holder))
  if (holder.started !== undefined) {
    await awaitFolder(folder, { patience: 10 })
    assert.throws(() => lockFolder(folder), new RegExp(`is in use by process ${other.pid}: `))
  }
  other.kill()
  await once(other, 'exit')
  lockFolder(folder).release()
  assert.deepEqual(fs.readdirSync(folder), [])
})

/** The 22nd field, counted here on its own. */
const startOf = (pid: number): string | undefined =>
  process.platform === 'linux' ? fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[21] : undefined

test('a process number that lives again is not the process that held the lock', linux, () => {
  assert.equal(thisProcess().started, startOf(process.pid))
  assert.equal(fateOf(thisProcess()), 'alive')
  assert.equal(fateOf({ ...thisProcess(), started: '1' }), 'dead')
  assert.equal(fateOf({ ...thisProcess(), place: 'the same number in another container' }), 'unknown')
  lockFolder(left(json({ ...thisProcess(), started: '1' })).folder).release()
})

test('who holds a lock beats in it, and whoever lost it finds so and leaves the new one alone', (context: TestContext) => {
  context.mock.timers.enable({ apis: ['setInterval', 'Date'] })
  const folder = fresh()
  const path = join(folder, 'lock')
  const lock = lockFolder(folder)
  const first = fs.readFileSync(path, 'utf8')
  context.mock.timers.tick(5000)
  const second = fs.readFileSync(path, 'utf8')
  assert.notEqual(first, second)
  assert.equal(first.length, second.length)
  lock.check()
  lock.checkOften()

  const theirs = UNSEEN[0]!
  fs.rmSync(path)
  fs.writeFileSync(path, theirs)
  context.mock.timers.tick(1000)
  lock.checkOften()
  assert.throws(() => lock.check(), /was deleted or taken over while its run went on: nothing more is written there$/)
  context.mock.timers.tick(5000)
  assert.throws(() => lock.checkOften(), /was deleted or taken over/)
  lock.release()
  assert.equal(fs.readFileSync(path, 'utf8'), theirs)
})

test('a clock that goes back does not put off the look at the lock', (context: TestContext) => {
  context.mock.timers.enable({ apis: ['Date'], now: 1_000_000 })
  const folder = fresh()
  const lock = lockFolder(folder)
  fs.rmSync(join(folder, 'lock'))
  context.mock.timers.setTime(0)
  assert.throws(() => lock.checkOften(), /was deleted or taken over/)
  lock.release()
})

test('of many processes that find one dead lock, one alone holds it at any time', async () => {
  const { folder, lock } = left(json({ ...thisProcess(), started: undefined, process: 2 ** 22 + 1 }))
  const trace = join(folder, 'trace')
  const module = fileURLToPath(new URL('../src/lock.node.js', import.meta.url))
  const code = `
    import fs from 'node:fs'
    import { setTimeout as wait } from 'node:timers/promises'
    import { withLock } from ${JSON.stringify(module)}
    for (let i = 0; i < 5; i++)
      await withLock(${JSON.stringify(lock)}, async () => {
        fs.appendFileSync(${JSON.stringify(trace)}, '(')
        await wait(2)
        fs.appendFileSync(${JSON.stringify(trace)}, ')')
      })`
  const codes = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' })
      return (await once(child, 'exit'))[0]
    }),
  )
  assert.deepEqual(codes, [0, 0, 0, 0])
  assert.equal(fs.readFileSync(trace, 'utf8'), '()'.repeat(20))
  assert.deepEqual(fs.readdirSync(folder), ['trace'])
})

test('what is done under a lock that nobody can see waits for its beat, and then goes on', async () => {
  const { lock } = left(UNSEEN[0]!)
  const started = withLock(lock, async () => 'done', { patience: 60 })
  await wait(10)
  assert.ok(fs.existsSync(lock))
  assert.equal(await started, 'done')
  assert.ok(!fs.existsSync(lock))
})
