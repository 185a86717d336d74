// One's own data from the command line: each format trains, goes on, is evaluated, drawn from, exported and predicted.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { makeDataSet } from '../../src/data/index.js'
import { loadData, train } from '../../src/node.js'
import { cifarOf, idxImages, idxLabels, idxOf, npyOf, zipOf } from '../data/files.js'
import { type Ended, events, onward, workFolder } from './onward.js'

const folder = workFolder()

function put(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
  return path
}

const glyphs = makeDataSet('glyphs').train
const pixels = (count: number): number[] => [...glyphs.inputs.subarray(0, 784 * count)]
const classes = (count: number): number[] => [...glyphs.targets!.subarray(0, count)]

/** Few units and one thread: what is learned is not asked here. */
const short = (rule: string, data: string, out: string, ...more: readonly string[]): string[] => [
  ...['train', rule, '--data', data, '--out', out, '--set', 'units=20', '--epochs', '1', '--batch', '20'],
  ...['--validation', '20', '--threads', '1', ...more],
]

const ok = (ended: Ended): Ended => {
  assert.equal(ended.code, 0, ended.stderr)
  return ended
}
const json = (ended: Ended) => JSON.parse(ok(ended).stdout)

/** All that a run is used for; gives what `train --json` told first, and what was predicted. */
async function whole(data: string, run: string, predicted: string, ...more: readonly string[]) {
  const told = events(ok(await onward(folder, ...short('backprop', data, run, ...more, '--json'))))
  const resumed = events(ok(await onward(folder, 'train', '--resume', run, '--epochs', '2', '--json'))).at(-1)
  const evaluated = json(await onward(folder, 'evaluate', run, '--json'))
  assert.deepEqual(evaluated.test, resumed.test)
  assert.match(ok(await onward(folder, 'export', run)).stdout, /checked by running it alone on 20 test samples/)
  const rows = json(await onward(folder, 'predict', run, predicted, '--json'))
  const lines = ok(await onward(folder, 'predict', run, predicted))
    .stdout.trimEnd()
    .split('\n')
  assert.equal(lines.length, rows.length + 1)
  return { start: told[0], rows, lines, evaluated }
}

test('IDX: what was found is told, kept, and found again for all that a run is used for', async () => {
  const images = put('digits/train-images-idx3-ubyte.gz', gzipSync(idxImages(pixels(200), 28, 28)))
  put('digits/train-labels-idx1-ubyte.gz', gzipSync(idxLabels(classes(200))))
  const { start, rows, lines } = await whole('digits', 'idx', images)
  const { found } = start
  assert.deepEqual([found.name, found.what, found.counts], ['digits', 'IDX', { train: 160, test: 40 }])
  assert.deepEqual(
    [found.input, found.target],
    [
      { shape: [1, 28, 28], levels: 256 },
      { kind: 'class', count: 10 },
    ],
  )
  const counted = found.names.map((_: string, i: number) => classes(200).filter((own) => own === i).length)
  assert.deepEqual(found.perName, counted)
  const config = JSON.parse(readFileSync(join(folder, 'idx', 'config.json'), 'utf8'))
  assert.deepEqual([config.own.path, config.fingerprint], [join(folder, 'digits'), found.fingerprint])
  assert.equal(rows.length, 200)
  assert.equal(lines[1]!.split(',')[0], rows[0].className)
  assert.match(ok(await onward(folder, 'samples', 'idx')).stdout, /filters\.png/)

  const described = ok(await onward(folder, 'data', 'digits')).stdout
  for (const part of [
    /^digits: IDX\n/,
    /1x28x28 \(channels, height, width\), 256 levels/,
    /160 to train and 40 to test: 20 %/,
  ])
    assert.match(described, part)
  assert.ok(described.includes(`0 (${counted[0]})`) && described.includes(found.fingerprint))
  const { name, fingerprint } = json(await onward(folder, 'data', 'digits', '--json'))
  assert.deepEqual([name, fingerprint], ['digits', found.fingerprint])
  const printed = ok(
    await onward(folder, ...short('backprop', 'digits', 'printed', '--classes', 'a,b,c,d,e,f,g,h,i,j')),
  ).stdout
  assert.match(printed, /^digits: IDX\n {2}where +.*digits\n/)
  assert.ok(printed.includes(`a (${counted[0]})`))

  // They have moved: named where they are now, they are the same; other data are refused.
  renameSync(join(folder, 'digits'), join(folder, 'moved'))
  const gone = await onward(folder, 'evaluate', 'idx')
  assert.equal(gone.code, 2)
  assert.match(
    gone.stderr,
    /the data of the run in idx were at .*digits, and nothing is there now: name where they are \(--data PATH\)/,
  )
  assert.match(
    ok(await onward(folder, 'export', 'idx')).stdout,
    /20 random inputs \(there are no test samples\s+of digits/,
  )
  for (const command of [
    ['evaluate', 'idx'],
    ['samples', 'idx'],
    ['export', 'idx'],
    ['train', '--resume', 'idx', '--epochs', '3'],
  ])
    ok(await onward(folder, ...command, '--data', 'moved'))
  put('moved/train-labels-idx1-ubyte.gz', gzipSync(idxLabels(classes(200).toReversed())))
  for (const command of [
    ['evaluate', 'idx'],
    ['train', '--resume', 'idx', '--epochs', '4'],
    ['export', 'idx'],
  ]) {
    const { code, stderr } = await onward(folder, ...command, '--data', 'moved')
    assert.equal(code, 1)
    assert.match(stderr, /moved is not what the run in idx was trained on: as many samples, but other content/)
  }
})

test('CIFAR in binary, with its coarse classes', async () => {
  const rows = Array.from({ length: 100 }, (_, i) => [i % 20, i])
  const path = put('cifar-100-binary/train.bin', cifarOf(rows))
  const { start, rows: said } = await whole('cifar-100-binary', 'cifar', path, '--target', 'coarse')
  assert.deepEqual([start.found.options, start.found.names.length], [{ target: ['coarse'] }, 20])
  assert.equal(said.length, 100)
})

/** A safetensors file of bytes. */
function safetensorsOf(tensors: Readonly<Record<string, { shape: number[]; bytes: Uint8Array }>>): Uint8Array {
  let end = 0
  const entries = Object.entries(tensors).map(([name, { shape, bytes }]) => {
    const [from, to] = [end, end + bytes.length]
    end = to
    return [name, { dtype: 'U8', shape, data_offsets: [from, to] }]
  })
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)))
  const length = new Uint8Array(new BigUint64Array([BigInt(header.length)]).buffer)
  return Buffer.concat([length, header, ...Object.values(tensors).map(({ bytes }) => bytes)])
}

test('NPZ and safetensors: images and labels of both parts in one file', async () => {
  const [images, labels] = [Uint8Array.from(pixels(160)), Uint8Array.from(classes(160))]
  const part = (from: number, to: number) => ({
    x: { shape: [to - from, 28, 28], bytes: images.subarray(784 * from, 784 * to) },
    y: { shape: [to - from], bytes: labels.subarray(from, to) },
  })
  const [training, tested] = [part(0, 120), part(120, 160)]
  const arrays = { x_train: training.x, y_train: training.y, x_test: tested.x, y_test: tested.y }
  const members = Object.entries(arrays).map(([name, { shape, bytes }]) => [`${name}.npy`, npyOf(bytes, shape)])
  const unseen = put('unseen.npy', npyOf(tested.x.bytes, tested.x.shape))
  for (const [name, bytes] of [
    ['digits.npz', zipOf(Object.fromEntries(members))],
    ['digits.safetensors', safetensorsOf(arrays)],
  ] as const) {
    put(name, bytes)
    const { start, rows } = await whole(name, name.replace('.', '-'), unseen)
    assert.deepEqual([start.found.counts, start.found.target.count], [{ train: 120, test: 40 }, 10])
    assert.equal(rows.length, 40)
  }
})

test('several labels: two digits in an image', async () => {
  const count = 120
  const inputs = new Uint8Array(count * 28 * 56)
  const labels = new Uint8Array(count * 10)
  for (let i = 0; i < count; i++)
    for (const [side, row] of [2 * i, 2 * i + 1].entries()) {
      for (let y = 0; y < 28; y++)
        inputs.set(glyphs.inputs.subarray(row * 784 + y * 28, row * 784 + (y + 1) * 28), (i * 28 + y) * 56 + 28 * side)
      labels[i * 10 + glyphs.targets![row]!] = 1
    }
  const path = put('two/x.npy', npyOf(inputs, [count, 28, 56]))
  put('two/y.npy', npyOf(labels, [count, 10]))
  const { start, rows, lines, evaluated } = await whole(path, 'labels', path)
  assert.deepEqual([start.found.target, start.found.name], [{ kind: 'labels', count: 10 }, 'two'])
  assert.deepEqual(Object.keys(evaluated.test.network).sort(), ['exact', 'f1'])
  assert.ok(Array.isArray(rows[0].labels))
  assert.match(lines[0]!, /^labels,/)
})

test('values: their share is of all samples, and they are told in their own units', async () => {
  const inputs = Float64Array.from({ length: 400 }, (_, i) => Math.sin(i))
  const path = put('values/x.npy', npyOf(inputs, [100, 4]))
  put(
    'values/y.npy',
    npyOf(
      Float64Array.from({ length: 100 }, (_, i) => 1000.5 + 10 * inputs[4 * i]!),
      [100],
    ),
  )
  const { start, rows } = await whole('values', 'values-run', path)
  assert.deepEqual([start.found.target, start.found.names], [{ kind: 'values', count: 1 }, ['y']])
  assert.ok(rows.every(({ values }: { values: { y: number } }) => Math.abs(values.y - 1000) < 100))
})

test('without a target, a rule that needs none trains, and one that needs some says so', async () => {
  const path = put('unlabelled/images-idx3-ubyte', idxImages(pixels(120), 28, 28))
  const refused = await onward(folder, ...short('backprop', path, 'none-1'))
  assert.notEqual(refused.code, 0)
  assert.match(refused.stderr, /learns from targets, and the data set has none|no target/)
  const args = ['train', 'hopfield-vae', '--data', path, '--out', 'none-2', '--preset', 'quick', '--batch', '20']
  const limits = ['--epochs', '1', '--validation', '20', '--threads', '1', '--json']
  const told = events(ok(await onward(folder, ...args, ...limits)))
  assert.deepEqual([told[0].found.target, told.at(-1).event], [{ kind: 'none' }, 'done'])
  ok(await onward(folder, 'evaluate', 'none-2'))
  ok(await onward(folder, 'samples', 'none-2'))
})

test('flags of own data: what each takes is said, and a name or a run that has no use for it', async () => {
  const path = put('rows/x.npy', npyOf(Uint8Array.from(pixels(40)), [40, 784]))
  put('rows/y.npy', npyOf(Uint8Array.from(classes(40)), [40]))
  const { input, split } = json(await onward(folder, 'data', path, '--size', '28x28', '--test', '25%', '--json'))
  assert.deepEqual([input.shape, split.slice(0, 4)], [[1, 28, 28], '25 %'])
  const colour = json(await onward(folder, 'data', path, '--size', '28', '--colour', '--json'))
  assert.deepEqual(colour.input.shape, [3, 28, 28])
  for (const [flags, message] of [
    [['--size', 'large'], /--size takes height and width, such as 32x32, not "large"/],
    [['--test', '2'], /--test takes a share of the samples above 0 and below 1, such as 0.2, not "2"/],
    [['--task', 'clas'], /There is no task "clas"\. Did you mean "class"\?/],
    [['--classes', 'a,,b'], /--classes takes names such as cat,dog, not "a,,b"/],
    [['--grey', '--colour'], /--grey and --colour exclude each other/],
  ] as const) {
    const { code, stderr } = await onward(folder, 'train', 'backprop', '--data', path, ...flags)
    assert.deepEqual([code, message.test(stderr)], [2, true], stderr)
  }
  const named = await onward(folder, 'train', 'backprop', '--data', 'glyphs', '--size', '28x28')
  assert.deepEqual(
    [named.code, /"size" tells how to read one's own data, and glyphs is known by name/.test(named.stderr)],
    [2, true],
  )
  for (const flags of [['--download'], ['--data-dir', '/nowhere']]) {
    const { code, stdout, stderr } = await onward(folder, 'data', path, ...flags)
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, new RegExp(`${flags[0]} is for data sets that Onward knows by name, and .* is a path`))
    assert.match((await onward(folder, 'data', 'minst', ...flags)).stderr, /Did you mean "mnist"\?/)
  }
  const unknown = await onward(folder, 'train', 'backprop', '--data', '/nowhere/mnist')
  assert.match(unknown.stderr, /There is no file or folder \/nowhere\/mnist; one's own data are named by their path/)
})

test('a configuration names own data, and the settings of a run begin another on the same', async () => {
  const path = put('config/images', idxOf(Uint8Array.from(pixels(60)), [60, 784]))
  put('config/labels', idxLabels(classes(60).map((own) => own % 2)))
  const settings = { rule: 'backprop', data: path, epochs: 1, batch: 10, validation: 10, set: { units: [5] } }
  writeFileSync(
    join(folder, 'c.json'),
    JSON.stringify({ ...settings, classes: ['even', 'odd'], size: '28x28', test: 0.5 }),
  )
  const told = events(ok(await onward(folder, 'train', '--config', 'c.json', '--out', 'by-config', '--json')))
  assert.deepEqual(
    [told[0].found.names, told[0].found.counts.test, told[0].found.input.shape],
    [['even', 'odd'], 30, [1, 28, 28]],
  )
  const again = events(
    ok(await onward(folder, 'train', '--config', 'by-config/config.json', '--out', 'again', '--json')),
  )
  assert.equal(again[0].found.fingerprint, told[0].found.fingerprint)
  const other = events(
    ok(await onward(folder, 'train', '--config', 'by-config/config.json', '--test', '0.2', '--out', 'other', '--json')),
  )
  assert.equal(other[0].found.counts.test, 12)
  writeFileSync(join(folder, 'd.json'), JSON.stringify({ ...settings, size: 28 }))
  const wrong = await onward(folder, 'train', '--config', 'd.json')
  assert.match(wrong.stderr, /"size" in d\.json must be what its flag takes, not 28/)
})

test('a library that trains on loaded data keeps where they were', async () => {
  process.chdir(folder)
  const path = put('library/images', idxOf(Uint8Array.from(pixels(60)), [60, 784]))
  put('library/labels', idxLabels(classes(60)))
  const data = await loadData(path, { size: [28, 28] })
  const options = { epochs: 1, batch: 10, validation: 10, threads: 1 }
  for await (const _ of train({ rule: 'backprop', data, out: 'by-library', hyper: { units: [5] }, options })) void _
  const { own, fingerprint } = JSON.parse(readFileSync('by-library/config.json', 'utf8'))
  assert.deepEqual([own.path, own.options, fingerprint], [path, { size: [28, 28] }, data.fingerprint])
  ok(await onward(folder, 'evaluate', 'by-library'))
  rmSync(path)
  assert.equal((await onward(folder, 'evaluate', 'by-library')).code, 2)
})
