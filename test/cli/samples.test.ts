import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { before, test } from 'node:test'
import { keepStays, storeOf } from '../../src/distributed/federated/store.node.js'
import { onward, workFolder } from './onward.js'

const folder = workFolder()

before(async () => {
  const small = ['--data', 'glyphs', '--limit', '100', '--epochs', '1', '--threads', '1', '--set', 'units=8']
  const { code, stderr } = await onward(folder, 'train', 'backprop', ...small, '--out', 'run')
  assert.equal(code, 0, stderr)
})

test('what stayed with the clients of a federation is told, for people and for machines', async () => {
  const ended = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await onward(folder, 'samples', 'run', ...args)
    assert.equal(code, 0, stderr)
    return { stdout, stderr }
  }
  const together = await ended('--json')
  assert.deepEqual([together.stderr, JSON.parse(together.stdout).stays], ['', undefined])
  const store = storeOf(join(folder, 'run'))
  mkdirSync(store)
  for (const [stays, told] of [
    [['a', 'b'], '2 tensors stayed with the clients of run (a and others)'],
    [['a'], '1 tensor stayed with the clients of run (a)'],
  ] as const) {
    keepStays(store, stays)
    assert.deepEqual(JSON.parse((await ended('--json')).stdout).stays, stays)
    const { stderr } = await ended()
    assert.ok(stderr.startsWith(`onward: ${told}: what is drawn by them is as before the training.`), stderr)
  }
})
