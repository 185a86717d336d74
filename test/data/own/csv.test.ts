import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Table } from '../../../src/data/own/content.js'
import { csv } from '../../../src/data/own/read/csv.node.js'
import { readCsv } from '../../../src/data/own/read/csv-text.node.js'
import { UserError } from '../../../src/errors.js'

const columnsOf = ({ columns }: Table): Record<string, unknown[]> =>
  Object.fromEntries(columns.map(({ name, cells }) => [name, [...cells]]))

const ways: readonly [what: string, text: string, columns: Record<string, unknown[]>][] = [
  ['commas and a header', 'a,b\n1,x\n2,y\n', { a: [1, 2], b: ['x', 'y'] }],
  ['no end of the last line', 'a,b\n1,x\n2,y', { a: [1, 2], b: ['x', 'y'] }],
  ['CRLF and empty lines', 'a,b\r\n1,x\r\n\r\n2,y\r\n', { a: [1, 2], b: ['x', 'y'] }],
  ['tabs', 'a\tb\n1\tx, y\n2\tz\n', { a: [1, 2], b: ['x, y', 'z'] }],
  ['semicolons and decimal commas', 'a;b\n1,5;x\n-0,25;y\n', { a: [1.5, -0.25], b: ['x', 'y'] }],
  ['semicolons and points', 'a;b\n1.5;x\n2;y\n', { a: [1.5, 2], b: ['x', 'y'] }],
  ['commas between texts with semicolons', 'a,b\n1,x;y\n2,z;w\n', { a: [1, 2], b: ['x;y', 'z;w'] }],
  ['quotes', 'a,"b, c"\n1,"x ""y""\nz"\n2,w\n', { a: [1, 2], 'b, c': ['x "y"\nz', 'w'] }],
  ['space around cells', 'a, b\n 1 , x\n2, y \n', { a: [1, 2], b: ['x', 'y'] }],
  ['one column without a name', 'a,,b\n1,2,x\n3,5,y\n', { a: [1, 3], '': [2, 5], b: ['x', 'y'] }],
  ['columns of nothing', 'a,,,\n1,,,\n3,,,\n', { a: [1, 3] }],
  ['a delimiter at the end of lines', 'a,b,\n1,2,\n3,4,\n', { a: [1, 3], b: [2, 4] }],
  ['no header over numbers', '1,2\n3,4\n', { 'column 1': [1, 3], 'column 2': [2, 4] }],
  ['no header over numbers and texts', '5,x\n6,y\n', { 'column 1': [5, 6], 'column 2': ['x', 'y'] }],
  ['no header over texts that come again', 'a,cat\nb,cat\n', { 'column 1': ['a', 'b'], 'column 2': ['cat', 'cat'] }],
  ['a header over texts', 'file,label\na,cat\nb,cat\n', { file: ['a', 'b'], label: ['cat', 'cat'] }],
  ['numbers from 0 as names', '0,1,2\n5,6,x\n7,8,y\n', { 0: [5, 7], 1: [6, 8], 2: ['x', 'y'] }],
  ['missing numbers', 'a,b\n1,2\n,NA\n3,?\n', { a: [1, Number.NaN, 3], b: [2, Number.NaN, Number.NaN] }],
  ['a text below numbers', 'a,b\n1,2\n3,\nx,4\n', { a: ['1', '3', 'x'], b: [2, Number.NaN, 4] }],
  ['exponents', 'a,b\n1e3,+.5\n-2E-1,7.\n', { a: [1000, -0.2], b: [0.5, 7] }],
  ['what only looks like numbers', 'a,b\n0x10,1\n1-2,2\n', { a: ['0x10', '1-2'], b: [1, 2] }],
  ['infinite numbers', 'a,b\n-inf,1e400\n1,Infinity\n', { a: [-Infinity, 1], b: [Infinity, Infinity] }],
  ['few numbers from 1', '1,2,3\n4,5,6\n', { 'column 1': [1, 4], 'column 2': [2, 5], 'column 3': [3, 6] }],
  ['one column', 'a\n1\n2\n', { a: [1, 2] }],
]
for (const [what, text, columns] of ways)
  test(`CSV: ${what}`, () => assert.deepEqual(columnsOf(readCsv(text, 'it')), columns))

test('a column that numbers the rows needs no name beside another one without', () => {
  const { columns } = readCsv(',a,\n0,5,7\n1,5,8\n', 'it')
  assert.deepEqual(
    columns.map(({ name }) => name),
    ['', 'a', ''],
  )
})

test('more rows than columns of numbers begin with', () => {
  const rows = Array.from({ length: 1000 }, (_, i) => `${i},${i / 2}`)
  const { columns } = readCsv(['a,b', ...rows].join('\n'), 'it')
  assert.deepEqual([columns[0]!.cells.length, columns[1]!.cells[999]], [1000, 499.5])
})

test('many numbers from 1 are names', () => {
  const { rows, columns } = readCsv(`1,2,3,4,5,6,7,8\n${'0,0,0,0,0,0,0,1\n'.repeat(3)}`, 'it')
  assert.deepEqual([rows, columns.map(({ name }) => name).join('')], [3, '12345678'])
})

const NAMES: readonly [what: string, names: string, ...rows: string[]][] = [
  ['numbers from 0 and a class', '0,1,2,3,4,5,label', '.1,.2,.3,.4,.5,.6,R', '1,2,3,4,5,6,M', '0,0,0,0,0,0,R'],
  ['numbers from 0 that come again below', '0,1,2,label', '0,0,1,u', '0,1,0,v', '1,1,0,u'],
  ['two numbers from 0 and a class', '0,1,label', '.5,.25,u', '.5,.75,v', '.5,.5,u'],
  ['a column that numbers the rows first', ',0,1,2,label', '0,.5,.5,.5,u', '1,.5,.5,.5,v', '2,.5,.5,.5,u'],
  ['that column over numbers alone', ',0,1,2', '0,.5,.5,.5', '1,.5,.5,.5'],
  ['few numbers from 1 and a class', '1,2,3,label', '4,5,6,u', '7,8,9,v', '10,11,12,u'],
  ['many numbers from 1 and texts that all differ', '1,2,3,4,5,6,7,8,id', '1,2,0,0,0,0,0,0,a', '0,0,0,0,0,0,0,0,b'],
  ['years', 'country,1990,2000,2010', 'Chad,6.1,8.3,11.9', 'Peru,22,26.5,29', 'Fiji,.7,.8,.9'],
]
for (const [what, names, ...rows] of NAMES)
  test(`numbers in their order are names, and that is noted: ${what}`, () => {
    const { rows: count, columns, notes } = readCsv([names, ...rows].join('\n'), 'it')
    assert.deepEqual([columns.map(({ name }) => name).join(), count], [names, rows.length])
    assert.match(
      `${notes}`,
      /^the first line holds numbers and is taken for the names of the columns \(.*put a line of/,
    )
  })

const SAMPLES: readonly [what: string, ...rows: string[]][] = [
  ['its class comes again', '1,2,3,u', '4,5,6,v', '7,8,9,u', '3,2,1,v'],
  ['its class comes again, from 0', '0,1,2,u', '4,5,6,v', '7,8,9,u', '3,2,1,v'],
  ['its numbers come again', '1,2,3,w', '1,5,6,v', '7,8,9,v'],
  ['every text is another', '1,2,3,Ann', '4,5,6,Bo', '7,8,9,Cy'],
  ['two numbers', '1,2,w', '4,5,v', '7,8,v'],
  ['numbers out of order', '1,2,4,w', '4,5,6,v', '7,8,9,v'],
  ['the same number', '2,2,2,w', '4,5,6,v', '7,8,9,v'],
  ['fractions in order', '1.5,2.5,3.5,w', '4,5,6,v', '7,8,9,v'],
  ['an empty cell', '1,2,3,,w', '4,5,6,7,v', '7,8,9,7,v'],
  ['an empty first cell', ',1,2,3,w', ',5,6,7,v', '7,8,9,7,v'],
  ['years among years', 'Ann,1950,1980,2010', 'Bo,1941,1970,1999', 'Cy,1950,1975,2001'],
]
for (const [what, ...rows] of SAMPLES)
  test(`a first row is a sample although it may look like names: ${what}`, () => {
    const { rows: count, columns, notes } = readCsv(rows.join('\n'), 'it')
    assert.deepEqual([count, columns[0]!.name, notes], [rows.length, 'column 1', undefined])
  })

test('the first line is found where a long text with lines of its own follows', () => {
  const long = 'some; words, more\n'.repeat(5000)
  const { columns } = readCsv(`a,text\n1,"${long}"\n2,"${long}"\n`, 'it')
  assert.deepEqual(
    columns.map(({ name, cells }) => [name, cells.length]),
    [
      ['a', 2],
      ['text', 2],
    ],
  )
})

const wrong: readonly [what: string, text: string, message: RegExp][] = [
  ['a line too long', 'a,b\n1,2\n1,2,3\n', /^it, line 3 has 3 cells, but the lines above it have 2/],
  ['an open quote', 'a,b\n1,"2\n3,4\n', /^it ends within a quoted cell/],
  ['a quote within a cell', 'a,b\n1,2\n3,x"4"\n', /^it, line 3 has a quotation mark inside of a cell/],
  ['two columns of a name', 'a,a\n1,2\n', /^it names two of its columns "a"/],
  ['two columns without a name', 'a,,,b\n1,2,3,x\n', /^it has 2 columns without a name \(columns 2, 3\): write a name/],
  ['the same, and a column of nothing', ',a,,,b\n5,1,2,,x\n3,1,2,,y\n', /\(columns 1, 3\)/],
  ['thousands or decimals', 'a;b\n1,500;2,250\n', /^it writes numbers such as 1,500, which may be thousands/],
  ['nothing', '', /^it holds no rows/],
]
for (const [what, text, message] of wrong)
  test(`CSV refused: ${what}`, () => assert.throws(() => readCsv(text, 'it'), { name: 'UserError', message }))

const folder = mkdtempSync(join(tmpdir(), 'onward-csv-'))
const file = (name: string, bytes: string | Uint8Array): string => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}

test('bytes: a mark of UTF-8, UTF-16, gzip; not those of other alphabets or of no text', async () => {
  const text = 'ä,b\n1,2\n'
  const utf16 = Buffer.from(`\ufeff${text}`, 'utf16le')
  for (const path of [
    file('marked.csv', `\ufeff${text}`),
    file('wide.csv', utf16),
    file('wide-be.csv', Buffer.from(utf16).swap16()),
    file('packed.csv.gz', gzipSync(text)),
  ])
    assert.deepEqual(columnsOf((await csv.read(path, {})).train as Table), { ä: [1], b: [2] }, path)
  await assert.rejects(csv.read(file('latin.csv', Buffer.from(text, 'latin1')), {}), /is no text in UTF-8/)
  await assert.rejects(csv.read(file('zero.csv', 'a,b\n1,\0\n'), {}), /is no text/)
  await assert.rejects(csv.read(join(folder, 'none.csv'), {}), UserError)
})

test('what was taken for names is noted of several files once', async () => {
  const shards = mkdtempSync(join(folder, 'shards-'))
  for (const name of ['a.csv', 'b.csv']) writeFileSync(join(shards, name), '0,1,2,label\n5,6,7,u\n5,6,7,v\n5,6,7,u\n')
  const { train } = await csv.read(shards, {})
  assert.deepEqual([(train as Table).rows, (train as Table).notes?.length], [6, 1])
})

test('the counterpart for the test lies beside a file for training, if it has the same columns', async () => {
  const path = file('set_train.csv', 'a,b\n1,2\n3,4\n')
  file('set_test.csv', 'a,b\n5,6\n')
  assert.deepEqual(columnsOf((await csv.read(path, {})).test as Table), { a: [5], b: [6] })
  file('set_test.csv', 'a\n5\n')
  const { test: none, what } = await csv.read(path, {})
  assert.equal(none, undefined)
  assert.match(what, /not used: .*set_test\.csv, which has other columns/)
})
