import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import ort from 'onnxruntime-node'
import { readCheckpoint } from '../../src/train/run-folder.node.js'
import { decodeSafetensors } from '../../src/train/safetensors.js'
import { onward, workFolder } from '../cli/onward.js'

const folder = workFolder()
const run = async (...args: readonly string[]) => {
  const ended = await onward(folder, ...args)
  assert.equal(ended.code, 0, ended.stderr)
  return ended
}
const made = (async () => {
  const small = ['--data', 'glyphs', '--limit', '300', '--threads', '1', '--epochs', '1']
  await run('train', 'forward-forward', ...small, '--set', 'units=20,10', '--out', 'ff')
  await run('train', 'nice', ...small, '--preset', 'quick', '--set', 'units=8', '--out', 'nice')
})()

/** The file as the format's own description has it: a length, a table as JSON, the numbers. */
function tensorsIn(file: Uint8Array) {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const length = Number(view.getBigUint64(0, true))
  const { __metadata__: metadata, ...table } = JSON.parse(new TextDecoder().decode(file.subarray(8, 8 + length)))
  const tensors = Object.entries(table as Record<string, { shape: number[]; data_offsets: [number, number] }>).map(
    ([
      name,
      {
        shape,
        data_offsets: [from, to],
      },
    ]) => [name, { shape, data: Buffer.from(file.subarray(8 + length + from, 8 + length + to)) }] as const,
  )
  return { metadata, tensors: new Map(tensors) }
}

test('weights are those of the checkpoint, bit for bit, without the optimiser', async () => {
  await made
  const told = JSON.parse((await run('export', 'ff', '--format', 'safetensors', '--json')).stdout)
  assert.equal(told.file, join('ff', 'model.safetensors'))
  const { metadata, tensors } = tensorsIn(readFileSync(join(folder, told.file)))
  assert.deepEqual([metadata.rule, metadata.data, JSON.parse(metadata.names).length], ['forward-forward', 'glyphs', 10])
  assert.equal(tensors.size, told.tensors)
  const { state } = readCheckpoint(join(folder, 'ff')).checkpoint
  const wanted = state.filter(({ name }) => !name.includes('optimizer'))
  assert.deepEqual([...tensors.keys()].sort(), wanted.map(({ name }) => name).sort())
  for (const { name, shape, data } of wanted) {
    assert.deepEqual(tensors.get(name)!.shape, shape)
    assert.deepEqual(tensors.get(name)!.data, Buffer.from(data.buffer, data.byteOffset, data.byteLength))
  }
})

test('a folder for a hub has a card that tells what is known, settings, weights, and a network that runs', async () => {
  await made
  const { stdout } = await run('export', 'ff', '--format', 'huggingface', '--out', 'hub')
  assert.match(stdout, /add a licence/)
  assert.deepEqual(readdirSync(join(folder, 'hub')).sort(), [
    'README.md',
    'config.json',
    'model.onnx',
    'model.safetensors',
  ])
  const config = JSON.parse(readFileSync(join(folder, 'hub', 'config.json'), 'utf8'))
  assert.deepEqual(
    [config.rule, config.hyper.units, config.id2label['3'], config.label2id['3']],
    ['forward-forward', [20, 10], '3', 3],
  )
  assert.ok(decodeSafetensors(readFileSync(join(folder, 'hub', 'model.safetensors'))).tensors.length > 3)

  const card = readFileSync(join(folder, 'hub', 'README.md'), 'utf8')
  const [, front] = card.split('---\n')
  assert.match(
    front!,
    /^library_name: onward\npipeline_tag: image-classification\ntags:\n- onward\n- forward-forward\n- local-learning\ndatasets:\n- "glyphs"\nmodel-index:\n/,
  )
  const { test: tested } = JSON.parse((await run('evaluate', 'ff', '--json')).stdout)
  assert.match(front!, new RegExp(`metrics: \\[\\{type: "accuracy", value: ${tested.network.accuracy}\\}\\]`))
  for (const part of [
    'Hinton (2022)',
    'arXiv:2212.13345',
    'Local: no gradient passes',
    '| network | accuracy |',
    '- `model.onnx`: ',
    '- Epochs: 1\n- Seed 0, batches of',
    'What this card does not know',
  ])
    assert.ok(card.includes(part), part)

  // As the card says.
  const session = await ort.InferenceSession.create(readFileSync(join(folder, 'hub', 'model.onnx')))
  const { scores } = await session.run({ x: new ort.Tensor('float32', new Float32Array(784), [1, 1, 28, 28]) })
  assert.deepEqual(scores!.dims, [1, 10])
  await session.release()
  await run('export', 'ff', '--format', 'huggingface', '--out', 'hub')
})

test('a card tells the order of the inputs of a table, and the command as it is to be typed', async () => {
  const rows = Array.from(
    { length: 40 },
    (_, i) => `${i % 7},${i % 3 ? 'red' : 'blue'},${i % 2 ? 'yes' : 'no'},${i % 5}.5`,
  )
  writeFileSync(join(folder, 'my table.csv'), ['size,colour,label,weight', ...rows].join('\n'))
  await run('train', 'backprop', '--data', 'my table.csv', '--epochs', '1', '--threads', '1', '--out', 'table')
  const environment = join(folder, 'table', 'environment.json')
  const card = async (command: readonly string[]): Promise<string> => {
    writeFileSync(environment, JSON.stringify({ command }))
    await run('export', 'table', '--format', 'huggingface')
    return readFileSync(join(folder, 'table', 'huggingface', 'README.md'), 'utf8')
  }
  const typed = await card(['main.js', 'train', 'backprop', '--data', 'my table.csv'])
  assert.match(typed, /\nonward train backprop --data 'my table\.csv'\n/)
  assert.match(typed, /real numbers in their own units, in the order that `inputs` in `config.json` has/)
  assert.match(await card(['mine.mjs', 'train', 'quick']), /\nnode mine\.mjs train quick\n/)
  const config = JSON.parse(readFileSync(join(folder, 'table', 'huggingface', 'config.json'), 'utf8'))
  assert.deepEqual(config.inputs, ['size', 'colour = blue', 'colour = red', 'weight'])
})

test('a rule that only generates has weights and a card, and no network that says anything', async () => {
  await made
  await run('export', 'nice', '--format', 'huggingface')
  const own = join(folder, 'nice', 'huggingface')
  assert.deepEqual(readdirSync(own).sort(), ['README.md', 'config.json', 'model.safetensors'])
  assert.match(readFileSync(join(own, 'README.md'), 'utf8'), /It only generates/)
})

test('a folder with other files in it stays as it is', async () => {
  await made
  mkdirSync(join(folder, 'mine'))
  writeFileSync(join(folder, 'mine', 'notes.txt'), 'mine')
  const refused = await onward(folder, 'export', 'ff', '--format', 'huggingface', '--out', 'mine')
  assert.deepEqual(
    [refused.code, refused.stderr],
    [1, 'onward: mine holds notes.txt already: choose a folder of its own (--out)\n'],
  )
  const run = await onward(folder, 'export', 'ff', '--format', 'huggingface', '--out', 'ff')
  assert.equal(run.code, 1)
  assert.deepEqual(readdirSync(join(folder, 'mine')), ['notes.txt'])
  assert.equal(existsSync(join(folder, 'ff', 'README.md')), false)
  const unknown = await onward(folder, 'export', 'ff', '--format', 'torch')
  assert.equal(unknown.code, 2)
})

test('a card that somebody wrote or changed is not overwritten, and nothing else is written either', async () => {
  await made
  await run('export', 'ff', '--format', 'huggingface', '--out', 'told')
  const [card, config] = [join(folder, 'told', 'README.md'), join(folder, 'told', 'config.json')]
  const written = readFileSync(card, 'utf8')
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex')
  const settings = JSON.parse(readFileSync(config, 'utf8'))
  assert.equal(settings.card_sha256, hash(written))
  // As Onward wrote it, of another run or by another version: it is written anew.
  const older = 'a card of an older version'
  writeFileSync(card, older)
  writeFileSync(config, JSON.stringify({ ...settings, card_sha256: hash(older) }))
  await run('export', 'ff', '--format', 'huggingface', '--out', 'told')
  assert.equal(readFileSync(card, 'utf8'), written)
  // Stopped between the card and its hash: the same run goes over it.
  writeFileSync(config, '{}')
  await run('export', 'ff', '--format', 'huggingface', '--out', 'told')

  const licensed = `${written}\nLicence: MIT\n`
  writeFileSync(card, licensed)
  const before = readFileSync(config)
  rmSync(join(folder, 'told', 'model.onnx'))
  const refused = await onward(folder, 'export', 'ff', '--format', 'huggingface', '--out', 'told')
  assert.equal(refused.code, 1)
  assert.match(
    refused.stderr.replaceAll('\n', ' '),
    /told.README\.md is not as Onward wrote it, and would be overwritten: choose another folder \(--out\), or delete/,
  )
  assert.deepEqual([readFileSync(card, 'utf8'), readFileSync(config)], [licensed, before])
  assert.equal(existsSync(join(folder, 'told', 'model.onnx')), false)

  mkdirSync(join(folder, 'project'))
  writeFileSync(join(folder, 'project', 'README.md'), 'my project')
  const other = await onward(folder, 'export', 'nice', '--format', 'huggingface', '--out', 'project')
  assert.equal(other.code, 1)
  assert.deepEqual(readdirSync(join(folder, 'project')), ['README.md'])
  rmSync(card)
  await run('export', 'ff', '--format', 'huggingface', '--out', 'told')
})
