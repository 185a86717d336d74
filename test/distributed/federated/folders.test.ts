import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import sharp from 'sharp'
import { loadData } from '../../../src/data/own/own.node.js'
import { clientsIn } from '../../../src/distributed/federated/partition/folders.node.js'
import { workFolder } from '../../cli/onward.js'

/** A table of one number a sample, beside its class. */
const table = (classes: readonly string[]): string =>
  ['width,label', ...classes.map((name, i) => `${i + 0.5},${name}`)].join('\n')

const many = (...names: readonly string[]): string[] => Array.from({ length: 20 }, (_, i) => names[i % names.length]!)

/** A reference, and a folder of clients. */
async function given(clients: Readonly<Record<string, string | undefined>>) {
  const work = workFolder()
  const folder = join(work, 'clients')
  writeFileSync(join(work, 'reference.csv'), table(many('ash', 'beech', 'oak')))
  for (const [name, text] of Object.entries(clients)) {
    mkdirSync(join(folder, name), { recursive: true })
    if (text !== undefined) writeFileSync(join(folder, name, 'table.csv'), text)
  }
  const reference = await loadData(join(work, 'reference.csv'))
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
  await refused(table(many('ash', 'elm')), /other has the class elm, and the classes are ash, beech, oak: rename it/)
  await refused(undefined, /other holds nothing that can be read as data/)
  await refused(
    'width,height,label\n1.5,2.5,ash\n2.5,2.5,oak',
    /other holds inputs of \[2\], and the coordinator's are \[1\]/,
  )
})

test('pictures of one class are refused before they are read, but for a client', async () => {
  const work = workFolder()
  const picture = sharp(new Uint8Array(64), { raw: { width: 8, height: 8, channels: 1 } }).png()
  for (const folder of ['all/ash', 'all/oak', 'clients/one/oak']) {
    mkdirSync(join(work, folder), { recursive: true })
    for (let i = 0; i < 6; i++) await picture.clone().toFile(join(work, folder, `${i}.png`))
  }
  const one = (await clientsIn(join(work, 'clients'), await loadData(join(work, 'all')))).get('one')!
  assert.deepEqual([one.names, [...one.train.targets!]], [['ash', 'oak'], new Array(6).fill(1)])
  const read: unknown[] = []
  const alone = loadData(join(work, 'clients/one'), { onReading: (...told) => void read.push(told) })
  await assert.rejects(alone, /all pictures lie in one sub-folder, oak: there is nothing to tell apart/)
  assert.deepEqual(read, [])
})
