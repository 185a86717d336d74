import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { epochsInWords } from '../../src/kept/epochs.js'
import { readKeptRun } from '../../src/kept/run.node.js'
import type { EpochEvent, RoundEvent, StartEvent } from '../../src/train/events.js'
import { DONE, EPOCH, START } from '../cli/fake-run.js'
import { fakeRun, workFolder } from './folders.js'

const epochs = (count: number, learns?: string): EpochEvent[] =>
  Array.from({ length: count }, (_, i) => ({ ...EPOCH, epoch: i + 1, ...(learns !== undefined && { learns }) }))

test('epochs are those that were trained, not those that were asked for', () => {
  assert.equal(epochsInWords([START, ...epochs(8), DONE], 8), '8')
  assert.equal(epochsInWords([START, ...epochs(6), DONE], 40), '6 of at most 40')
  assert.equal(epochsInWords([START], 40), '0 of at most 40')
  assert.equal(epochsInWords([], 40), 'at most 40')
  // An early end, and then a longer training that goes on after the last epoch of the first one.
  const on = [41, 42].map((epoch) => ({ ...EPOCH, epoch }))
  assert.equal(epochsInWords([START, ...epochs(6), DONE, START, ...on, DONE], 42), '8 of at most 42')
})

test('in a greedy training each block has its own', () => {
  const [first, second, third] = [epochs(6, 'layer 0'), epochs(40, 'layer 1'), epochs(40, 'layer 2')]
  const all = epochsInWords([START, ...first, ...second, ...third, DONE], 40)
  assert.equal(all, '6 of at most 40 (layer 0), 40 (layer 1 and layer 2)')
})

test('clients train in rounds', () => {
  const federation = { rounds: 10 } as NonNullable<StartEvent['federation']>
  const round = { event: 'round', turn: 4, turns: 10 } as RoundEvent
  assert.equal(epochsInWords([{ ...START, federation }, round], 10), '4 of at most 10 rounds of the clients')
})

test('what is trained again after a crash counts once', async () => {
  const again = { ...START, resumedAt: 90 }
  const second = { ...EPOCH, step: 180, epoch: 2 }
  const path = await fakeRun(join(workFolder(), 'run'), { options: { epochs: 5 } }, [
    START,
    EPOCH,
    second,
    again,
    second,
  ])
  assert.equal(readKeptRun(path).epochs, '2 of at most 5')
})
