import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findKept, keeping } from '../../lab/src/kept.js'
import { FIRST } from '../../lab/src/state/experiment.js'

test('a training that is kept is found, although one that is too old is open in another tab', async () => {
  const { keep } = keeping(FIRST, () => undefined)
  const file = (text: string) => new TextEncoder().encode(text)
  const names = [keep!, ...Array.from({ length: 9 }, (_, i) => `lab: ${i}`)]
  const asked: string[] = []
  const store = {
    list: async () => names.map((name) => ({ name, rule: '', data: '', bytes: 0, time: 0 })),
    read: async () => ({
      'config.json': file('{"options":{"schedule":"joint","epochs":4}}'),
      'metrics.jsonl': file('{"event":"start","batchesPerEpoch":5}\n{"event":"epoch","step":15,"epoch":3}\n'),
    }),
    async remove(name: string): Promise<void> {
      asked.push(name)
      throw new Error('is open in another page or tab')
    },
  }
  assert.deepEqual(await findKept(FIRST, store), { name: keep, epoch: 3 })
  assert.deepEqual(asked, ['lab: 7', 'lab: 8'])
})
