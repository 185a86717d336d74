import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import type { OwnOptions, Table } from '../../../src/data/own/content.js'
import { readCsv } from '../../../src/data/own/read/csv-text.node.js'
import { type DecodePictures, tableMeaning } from '../../../src/data/own/table.js'
import { readInputs, tableEncoding } from '../../../src/data/own/table-inputs.js'
import { decodePictures } from '../../../src/data/own/table-pictures.node.js'

const noPictures: DecodePictures = async () => assert.fail('there are no pictures')
const meaning = tableMeaning(noPictures)
const meant = async (text: string, options: OwnOptions = {}, tested?: string) =>
  await meaning({ what: '', train: readCsv(text, 'it'), ...(tested && { test: readCsv(tested, 'it') }) }, options)

/** 'a,b' over rows. */
const rows = (head: string, ...lines: string[]): string => [head, ...lines].join('\n')

const targets: readonly [
  what: string,
  text: string,
  options: OwnOptions,
  kind: string,
  names: string[],
  targets: number[],
][] = [
  ['a column named label, first', rows('label,a', 'x,1', 'w,2', 'x,3', 'w,4'), {}, 'class', ['w', 'x'], [1, 0, 1, 0]],
  ['whole numbers named class', rows('a,Class', '1,7', '2,3', '3,7', '4,3'), {}, 'class', ['3', '7'], [1, 0, 1, 0]],
  ['numbers sort as numbers', rows('a,label', '1,10', '2,9', '3,10', '4,9'), {}, 'class', ['9', '10'], [1, 0, 1, 0]],
  ['the last column, of few texts', rows('a,b', '1,x', '2,w', '3,x', '4,x'), {}, 'class', ['w', 'x'], [1, 0, 1, 1]],
  ['the last column, measured', rows('a,b', '1,1.5', '2,2', '3,2.5'), {}, 'values', ['b'], [1.5, 2, 2.5]],
  ['named, many whole numbers', rows('a,b', '1,10', '2,20', '3,30'), { target: ['b'] }, 'values', ['b'], [10, 20, 30]],
  [
    'by --task',
    rows('a,b', '1,3', '2,4', '3,3', '4,4'),
    { target: ['b'], task: 'values' },
    'values',
    ['b'],
    [3, 4, 3, 4],
  ],
  ['several values', rows('a,b,c', '1,2,.5', '2,3,1'), { target: ['c', 'b'] }, 'values', ['c', 'b'], [0.5, 2, 1, 3]],
  ['several labels', rows('a,b,c', '1,0,1', '2,1,1'), { target: ['b', 'c'] }, 'labels', ['b', 'c'], [0, 1, 1, 1]],
  [
    'classes in an order',
    rows('a,y', '1,x', '2,w', '3,w', '4,x'),
    { classes: ['x', 'w', 'v'] },
    'class',
    ['x', 'w', 'v'],
    [0, 1, 1, 0],
  ],
  [
    'names of numbers',
    rows('a,y', '1,0', '2,1', '3,0', '4,1'),
    { classes: ['no', 'yes'] },
    'class',
    ['no', 'yes'],
    [0, 1, 0, 1],
  ],
  [
    'names of numbers from 1',
    rows('a,y', '1,1', '2,2', '3,1', '4,2'),
    { classes: ['no', 'yes'] },
    'class',
    ['no', 'yes'],
    [0, 1, 0, 1],
  ],
  [
    'one-hot columns',
    rows('a,b,c', '1,0,1', '2,1,0'),
    { target: ['b', 'c'], task: 'class' },
    'class',
    ['b', 'c'],
    [1, 0],
  ],
  [
    'numbers as names',
    rows('a,y', '1,5', '2,4', '3,5', '4,4'),
    { classes: ['5', '4'] },
    'class',
    ['5', '4'],
    [0, 1, 0, 1],
  ],
]
for (const [what, text, options, kind, names, wanted] of targets)
  test(`target: ${what}`, async () => {
    const { target, names: own, train, input } = await meant(text, options)
    assert.deepEqual([target.kind, own, [...train.targets!], input], [kind, names, wanted, { shape: [1] }])
  })

test('target: none', async () => {
  const { target, train, input } = await meant(rows('a,b', '1,2', '3,4'), { task: 'none' })
  assert.deepEqual([target, train.targets, input.shape], [{ kind: 'none' }, undefined, [2]])
  const text = rows('a,b,label', '1,2,0', '3,4,1')
  const all = await meant(text, { task: 'none' })
  assert.deepEqual(
    [all.input.shape, all.notes],
    [[3], ['column "label" is an input, too: --ignore label leaves it out']],
  )
  const others = await meant(text, { task: 'none', target: ['label'] })
  assert.deepEqual([others.input.shape, others.notes, others.train.targets], [[2], [], undefined])
})

const WRITTEN = ['"1,100"', '"1,234,567.5"', '1 200', "1'200", '€5', '5 %', '"2,5"', '$1.50']
for (const written of WRITTEN)
  test(`numbers that are written as ${written} are neither categories nor classes`, async () => {
    const message = /^column "a" writes its numbers as ".*": write them with digits and a decimal point alone$/
    const text = (first: string) =>
      rows('a,b', ...['1', written, '950', written, written, '1'].map((a, i) => `${a},${first}${i % 2}`))
    await assert.rejects(meant(text('x')), { name: 'UserError', message })
    await assert.rejects(meant(text(''), { target: ['a'] }), { name: 'UserError', message })
    assert.equal((await meant(text(''), { target: ['a'], task: 'class' })).target.kind, 'class')
  })

test('a point between decimal commas, far below the beginning, is not taken for a decimal one', async () => {
  const lines = Array.from({ length: 600 }, (_, i) => `${i % 5},5;${i % 2 ? 'u' : 'v'}`)
  const text = rows('a;y', ...lines)
  assert.deepEqual((await meant(text)).input.shape, [1])
  await assert.rejects(meant(`${text}\n1.250;u`), { message: /column "a" writes its numbers as "0,5"/ })
})

test('texts of digits and points that are no numbers stay categories', async () => {
  for (const text of ['12.03.2024', '2024-03-12', '10.0.0.1', '3+', '1-2'])
    assert.deepEqual((await meant(rows('a,y', `${text},u`, '2024,v', `${text},u`, `${text},v`))).input.shape, [2], text)
})

const refused: readonly [what: string, text: string, options: OwnOptions, message: RegExp][] = [
  [
    'an unsafe guess',
    rows('a,b', '1,2', '3,4'),
    {},
    /^which column is the target\? Say --target .* The columns: a, b$/,
  ],
  ['an unknown column', rows('size,b', '1,2'), { target: ['sise'] }, /no column "sise"\. Did you mean "size"/],
  [
    'texts as values',
    rows('a,b', '1,x'),
    { target: ['b'], task: 'values' },
    /column "b" holds texts \("x"\), and values are numbers/,
  ],
  [
    'an empty target',
    rows('a,b', '1,1.5', '2,'),
    { target: ['b'] },
    /the table, row 2: column "b" is empty; a target is a number/,
  ],
  ['an empty class', rows('a,y', '1,x', '2,', '3,x'), {}, /row 2: the class in column "y" is empty; it is one of x/],
  [
    'a class beside --classes',
    rows('a,y', '1,x', '2,w', '3,x'),
    { classes: ['x'] },
    /row 2: the class in column "y" is w; it is one of x/,
  ],
  [
    'labels that are none',
    rows('a,b,c', '1,0,2'),
    { target: ['b', 'c'], task: 'labels' },
    /row 1: column "c" holds 2; a target is 0 or 1/,
  ],
  [
    'two columns as a class',
    rows('a,b,c', '1,0,2'),
    { target: ['b', 'c'], task: 'class' },
    /row 1: the columns b, c do not hold one 1 among zeros/,
  ],
  [
    'an empty number',
    rows('a,b,y', '1,2,u', ',3,v', '4,5,u'),
    {},
    /the table, row 2: column "a" is empty; a number is needed/,
  ],
  [
    'a number that single precision does not hold',
    rows('a,b,y', '1,2,u', '1e300,3,v', '4,5,u'),
    {},
    /the table, row 2: column "a" holds 1e\+300; a number is needed \(below 3\.4e38\)/,
  ],
  [
    'a target that single precision does not hold',
    rows('a,b', '1,1.5', '2,-1e39'),
    { target: ['b'] },
    /the table, row 2: column "b" holds -1e\+39; a target is a number \(below 3\.4e38\)/,
  ],
  [
    'texts that are no categories',
    rows('a,y', 'p,u', 'q,v', 'r,u', 's,v'),
    {},
    /column "a" holds 4 different texts in 4 rows, which are no categories/,
  ],
  [
    'a text among numbers',
    rows('a,y', '1,u', '2,v', '3,u', 'x,v', '5,u'),
    {},
    /column "a" holds numbers, but "x" in row 4/,
  ],
  ['an empty category', rows('a,y', 'p,u', 'p,v', ',u', 'q,v'), {}, /row 3: column "a" is empty; it is one of p, q/],
  ['an infinite number', rows('a,y', '1,u', 'inf,v', '3,u'), {}, /row 2: column "a" holds Infinity/],
  ['an infinite target', rows('a,b', '1,.5', '2,-inf', '3,1'), {}, /row 2: column "b" holds -Infinity/],
  [
    'classes beyond 2^53',
    rows('a,label', '1,9007199254740993', '2,9007199254740992', '3,5'),
    {},
    /column "label" holds 9007199254740992: whole numbers beyond 2\^53 are not told apart/,
  ],
  [
    'times that single precision cannot tell apart',
    rows('a,y', '1700000000,u', '1700000060,v', '1700000120,u'),
    {},
    /column "a" holds numbers from 1700000000 to 1700000120.* lie 128 apart: subtract 1700000000 from each/,
  ],
  [
    'values that single precision cannot tell apart',
    rows('a,y', '1,1700000000.5', '2,1700000060', '3,1700000120'),
    {},
    /column "y" holds numbers from 1700000000\.5 to 1700000120/,
  ],
  ['no input', rows('y', '1', '2'), { target: ['y'] }, /no column besides its target/],
  ['a size that is none', rows('a,b,y', '1,2,u', '3,4,v'), { size: [2, 2] }, /--size 2x2 needs 4 columns of pixels/],
]
for (const [what, text, options, message] of refused)
  test(`refused: ${what}`, async () => await assert.rejects(meant(text, options), { name: 'UserError', message }))

test('texts become categories of the training part, an input each; those of other parts are among them', async () => {
  const text = rows('a,b,y', 'red,1,u', 'blue,2,v', 'red,3,u', 'blue,4,v')
  const { input, train, test: other, encoding } = await meant(text, {}, rows('a,b,y', 'blue,5,v'))
  assert.deepEqual(input, { shape: [3] })
  assert.deepEqual([...train.inputs], [0, 1, 1, 1, 0, 2, 0, 1, 3, 1, 0, 4])
  assert.deepEqual([...other!.inputs, ...other!.targets!], [1, 0, 5, 1])
  assert.deepEqual(encoding, {
    columns: [{ name: 'a', categories: ['blue', 'red'] }, { name: 'b' }],
    width: 3,
    target: { columns: ['y'], cells: ['u', 'v'] },
  })
  await assert.rejects(
    meant(text, {}, rows('a,b,y', 'green,5,v')),
    /the test part of the table, row 1: column "a" holds "green"; it is one of blue, red/,
  )
})

test('further rows: columns in any order and with others between; what is missing or unknown is told', () => {
  const encoding = tableEncoding.parse({ columns: [{ name: 'a', categories: ['blue', 'red'] }, { name: 'b' }] })
  const read = (text: string) => [...readInputs(readCsv(text, 'new'), encoding, { shape: [3] }, 'new')]
  assert.deepEqual(read('b,extra,a\n1.5,9,red\n2,8,blue\n'), [0, 1, 1.5, 1, 0, 2])
  assert.throws(() => read('a,c\nred,1\nblue,2\n'), /new lacks the column b; its columns are a, c/)
  assert.throws(() => read('a,b\nred,1\ngreen,2\n'), /new, row 2: column "a" holds "green"/)
  assert.throws(() => read('a,b\nred,1\nblue,\n'), /new, row 2: column "b" is empty/)
})

test('further rows without names: by place among all columns or among those that are read, and no other number of columns', async () => {
  const text = rows('9,1,2,5', '8,3,4,6', '9,5,6,7', '8,7,8,9')
  const { input, train, encoding } = await meant(text, { target: ['column 1'], ignore: ['column 4'] })
  assert.deepEqual([...train.inputs], [1, 2, 3, 4, 5, 6, 7, 8])
  const kept = tableEncoding.parse(encoding)
  const read = (further: string, how = kept) => [...readInputs(readCsv(further, 'new'), how, input, 'new')]
  assert.deepEqual(read('9,1,2,5\n8,3,4,6\n'), [1, 2, 3, 4])
  assert.deepEqual(read('1,2\n3,4\n'), [1, 2, 3, 4])
  // Without the target: its second column is the third of the table that was trained on.
  const message =
    /^new has (3|5) columns without names, and the table .* has 4: give all 4, or only the 2 that it reads \(column 2, column 3\)/
  for (const further of ['1,2,5\n3,4,6\n', '9,1,2,5,0\n8,3,4,6,0\n'])
    assert.throws(() => read(further), { name: 'UserError', message })
  // An older run does not tell how many there were.
  assert.deepEqual(read('9,1,2\n8,3,4\n', { columns: kept.columns }), [1, 2, 3, 4])
})

test('more categories than can be read are refused before they take memory', async () => {
  const columns = Array.from({ length: 300 }, (_, c) => `c${c}`)
  const lines = Array.from({ length: 500 }, (_, row) => [...columns.map((c) => `${c}${row % 250}`), row / 3].join())
  await assert.rejects(meant(rows([...columns, 'y'].join(), ...lines)), /a row has 75000 inputs: at most 65536/)
})

test('what a file holds is told on one line, and cut where it is long', async () => {
  const long = 'x'.repeat(100)
  await assert.rejects(meant(rows('"a\u001b[31m",y', '1,u', '2,v', ',u')), /row 3: column "a\?\[31m" is empty/)
  await assert.rejects(
    meant(rows('a,y', `1,${long}`, '2,u'), { target: ['y'], task: 'values' }),
    /texts \("x{40}\.\.\."\)/,
  )
})

test('a column that only numbers the rows is not read', async () => {
  const { encoding, notes } = await meant(rows(',a,y', '0,5,u', '1,3,v', '2,7,u'))
  assert.deepEqual(tableEncoding.parse(encoding).columns, [{ name: 'a' }])
  assert.match(notes!.join(), /column "" only numbers the rows/)
})

const pixels = (count: number, most: number, name: (i: number) => string): string =>
  rows(
    ['label', ...Array.from({ length: count }, (_, i) => name(i))].join(','),
    ...[0, 1, 0, 1].map((label, row) =>
      [label, ...Array.from({ length: count }, (_, i) => (i * 7 + row) % (most + 1))].join(','),
    ),
  )

test('columns of pixels become images; other columns of small whole numbers do not', async () => {
  const own = await meant(pixels(64, 255, (i) => `pixel${i}`))
  assert.deepEqual(own.input, { shape: [1, 8, 8], levels: 256 })
  assert.deepEqual([...own.train.inputs.subarray(64, 68)], [1, 8, 15, 22])
  assert.ok(own.train.inputs instanceof Uint8Array)
  assert.deepEqual((await meant(pixels(64, 16, (i) => `${i}`))).input, { shape: [1, 8, 8], levels: 17 })
  assert.deepEqual(
    (
      await meant(
        pixels(72, 255, (i) => `p${i}`),
        { size: [8, 9] },
      )
    ).input,
    { shape: [1, 8, 9], levels: 256 },
  )
  assert.deepEqual((await meant(pixels(64, 255, (i) => `age of ${'x'.repeat(i + 1)}`))).input, { shape: [64] })
  assert.deepEqual((await meant(pixels(64, 300, (i) => `pixel${i}`))).input, { shape: [64] })
  assert.deepEqual((await meant(pixels(4, 9, (i) => `x${i}`))).input, { shape: [4] })
})

test('a column of pictures is decoded in one size, and the others are said to be left out', async () => {
  const seen: unknown[] = []
  const decode: DecodePictures = async (pictures, wanted) => {
    seen.push(
      pictures.map(({ source }) => source),
      wanted.shape,
    )
    return { shape: [1, 2, 2], inputs: new Uint8Array(4 * pictures.length).fill(9) }
  }
  const table = (text: string): Table => ({ ...readCsv(text, 'it'), folder: 'below' })
  const { input, train, encoding, notes } = await tableMeaning(decode)(
    { what: '', train: table('file,id,label\na.png,1,u\nsub/b.jpg,2,v\n'), test: table('file,id,label\n/c.png,3,u\n') },
    {},
  )
  assert.deepEqual(seen, [['below/a.png', 'below/sub/b.jpg'], undefined, ['/c.png'], [1, 2, 2]])
  assert.deepEqual([input, train.inputs.length], [{ shape: [1, 2, 2], levels: 256 }, 8])
  assert.deepEqual(tableEncoding.parse(encoding).columns, [{ name: 'file', picture: true }])
  assert.match(notes!.join(), /beside the pictures of "file" these columns are not read: id/)
})

test('columns that are to be ignored are neither input nor target, and need not be in further rows', async () => {
  const text = rows('key,a,b,note', '1,1,x,p', '2,2,w,q', '3,3,x,r', '4,4,w,s')
  const { input, encoding } = await meant(text, { ignore: ['key', 'note'] })
  assert.deepEqual(input, { shape: [1] })
  assert.deepEqual(
    tableEncoding.parse(encoding).columns.map(({ name }) => name),
    ['a'],
  )
  await assert.rejects(meant(text, { ignore: ['keys'] }), /There is no column "keys"\. Did you mean "key"\?/)
  await assert.rejects(meant(text, { ignore: ['b'], target: ['b'] }), /column "b" is the target, and cannot be ignored/)
})

test('pictures of a table have colour where one of them has, or as those before had', async () => {
  const png = async (...rgb: number[]) => {
    const raw = { width: 2, height: 1, channels: 3 } as const
    return new Uint8Array(
      await sharp(Uint8Array.from([...rgb, ...rgb]), { raw })
        .png()
        .toBuffer(),
    )
  }
  const pictures = [
    { source: await png(60, 60, 60), where: 'row 1' },
    { source: await png(255, 0, 0), where: 'row 2' },
  ]
  const { shape, inputs } = await decodePictures(pictures, {})
  assert.deepEqual(
    [shape, [...inputs]],
    [
      [3, 1, 2],
      [60, 60, 60, 60, 60, 60, 255, 255, 0, 0, 0, 0],
    ],
  )
  assert.deepEqual([...(await decodePictures(pictures, { shape: [1, 1, 2] })).inputs], [60, 60, 76, 76])
  const broken = [...pictures, { source: Uint8Array.of(1, 2, 3), where: 'row 3 of it' }]
  await assert.rejects(decodePictures(broken, {}), {
    name: 'UserError',
    message: /^The image row 3 of it is neither PNG.*\nMend these files, or take their rows out of the table\.$/,
  })
})
