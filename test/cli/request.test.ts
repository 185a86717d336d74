import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readRequest } from '../../src/cli/train/request.js'
import { readConfig as readRunConfig, train } from '../../src/node.js'
import { vaeLayer } from '../../src/rules/vae-layer/vae-layer.js'
import { workFolder } from './onward.js'

const folder = workFolder()
const config = (content: unknown): string => {
  const path = join(folder, 'config.json')
  writeFileSync(path, typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content))
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

test('a configuration is read as the editors and shells of Windows save it', async () => {
  const text = '\ufeff{\r\n  "rule": "backprop", "data": "glyphs", "out": "größe" }\r\n'
  const bigEndian = Buffer.from(text, 'utf16le').swap16()
  for (const bytes of [Buffer.from(text), Buffer.from(text, 'utf16le'), bigEndian]) {
    const { rule, data, out } = await readRequest(undefined, { config: config(bytes) })
    assert.deepEqual([rule.id, data, out], ['backprop', 'glyphs', 'größe'])
  }
})

test('the configuration that a run keeps is one to start from', async () => {
  const path = config({ rule: 'backprop', data: 'glyphs', hyper: { units: [5] }, options: { epochs: 2, batch: 10 } })
  const { settings, hyper, options } = await readRequest(undefined, { config: path, batch: '20' })
  assert.deepEqual(settings, { hyper: { units: [5] }, options: { epochs: 2, batch: 10 } })
  assert.deepEqual([hyper, options], [{}, { batch: 20 }])
})

test('a configuration takes the names of flags, and text where a flag would take it', async () => {
  const path = config({
    ...{ rule: 'vae-layer', data: 'glyphs', 'data-dir': 'here', 'checkpoint-every': 7 },
    ...{ 'augment-shift': 2, augment: { flip: true }, epochs: '3', set: { units: '5,6' } },
  })
  const { dataDir, hyper, options } = await readRequest(undefined, { config: path })
  assert.equal(dataDir, 'here')
  assert.deepEqual(options, { checkpointEvery: 7, augment: { shift: 2, flip: true }, epochs: 3 })
  assert.deepEqual(hyper, { units: [5, 6] })
})

test('what the command line checks is what the start of a run tells: a preset keeps what one flag of a group leaves', async () => {
  const flags = { data: 'glyphs', preset: 'cifar-10', augmentShift: '1', limit: '60', batch: '10', epochs: '1' }
  const { data, ...request } = await readRequest('vae-layer', flags)
  const out = join(folder, 'run')
  for await (const event of train({ ...request, data, out })) {
    if (event.event !== 'start') continue
    assert.deepEqual([event.epochs, event.batch, event.preset], [1, 10, 'cifar-10'])
    const { augment, limit } = readRunConfig(out).options
    assert.deepEqual(
      [augment, limit],
      [
        {
          ...vaeLayer.presets['cifar-10']!.train!.augment!,
          alternate: false,
          cutout: 0,
          padding: 'zero',
          rotation: 0,
          shift: 1,
        },
        60,
      ],
    )
    break
  }
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
