import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readRequest } from '../../src/cli/train/request.js'
import { workFolder } from './onward.js'

const folder = workFolder()
const config = (content: unknown): string => {
  const path = join(folder, 'config.json')
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

test('flags go over the configuration, key by key in groups too', async () => {
  const path = config({
    rule: 'backprop',
    data: 'mnist',
    epochs: 3,
    seed: 7,
    augment: { shift: 1 },
    set: { units: [5], rate: 0.5 },
  })
  const flags = { config: path, data: 'glyphs', epochs: '9', augmentFlip: true, set: ['rate=0.1', 'rate=0.2'] }
  const { rule, data, hyper, options } = await readRequest(undefined, flags)
  assert.deepEqual([rule.id, data], ['backprop', 'glyphs'])
  assert.deepEqual(hyper, { units: [5], rate: 0.2 })
  assert.deepEqual(options, { epochs: 9, seed: 7, augment: { shift: 1, flip: true } })
  assert.equal((await readRequest('forward-forward', { ...flags, set: [] })).rule.id, 'forward-forward')
})

test('the configuration that a run keeps is one to start from', async () => {
  const path = config({ rule: 'backprop', data: 'glyphs', hyper: { units: [5] }, options: { epochs: 2, batch: 10 } })
  const { settings, hyper, options } = await readRequest(undefined, { config: path, batch: '20' })
  assert.deepEqual(settings, { hyper: { units: [5] }, options: { epochs: 2, batch: 10 } })
  assert.deepEqual([hyper, options], [{}, { batch: 20 }])
})

test('a configuration that is wrong is refused with its name and what is wrong', async () => {
  const fails = (content: unknown, message: RegExp) =>
    assert.rejects(() => readRequest('backprop', { config: config(content), data: 'glyphs' }), { message })
  await fails('{', /config\.json is not JSON/)
  await fails([1], /config\.json must be an object such as/)
  await fails({ epoch: 3 }, /There is no setting of a run .* "epoch"\. Did you mean "epochs"\?/)
  await fails({ data: 'glyphs', preset: 3 }, /"preset" in .* must be text, not 3\./)
  await fails({ epochs: 0 }, /the option epochs of training takes a whole number at least 1, not 0\./)
  await fails({ set: ['units=3'] }, /"set" in .* must be an object of options of backprop/)
  await fails({ set: { unit: 3 } }, /There is no option of backprop "unit"\. Did you mean "units"\?/)
})
