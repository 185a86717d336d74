import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { interruptible } from '../../src/cli/train/interrupt.js'

/** Sends Ctrl-C at the given milliseconds and gives the exit codes of ends at once, and the notices. */
async function press(context: TestContext, ...times: readonly number[]) {
  let clock = 0
  context.mock.method(performance, 'now', () => clock)
  const exit = context.mock.method(process, 'exit', () => undefined as never)
  let notices = 0
  const aborted = await interruptible(
    async (signal) => {
      for (const time of times) {
        clock = time
        process.emit('SIGINT')
      }
      return signal.aborted
    },
    () => notices++,
  )
  return { aborted, notices, exits: exit.mock.calls.map(({ arguments: [code] }) => code) }
}

test('work that nobody interrupts runs to its end, and no listener stays behind', async (context) => {
  const before = process.listenerCount('SIGINT')
  assert.deepEqual(await press(context), { aborted: false, notices: 0, exits: [] })
  assert.equal(process.listenerCount('SIGINT'), before)
})

test('one Ctrl-C aborts; the same key, told again by npm, does nothing more', async (context) => {
  assert.deepEqual(await press(context, 1000, 1005), { aborted: true, notices: 1, exits: [] })
})

test('the same key that is told again after the work has ended is heard, too', async (context) => {
  const exit = context.mock.method(process, 'exit', () => undefined as never)
  const before = process.listenerCount('SIGINT')
  let ended = false
  const work = interruptible(
    async () => {
      process.emit('SIGINT')
      ended = true
    },
    () => undefined,
  )
  await new Promise((later) => setTimeout(later, 20))
  assert.deepEqual([ended, process.listenerCount('SIGINT')], [true, before + 1])
  process.emit('SIGINT')
  await work
  assert.deepEqual([exit.mock.callCount(), process.listenerCount('SIGINT')], [0, before])
})

test('another Ctrl-C ends the process at once with 130', async (context) => {
  assert.deepEqual(await press(context, 1000, 2000), { aborted: true, notices: 1, exits: [130] })
})

test('every signal that ends a process while it could still save aborts, once', async (context) => {
  const exit = context.mock.method(process, 'exit', () => undefined as never)
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGBREAK', 'SIGUSR2', 'SIGXCPU', 'SIGPWR'] as const) {
    const before = process.listenerCount(name)
    let notices = 0
    const aborted = await interruptible(
      async (signal) => {
        process.emit(name)
        process.emit(name)
        return signal.aborted
      },
      () => notices++,
    )
    assert.deepEqual([aborted, notices, process.listenerCount(name)], [true, 1, before], name)
  }
  assert.equal(exit.mock.callCount(), 0)
})
