// At most 40 s: every rule, with data that are wrong in every way.
// What programs hand over: which arrays are read, as what, and what is said of the others.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import vm from 'node:vm'
import {
  checkSplit,
  type DataSetParts,
  dataSet,
  flatNumbers,
  type GivenNumbers,
  type GivenSplit,
} from '../../src/data/index.js'
import { train } from '../../src/node.js'
import { RULES } from '../../src/rules/registry.js'

/** Four images of 2 x 3 pixels, two classes. */
const LEVELS = [0, 1, 127, 128, 254, 255, ...[3, 0, 0, 9, 9, 9], ...[255, 255, 0, 0, 1, 1], ...[7, 6, 5, 4, 3, 2]]
const CLASSES = [0, 1, 1, 0]

const parts = (inputs: GivenNumbers, targets: GivenNumbers = CLASSES, levels = 256): DataSetParts => {
  const split: GivenSplit = { inputs, targets, count: 4 }
  return {
    name: 'own',
    input: { shape: [1, 2, 3], levels },
    target: { kind: 'class', count: 2 },
    train: split,
    test: split,
  }
}

test('a list of arrays of one kind is one array of that kind, others are numbers of 64 bits', () => {
  const bytes = [Uint8Array.of(1, 2), Uint8Array.of(3, 4)]
  assert.deepEqual(flatNumbers(bytes, 'it').numbers, Uint8Array.of(1, 2, 3, 4))
  assert.deepEqual(flatNumbers([...bytes, [0.5, 1e9]], 'it').numbers, Float64Array.of(1, 2, 3, 4, 0.5, 1e9))
  assert.deepEqual(flatNumbers(vm.runInNewContext('[[1], [2]]'), 'it').numbers, Float64Array.of(1, 2))
})

test('levels are read from arrays of every kind, lists and lists of arrays', () => {
  const rows = [0, 6, 12, 18].map((first) => LEVELS.slice(first, first + 6))
  const kinds: GivenNumbers[] = [
    LEVELS,
    Uint8Array.from(LEVELS),
    Buffer.from(LEVELS),
    Uint8ClampedArray.from(LEVELS),
    Int16Array.from(LEVELS),
    Uint16Array.from(LEVELS),
    Int32Array.from(LEVELS),
    Float32Array.from(LEVELS),
    Float64Array.from(LEVELS),
    BigInt64Array.from(LEVELS, BigInt),
    BigUint64Array.from(LEVELS, BigInt),
    LEVELS.map(BigInt),
    rows,
    rows.map((row) => Uint8Array.from(row)),
    rows.map((row) => [row.slice(0, 3), row.slice(3)]),
    new Uint8Array(new SharedArrayBuffer(24)).map((_, i) => LEVELS[i]!),
  ]
  for (const kind of kinds) {
    const { inputs, targets } = dataSet(parts(kind)).train
    assert.equal(inputs.constructor, Uint8Array)
    assert.deepEqual([...inputs], LEVELS)
    assert.deepEqual([...targets!], CLASSES)
  }
})

test('arrays of another realm are read: as they are told, without a copy', () => {
  const context = vm.createContext({ LEVELS, CLASSES })
  for (const kind of ['Uint8Array', 'Float32Array', 'Uint8ClampedArray', 'BigInt64Array', 'Array']) {
    const of = (list: string) => vm.runInContext(`${kind}.from(${list}${/Big/.test(kind) ? ', BigInt' : ''})`, context)
    const { train } = dataSet(parts(of('LEVELS'), of('CLASSES')))
    assert.deepEqual([...train.inputs], LEVELS, kind)
    assert.deepEqual([...train.targets!], CLASSES, kind)
    assert.ok(train.inputs instanceof Uint8Array)
  }
  const own = vm.runInContext('Uint8Array.from(LEVELS)', context)
  assert.equal(dataSet(parts(own)).train.inputs.buffer, own.buffer)
})

test('fractions from 0 to 1 are parts of 1 and become levels, whichever way they were rounded', () => {
  for (const levels of [2, 17, 256, 65_536]) {
    const all = Array.from({ length: 24 }, (_, i) => (i === 0 ? levels - 1 : (i * 7919) % levels))
    const most = levels - 1
    for (const given of [
      Float32Array.from(all, (level) => level / most),
      Float64Array.from(all, (level) => level / most),
      Float32Array.from(all, (level) => level * Math.fround(1 / most)),
      all.map((level) => level / most),
    ])
      assert.deepEqual([...dataSet(parts(given, CLASSES, levels)).train.inputs], all, `${levels} levels`)
  }
})

test('a picture in black and white in fractions is black and white, and one of both splits decides for both', () => {
  const bits = LEVELS.map((level) => Number(level > 8))
  assert.deepEqual(
    [...dataSet(parts(Float32Array.from(bits))).train.inputs],
    bits.map((bit) => 255 * bit),
  )
  assert.deepEqual([...dataSet(parts(Uint8Array.from(bits))).train.inputs], bits)
  const alone = { inputs: Uint8Array.from(bits), targets: CLASSES, count: 4 }
  assert.deepEqual([...checkSplit(alone, dataSet(parts(LEVELS)), 'a split').inputs], bits)
  // Dark levels in the test split of a set whose training split has levels as fractions of another kind.
  const dark = {
    ...parts(Float32Array.from(LEVELS)),
    test: { inputs: Float32Array.from(bits), targets: CLASSES, count: 4 },
  }
  assert.deepEqual([...dataSet(dark).test.inputs], bits)
})

test('16 bits are 65536 levels', () => {
  const levels = Uint16Array.from(LEVELS, (level) => level * 257)
  const { inputs } = dataSet(parts(levels, CLASSES, 65_536)).train
  assert.equal(inputs, levels)
  assert.deepEqual([...dataSet(parts([...levels], CLASSES, 65_536)).train.inputs], [...levels])
})

test('one-hot rows are classes', () => {
  const hot = CLASSES.flatMap((label) => [Number(label === 0), Number(label === 1)])
  for (const given of [hot, Float32Array.from(hot), Uint8Array.from(hot), CLASSES.map((k) => [1 - k, k])])
    assert.deepEqual([...dataSet(parts(LEVELS, given)).train.targets!], CLASSES)
})

const WRONG: [string, () => DataSetParts, RegExp][] = [
  [
    'labels from 1',
    () => parts(LEVELS, [1, 2, 2, 1]),
    /^the training split of own: target 1 is 2, which is not below its 2 classes, counted from 0 to 1: here they are counted from 1, so take 1 from each$/,
  ],
  [
    'one label too large',
    () => parts(LEVELS, [0, 1, 7, 0]),
    /^the training split of own: target 2 is 7, which is not below its 2 classes, counted from 0 to 1$/,
  ],
  ['labels below 0', () => parts(LEVELS, [0, -1, 1, 0]), /: target 1 is -1: classes are counted from 0 to 1$/],
  [
    'numbers to predict',
    () => parts(LEVELS, new Float32Array([0, 0.25, 0.5, 0.75])),
    /: target 1 is 0\.25, which is no class: classes are whole numbers from 0 to 1; numbers that are to be predicted are a target of the kind 'values'$/,
  ],
  [
    'rows that are nearly one-hot',
    () => parts(LEVELS, [1, 0, 0, 1, 0.1, 0.9, 1, 0]),
    /: 4 samples need as many classes, one each, not 8 numbers: those of sample 2 are no one-hot row, a single 1 among zeros$/,
  ],
  ['rows with two ones', () => parts(LEVELS, [1, 0, 1, 1, 0, 1, 1, 0]), /those of sample 1 are no one-hot row/],
  [
    'too many labels',
    () => parts(LEVELS, [0, 1, 0, 1, 0]),
    /: 4 samples need as many classes, one each \(or one-hot rows of 2, 8 numbers\), not 5 numbers$/,
  ],
  ['no labels', () => parts(LEVELS, []), /: 4 samples need as many classes, .* not 0 numbers$/],
  [
    'fractions above 1',
    () => parts(LEVELS.map((level) => level + 0.25)),
    /: input 0 holds 0\.25, which is not a level from 0 to 255, nor are all of them parts of 1; leave `levels` out where inputs are real numbers$/,
  ],
  [
    'parts of 1 between levels',
    () => parts(LEVELS.map((_, i) => i / 24)),
    /: input 0 holds 0\.04166.*, which is none of 256 levels, 0, 1\/255, 2\/255 and so on to 1: round the inputs to levels, or leave/,
  ],
  [
    'standardised numbers',
    () => parts(LEVELS.map((level) => level / 100 - 1)),
    /: input 0 holds -1, which is not a level/,
  ],
  [
    'numbers that are none',
    () => parts(Float32Array.from(LEVELS, () => Number.NaN)),
    /: input 0 holds NaN, which is not a level/,
  ],
  [
    '16 bits as 8',
    () => parts(Uint16Array.from(LEVELS, (n) => 257 * n)),
    /: input 0 holds 257, which is not a level from 0 to 255$/,
  ],
  ['a channel missing', () => parts(LEVELS.slice(6)), /: 4 samples need 24 numbers of inputs, not 18$/],
  [
    'words',
    () => parts(LEVELS, ['cat', 'dog'] as never),
    /^the targets of the training split of own hold "cat" at place 0: hand over numbers$/,
  ],
  [
    'gaps',
    () => parts(LEVELS, Object.assign(new Array(4), { 0: 0, 2: 1, 3: 0 }) as never),
    /^the targets of .* hold undefined at place 1: hand over numbers$/,
  ],
  [
    'a tensor of another library',
    () => parts({ dataSync: () => LEVELS } as never),
    /^the inputs of the training split of own are an object \(Object\): hand over a typed array or a list of numbers$/,
  ],
  [
    'rows of different lengths',
    () => parts([LEVELS.slice(0, 6), LEVELS.slice(0, 5)] as never),
    /^the inputs of .* differ in their size: 6 numbers at place 0, 5 at place 1$/,
  ],
  [
    'no inputs',
    () => ({ ...parts(LEVELS), train: { images: LEVELS, count: 4 } as never }),
    /^the inputs of .* are missing: /,
  ],
  [
    'no split',
    () => ({ ...parts(LEVELS), test: undefined as never }),
    /^the test split of own is undefined: hand over/,
  ],
  [
    'no description',
    () => ({ ...parts(LEVELS), input: undefined as never }),
    /^own does not say what its inputs are: give input, /,
  ],
  [
    'no task',
    () => ({ ...parts(LEVELS), target: undefined as never }),
    /^own does not say what its targets are: give target, /,
  ],
  ['one class', () => ({ ...parts(LEVELS), target: { kind: 'class', count: 1 } }), /^own has one class alone: /],
  [
    'too many levels',
    () => parts(LEVELS, CLASSES, 2 ** 24),
    /^the inputs of own have 16777216 levels: a whole number from 2 to 65536, /,
  ],
]

for (const [what, make, message] of WRONG)
  test(`${what}: every rule says the same sentence, before anything is trained`, async () => {
    for (const rule of RULES)
      await assert.rejects(train({ rule, data: make(), out: false }).next(), { name: 'UserError', message }, rule.id)
  })

test('real numbers are float32, and what float32 cannot hold is refused', () => {
  const real = (inputs: GivenNumbers): DataSetParts => ({ ...parts(inputs), input: { shape: [6] } })
  assert.deepEqual(
    dataSet(real(LEVELS.map((n) => n / 7))).train.inputs,
    Float32Array.from(LEVELS, (n) => n / 7),
  )
  assert.throws(() => dataSet(real(LEVELS.map(() => 1e39))), /: input 0 holds 1e\+39, which is not a finite number$/)
})

test('more classes than pixels: a network whose label takes the first pixels says so', async () => {
  const forward = RULES.find(({ id }) => id === 'forward-forward')!
  const targets = Uint8Array.from({ length: 40 }, (_, i) => i % 10)
  for (const [count, pixels] of [
    [10, 9],
    [9, 9],
  ] as const) {
    const split = { inputs: new Uint8Array(40 * pixels), targets: targets.map((label) => label % count), count: 40 }
    const data = {
      ...{ name: 'small', train: split, test: split },
      ...{ input: { shape: [1, 3, 3], levels: 256 }, target: { kind: 'class', count } as const },
    }
    await assert.rejects(train({ rule: forward, data, out: false }).next(), {
      name: 'UserError',
      message: new RegExp(
        `^the label takes the place of the first pixels, one for each class: ${count} classes leave nothing of the 9 pixels`,
      ),
    })
  }
})

test('inputs of a shape that a rule cannot read are refused in a sentence, never with a stack', async () => {
  for (const shape of [[13], [3, 5], [1, 2, 5, 5], [1, 1, 4], [1, 1, 1]])
    for (const rule of RULES) {
      const takes = (hyper: Readonly<Record<string, unknown>>): boolean => rule.hyper.safeParse(hyper).success
      const [few = {}] = [{ units: [4, 5] }, { latents: 4 }].filter(takes)
      const networks = [few, { ...few, network: 'convolutional' }].filter(takes)
      const size = shape.reduce((a, b) => a * b)
      const split = {
        inputs: new Uint8Array(20 * size),
        targets: CLASSES.concat(CLASSES, CLASSES, CLASSES, CLASSES),
        count: 20,
      }
      const data = { ...parts(LEVELS), input: { shape, levels: 256 }, train: split, test: split }
      for (const hyper of networks) {
        const begun = train({ rule, data, hyper, out: false })
        await begun.next().catch((error) => assert.equal(error.name, 'UserError', `${rule.id} ${shape}: ${error}`))
        await begun.return(undefined)
      }
    }
})
