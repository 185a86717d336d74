// At most 40 s: five trainings in two parts, and what is done with each of their runs.
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { printRows } from '../../src/cli/commands/predict/rows.js'
import { readImage, writePng } from '../../src/data/images.node.js'
import { stream } from '../../src/random/stream.js'
import { parquetFile } from '../data/own/parquet-file.js'
import { events, onward, workFolder } from './onward.js'

const folder = workFolder()
const write = (name: string, lines: readonly string[]): void =>
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** `count` numbers from 0 to 1. */
function uniform(count: number, name: string): number[] {
  const words = new Uint32Array(count)
  stream(7, 0, name).words(words)
  return [...words].map((word) => word / 2 ** 32)
}

/** Trains for an epoch, goes on to the others, measures anew: the figures of the test samples, and the run's folder. */
async function trained(data: string, epochs: number, ...more: readonly string[]) {
  const given = [
    'train',
    'backprop',
    '--data',
    data,
    '--set',
    'units=24',
    '--set',
    'rate=0.01',
    '--batch',
    '20',
    '--threads',
    '1',
  ]
  const first = await onward(folder, ...given, '--epochs', '1', '--json', ...more)
  assert.equal(first.code, 0, first.stderr)
  const { run } = events(first).at(-1)
  const longer = await onward(folder, 'train', '--resume', run, '--epochs', `${epochs}`, '--json')
  assert.equal(longer.code, 0, longer.stderr)
  const { test: tested } = events(longer).at(-1)
  const evaluated = await onward(folder, 'evaluate', run, '--json')
  assert.deepEqual(JSON.parse(evaluated.stdout).test, tested)
  return { run, ...tested.network }
}

/** The lines that a prediction prints. */
async function predicted(run: string, ...paths: readonly string[]): Promise<string[][]> {
  const { code, stdout, stderr } = await onward(folder, 'predict', run, ...paths)
  assert.deepEqual([code, stderr], [0, ''])
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','))
}

test('a CSV of numbers and categories with two values to predict', async () => {
  const [a, b] = [uniform(300, 'a'), uniform(300, 'b')]
  const colours = ['red', 'green', 'blue']
  const cost = (i: number): number => 20 * a[i]! + 10 * (i % 3)
  const weight = (i: number): number => b[i]! - a[i]!
  write('things.csv', [
    'size,colour,width,cost,weight',
    ...range(300).map((i) => [a[i], colours[i % 3], b[i], cost(i), weight(i)].join()),
  ])
  const { run, r2, ...errors } = await trained('things.csv', 40, '--target', 'cost', 'weight')
  assert.ok(r2 > 0.95, `R2 ${r2}`)
  assert.deepEqual(Object.keys(errors), ['rmse of cost', 'rmse of weight'])

  write('new.csv', ['width,colour,size', ...range(3).map((i) => [b[i], colours[i % 3], a[i]].join())])
  const [head, ...rows] = await predicted(run, 'new.csv')
  assert.deepEqual([head, rows.length], [['cost', 'weight'], 3])
  for (const [i, [one, other]] of rows.entries()) {
    assert.ok(Math.abs(Number(one) - cost(i)) < 3 * errors['rmse of cost'], `cost ${one}, should be ${cost(i)}`)
    assert.ok(
      Math.abs(Number(other) - weight(i)) < 3 * errors['rmse of weight'],
      `weight ${other}, should be ${weight(i)}`,
    )
  }
  const asJson = JSON.parse((await onward(folder, 'predict', run, 'new.csv', '--json')).stdout)
  assert.deepEqual(
    asJson.map(({ row, values }: { row: number; values: Record<string, number> }) => [
      row,
      ...Object.values(values).map(String),
    ]),
    rows.map((row, i) => [i + 1, ...row]),
  )

  write('unknown.csv', ['width,colour,size', '1,red,1', '1,pink,1'])
  const unknown = await onward(folder, 'predict', run, 'unknown.csv')
  assert.deepEqual([unknown.code, unknown.stdout], [1, ''])
  assert.match(unknown.stderr, /unknown\.csv, row 2: column "colour" holds "pink"; it is one of blue, green, red/)
  const shown = await onward(folder, 'predict', run, 'new.csv', '--show', 'seen.png')
  assert.deepEqual([shown.code, shown.stdout], [2, ''])
  assert.match(shown.stderr, /^onward: --show is for picture files/)
})

test('a CSV of classes, written with semicolons and decimal commas, in two files', async () => {
  const [a, b] = [uniform(300, 'a'), uniform(300, 'b')]
  const line = (i: number): string =>
    `${a[i]!.toFixed(3)};${b[i]!.toFixed(3)};${a[i]! > b[i]! ? 'left' : 'right'}`.replaceAll('.', ',')
  write('sides_train.csv', ['x;z;label', ...range(240).map(line)])
  write('sides_test.csv', ['x;z;label', ...range(60).map((i) => line(240 + i))])
  const { run, accuracy } = await trained('sides_train.csv', 10)
  assert.ok(accuracy > 0.9, `accuracy ${accuracy}`)
  const [head, ...rows] = await predicted(run, 'sides_test.csv')
  assert.deepEqual(head, ['class', 'probability of left', 'probability of right'])
  const right = rows.filter(([said], i) => said === (a[240 + i]! > b[240 + i]! ? 'left' : 'right')).length
  assert.deepEqual([rows.length, right / 60], [60, accuracy])
  for (const [, left, other] of rows) assert.ok(Math.abs(Number(left) + Number(other) - 1) < 1e-6)
})

test('a limit that takes no sample of some classes, as of a table in their order, is warned of', async () => {
  write('sorted.csv', ['x,label', ...range(60).map((i) => `${i % 7}.5,${'abc'[Math.floor(i / 20)]}`)])
  const warned = async (limit: string): Promise<unknown> => {
    const small = ['--set', 'units=4', '--batch', '5', '--epochs', '1', '--threads', '1', '--json']
    const ended = await onward(folder, 'train', 'backprop', '--data', 'sorted.csv', '--limit', limit, ...small)
    return events(ended).find(({ event }) => event === 'start')!.warnings
  }
  assert.deepEqual(await warned('10'), [
    'none of the first 10 training samples, which limit takes, is of b or of 1 more classes: take more, or shuffle the data',
  ])
  assert.equal(await warned('40'), undefined)
})

test('a TSV of classes', async () => {
  const [a, b] = [uniform(300, 'a'), uniform(300, 'b')]
  const side = (i: number): string => (a[i]! > b[i]! ? 'left' : 'right')
  write('sides.tsv', ['x\tz\tlabel', ...range(300).map((i) => `${a[i]}\t${b[i]}\t${side(i)}`)])
  const { run, accuracy } = await trained('sides.tsv', 6)
  assert.ok(accuracy > 0.8, `accuracy ${accuracy}`)
  const [, ...rows] = await predicted(run, 'sides.tsv')
  assert.equal(rows.length, 300)
})

/** 8 x 8 pixels of noise with a bright row or column, which is the class. */
function stripes(i: number): { label: number; pixels: Uint8Array } {
  const noise = uniform(64, `noise ${i}`)
  const label = i % 4
  const isLit = (p: number): boolean => (label < 2 ? Math.floor(p / 8) === 2 + 3 * label : p % 8 === 3 * label - 4)
  return { label, pixels: Uint8Array.from({ length: 64 }, (_, p) => (isLit(p) ? 200 : 0) + 55 * noise[p]!) }
}

test('a CSV of pixels; pictures are then predicted, too', async () => {
  const all = range(160).map(stripes)
  write('stripes.csv', [
    ['label', ...range(64).map((p) => `pixel${p}`)].join(),
    ...all.map(({ label, pixels }) => [label, ...pixels].join()),
  ])
  const { run, accuracy } = await trained('stripes.csv', 8)
  assert.ok(accuracy > 0.9, `accuracy ${accuracy}`)
  const [, ...rows] = await predicted(run, 'stripes.csv')
  assert.ok(rows.filter(([said], i) => said === `${i % 4}`).length > 150)
  await writePng(join(folder, 'stripe.png'), { width: 8, height: 8, channels: 1, data: all[1]!.pixels })
  const { stdout } = await onward(folder, 'predict', run, 'stripe.png', '--fit', 'contain')
  assert.match(stdout, /^stripe\.png +1 /)
})

test('a CSV of picture files with several labels: two digits an image', async () => {
  mkdirSync(join(folder, 'pairs', 'files'), { recursive: true })
  const digits = [0, 1, 2]
  const lines = []
  for (const i of range(180)) {
    const pair = [stripes(4 * i + (i % 3)), stripes(4 * i + (Math.floor(i / 3) % 3))]
    const data = new Uint8Array(128)
    for (const [side, { pixels }] of pair.entries())
      for (const row of range(8)) data.set(pixels.subarray(8 * row, 8 * row + 8), 16 * row + 8 * side)
    await writePng(join(folder, 'pairs', 'files', `${i}.png`), { width: 16, height: 8, channels: 1, data })
    lines.push([`files/${i}.png`, ...digits.map((digit) => Number(pair.some(({ label }) => label === digit)))].join())
  }
  write('pairs/pairs.csv', ['file,zero,one,two', ...lines])
  const { run, f1 } = await trained('pairs/pairs.csv', 12, '--target', 'zero', 'one', 'two')
  assert.ok(f1 > 0.9, `F1 ${f1}`)
  write('pairs/new.csv', ['file', 'files/0.png', 'files/1.png'])
  const [head, ...rows] = await predicted(run, 'pairs/new.csv')
  assert.deepEqual(head, ['labels', 'probability of zero', 'probability of one', 'probability of two'])
  assert.deepEqual(
    rows.map(([said]) => said),
    ['zero', 'zero one'],
  )
})

test('more rows are printed than a function takes arguments', async () => {
  const said = Array.from({ length: 200_000 }, (_, i) => ({ values: { a: i }, scores: [i], scoreName: 'score' }))
  const written: string[] = []
  const { write } = process.stdout
  process.stdout.write = ((text: string) => written.push(text) > 0) as typeof write
  try {
    printRows(said, ['a'], {})
  } finally {
    process.stdout.write = write
  }
  const lines = written.join('').split('\n')
  assert.deepEqual([lines.length, lines[0], lines[1], lines.at(-2), lines.at(-1)], [200_002, 'a', '0', '199999', ''])
})

test('Parquet as the hub serves it: shards of encoded pictures, classes named in their description', async () => {
  const data = join(folder, 'hub', 'data')
  mkdirSync(data, { recursive: true })
  const shard = async (name: string, from: number, count: number): Promise<void> => {
    const all = range(count).map((i) => stripes(from + i))
    const cells = []
    for (const { pixels } of all) {
      await writePng(join(folder, 'one.png'), { width: 8, height: 8, channels: 1, data: pixels })
      cells.push({ bytes: new Uint8Array(readFileSync(join(folder, 'one.png'))), path: null })
    }
    const classes = ['upper', 'lower', 'left', 'right']
    const label = { kind: 'whole', cells: all.map((own) => own.label), classes } as const
    writeFileSync(join(data, name), parquetFile({ image: { kind: 'pictures', cells }, label }))
  }
  await shard('train-00000-of-00002.parquet', 0, 80)
  await shard('train-00001-of-00002.parquet', 80, 80)
  await shard('test-00000-of-00001.parquet', 160, 40)
  assert.equal((await readImage(join(folder, 'one.png'))).width, 8)
  const { run, accuracy } = await trained('hub', 8)
  assert.ok(accuracy > 0.9, `accuracy ${accuracy}`)
  const [head, ...rows] = await predicted(run, 'hub/data/test-00000-of-00001.parquet')
  assert.deepEqual(
    head!.map((name) => name.replace('probability of ', '')),
    ['class', 'upper', 'lower', 'left', 'right'],
  )
  const right = rows.filter(([said], i) => said === ['upper', 'lower', 'left', 'right'][i % 4]).length
  assert.equal(right / 40, accuracy)
})
