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

test('flags go over the configuration, key by key in groups too', () => {
  const path = config({
    rule: 'backprop',
    data: 'mnist',
    epochs: 3,
    seed: 7,
    augment: { shift: 1 },
    set: { units: [5], rate: 0.5 },
  })
  const flags = { config: path, data: 'glyphs', epochs: '9', augmentFlip: true, set: ['rate=0.1', 'rate=0.2'] }
  const { rule, data, hyper, options } = readRequest(undefined, flags)
  assert.deepEqual([rule.id, data], ['backprop', 'glyphs'])
  assert.deepEqual(hyper, { units: [5], rate: 0.2 })
  assert.deepEqual(options, { epochs: 9, seed: 7, augment: { shift: 1, flip: true } })
  assert.equal(readRequest('forward-forward', { ...flags, set: [] }).rule.id, 'forward-forward')
})

test('the configuration that a run keeps is one to start from', () => {
  const path = config({ rule: 'backprop', data: 'glyphs', hyper: { units: [5] }, options: { epochs: 2, batch: 10 } })
  const { hyper, options } = readRequest(undefined, { config: path, batch: '20' })
  assert.deepEqual([hyper, options], [{ units: [5] }, { epochs: 2, batch: 20 }])
})

test('a configuration that is wrong is refused with its name and what is wrong', () => {
  const fails = (content: unknown, message: RegExp) =>
    assert.throws(() => readRequest('backprop', { config: config(content), data: 'glyphs' }), { message })
  fails('{', /config\.json is not JSON/)
  fails([1], /config\.json must be an object such as/)
  fails({ epoch: 3 }, /There is no setting of a run .* "epoch"\. Did you mean "epochs"\?/)
  fails({ data: 'glyphs', preset: 3 }, /"preset" in .* must be text, not 3\./)
  fails({ epochs: 0 }, /--epochs takes a whole number at least 1, not 0\./)
  fails({ set: ['units=3'] }, /"set" in .* must be an object of options of backprop/)
  fails({ set: { unit: 3 } }, /There is no option of backprop "unit"\. Did you mean "units"\?/)
})
