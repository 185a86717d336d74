import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silenceTold, silenceWith } from '../../src/distributed/server/silence.node.js'

test('of a silent server it is said how much room its disk has, where that is little', () => {
  assert.match(silenceWith(3 * 2 ** 20, 'a.log'), /its disk has 3 MiB left: free some space, .* go on with --resume/)
  for (const left of [2 ** 30, undefined]) assert.match(silenceWith(left, 'a.log'), /does not answer; .* a\.log/)
})

test('each silence is told once, and its end; a disk that cannot be asked ends nothing', () => {
  const told: string[] = []
  const tell = silenceTold({ log: () => 'no folder/a.log' }, (message) => void told.push(message))
  for (const isSilent of [false, true, true, false, false, true]) tell(isSilent)
  assert.deepEqual(
    told.map((message) => message.slice(0, 26)),
    ['the server does not answer', 'the server answers again', 'the server does not answer'],
  )
})
