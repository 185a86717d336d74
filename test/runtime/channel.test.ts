import assert from 'node:assert/strict'
import test from 'node:test'
import { UserError } from '../../src/errors.js'
import { channel } from '../../src/runtime/channel.js'

test('once the other side is gone, calls fail at once, and what is closed is closed', async () => {
  const posted: string[] = []
  const busy: boolean[] = []
  const own = channel(
    ({ method }) => posted.push(method),
    (state) => busy.push(state),
  )
  const waits = own.engine.read(0)
  own.fail('the compute worker ended')
  const gone = (error: Error): boolean => error instanceof UserError && /worker ended/.test(error.message)
  await assert.rejects(waits, gone)
  await assert.rejects(own.engine.run(0, 1, { x: new Float32Array(2) }), gone)
  await own.engine.close(0)
  own.receive({ call: 0, result: {} }) // an answer that comes too late
  assert.deepEqual(posted, ['read'])
  assert.equal(busy.at(-1), false)
})

test('whether a session is kept is told to the other side', () => {
  const posted: unknown[] = []
  const own = channel(
    ({ method, args }) => posted.push([method, ...args]),
    () => {},
  )
  own.engine.close(3, false)
  assert.deepEqual(posted, [['close', 3, false]])
})
