import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import sharp from 'sharp'
import type { DataSet } from '../../../src/data/index.js'
import { type DataOptions, loadData } from '../../../src/data/own/own.node.js'
import { federatedOf } from '../../../src/distributed/federated/options.js'
import { clientData, clientsIn } from '../../../src/distributed/federated/partition/folders.node.js'
import { readRecipe, writeRecipe } from '../../../src/distributed/federated/recipe.js'
import { memoryEngine } from '../../../src/distributed/memory.js'
import { resolvedOptions } from '../../../src/train/options.js'
import { workFolder } from '../../cli/onward.js'
import { npyOf } from '../../data/files.js'

/** A table of one number a sample, beside its class. */
const table = (classes: readonly string[]): string =>
  ['width,label', ...classes.map((name, i) => `${i + 0.5},${name}`)].join('\n')

const many = (...names: readonly string[]): string[] => Array.from({ length: 20 }, (_, i) => names[i % names.length]!)

/** A reference, and a folder of clients. */
async function given(
  clients: Readonly<Record<string, string | undefined>>,
  text = table(many('ash', 'beech', 'oak')),
  options: DataOptions = {},
) {
  const work = workFolder()
  const folder = join(work, 'clients')
  writeFileSync(join(work, 'reference.csv'), text)
  for (const [name, text] of Object.entries(clients)) {
    mkdirSync(join(folder, name), { recursive: true })
    if (text !== undefined) writeFileSync(join(folder, name, 'table.csv'), text)
  }
  const reference = await loadData(join(work, 'reference.csv'), options)
  return async () => await clientsIn(folder, reference)
}

test('clients hold all classes of the reference, some, or one alone, by the numbers of the reference', async () => {
  const read = await given({
    all: table(many('oak', 'ash', 'beech')),
    one: table(many('oak')),
    some: table(many('oak', 'beech')),
  })
  const clients = await read()
  const labels = (name: string): number[] => [...new Set(clients.get(name)!.train.targets)].sort()
  assert.deepEqual(['all', 'some', 'one'].map(labels), [[0, 1, 2], [1, 2], [2]])
  for (const { target, names, train } of clients.values()) {
    assert.deepEqual([target, names], [{ kind: 'class', count: 3 }, ['ash', 'beech', 'oak']])
    assert.equal(train.count, 20)
  }
})

test('what a client has that does not fit is refused by its folder', async () => {
  const refused = async (text: string | undefined, words: RegExp): Promise<void> =>
    await assert.rejects(await given({ fits: table(many('ash', 'oak')), other: text }), words)
  await refused(
    table(many('ash', 'elm')),
    /other: the table, row 2: the class in column "label" is elm; it is one of ash, beech, oak/,
  )
  await refused(undefined, /other holds nothing that can be read as data/)
  await refused(
    'width,height,label\n1.5,2.5,ash\n2.5,2.5,oak',
    /other: the table has the column height, and none but these are wanted: width, label; rename what is meant/,
  )
  await refused('height,label\n1.5,ash\n2.5,oak', /other: There is no column "width".*The columns: height, label/)
})

test('pictures of one class are refused before they are read, but for a client', async () => {
  const work = workFolder()
  const picture = sharp(new Uint8Array(64), { raw: { width: 8, height: 8, channels: 1 } }).png()
  for (const folder of ['all/ash', 'all/oak', 'clients/one/oak', 'others/two/elm']) {
    mkdirSync(join(work, folder), { recursive: true })
    for (let i = 0; i < 6; i++) await picture.clone().toFile(join(work, folder, `${i}.png`))
  }
  const reference = await loadData(join(work, 'all'))
  const one = (await clientsIn(join(work, 'clients'), reference)).get('one')!
  assert.deepEqual([one.names, [...one.train.targets!]], [['ash', 'oak'], new Array(6).fill(1)])
  const others = clientsIn(join(work, 'others'), reference)
  await assert.rejects(others, /two has the class elm, and the classes are ash, oak: rename it/)
  const read: unknown[] = []
  const alone = loadData(join(work, 'clients/one'), { onReading: (...told) => void read.push(told) })
  await assert.rejects(alone, /all pictures lie in one sub-folder, oak: there is nothing to tell apart/)
  assert.deepEqual(read, [])
})

/** The rows of a client, [inputs, target] each, in the order of its file: a test part goes behind the others. */
function rowsOf({ input, train }: DataSet): number[][] {
  const width = input.shape[0]!
  const rows = Array.from({ length: train.count }, (_, i) => [
    ...train.inputs.subarray(i * width, (i + 1) * width),
    train.targets![i]!,
  ])
  return rows.sort((a, b) => a[0]! - b[0]!)
}

const lines = (head: string, line: (i: number) => string): string =>
  [head, ...Array.from({ length: 8 }, (_, i) => line(i))].join('\n')

test('columns of a client are found by their names, in whatever order they are', async () => {
  const text = lines('x1,x2,x3,col,kind', (i) => `${i},10,20,${['red', 'blue'][i % 2]},${['no', 'yes'][i % 2]}`)
  const other = lines('x3,kind,x2,col,x1', (i) => `20,yes,10,red,${i}`)
  const clients = await (await given({ other }, text))()
  // Blue and red are two inputs, of which the second one is red though blue is not there.
  assert.deepEqual(rowsOf(clients.get('other')!)[3], [3, 10, 20, 0, 1, 1])
  const green = lines('x1,x2,x3,col,kind', (i) => `${i},10,20,${['red', 'green'][i % 2]},no`)
  await assert.rejects(
    await given({ green }, text),
    /green: the table, row 2: column "col" holds "green"; it is one of blue, red/,
  )
})

test('the target of a client is that of the coordinator, and columns that it leaves out are left out', async () => {
  const text = lines('price,x1,x2,note', (i) => `${100 + i / 2},${i},10,${i}`)
  const options = { target: ['price'], ignore: ['note'] }
  const client = lines('x2,x1,price,note', (i) => `10,${i},${200 + i / 2},9`)
  const bare = lines('x2,x1,price', (i) => `10,${i},${300 + i / 2}`)
  const clients = await (await given({ client, bare }, text, options))()
  assert.deepEqual(rowsOf(clients.get('client')!)[4], [4, 10, 202])
  assert.deepEqual(rowsOf(clients.get('bare')!)[4], [4, 10, 302])
  const lacking = lines('x1,x2,x3', (i) => `${i},10,${i / 2}`)
  await assert.rejects(await given({ lacking }, text, options), /lacking: There is no column "price"/)
})

test('numbers of classes mean the same with a client that has some of them', async () => {
  const of = (first: number): string => lines('x,label', (i) => `${i},${first + (i % 3)}`)
  const named = { classes: ['ash', 'beech', 'oak'] }
  const some = lines('x,label', (i) => `${i},${1 + (i % 2)}`)
  const labels = async (text: string, options = {}) =>
    rowsOf((await (await given({ some }, text, options))()).get('some')!).map((row) => row.at(-1))
  assert.deepEqual((await labels(of(1), named)).slice(0, 4), [0, 1, 0, 1])
  assert.deepEqual((await labels(of(0), named)).slice(0, 4), [1, 2, 1, 2])
  assert.deepEqual((await labels(of(0))).slice(0, 4), [1, 2, 1, 2])
  const far = lines('x,label', (i) => `${i},${3 + i}`)
  await assert.rejects(await given({ far }, of(0)), /far: the table, row 1: the class in column "label" is 3/)
})

test('a table cannot be taken for by arrays, whose numbers have no names; a recipe says how the table was read', async () => {
  const work = workFolder()
  writeFileSync(
    join(work, 'all.csv'),
    lines('b,a,price', (i) => `${i},10,${i / 2}`),
  )
  const { input, target, names, own } = await loadData(join(work, 'all.csv'), { target: ['price'] })
  const { options, encoding } = own!
  const engine = memoryEngine()
  const samples = { input, target, names }
  const recipe = {
    version: 1,
    run: 'run',
    rule: 'backprop',
    federated: federatedOf(),
    clients: ['a'],
    samples,
  } as const
  const settings = { hyper: {}, options: resolvedOptions.parse({ epochs: 1, batch: 2, validation: 0, limit: 8 }) }
  await writeRecipe(engine.connect(), { ...recipe, settings, readAs: { options, encoding: encoding! } })
  const read = (await readRecipe(engine.connect()))!
  const reference = { ...read.samples, own: read.readAs! }
  mkdirSync(join(work, 'party'))
  writeFileSync(
    join(work, 'party/x.csv'),
    lines('price,a,b', (i) => `${i / 2},10,${i}`),
  )
  assert.deepEqual(rowsOf(await clientData(join(work, 'party'), reference))[6], [6, 10, 3])
  writeFileSync(join(work, 'party.npy'), npyOf(new Float64Array(16).fill(0.5), [8, 2]))
  await assert.rejects(clientData(join(work, 'party.npy'), reference), /party.npy: it holds arrays, and a table with/)
})
