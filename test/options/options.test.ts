import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { checkOptions } from '../../src/options/check.js'
import { describeKind, optionTable, showValue } from '../../src/options/table.js'
import { parseValue, withValue } from '../../src/options/values.js'

const schema = z.strictObject({
  units: z.array(z.int().min(1)).min(1).default([500, 500]).describe('units of each layer'),
  rate: z.number().positive().default(0.1),
  momentum: z.number().min(0).max(1).default(0.9),
  theta: z.number().optional(),
  shared: z.boolean().default(true),
  loss: z.enum(['threshold', 'symba']).default('symba'),
  threads: z.union([z.literal('auto'), z.int().min(1)]).default('auto'),
  augment: z.strictObject({ shift: z.int().min(0).default(0), flip: z.boolean().default(false) }).prefault({}),
})
const table = optionTable(schema)
const kind = (key: string) => table.find(({ name }) => name === key)!.kind
const parse = (key: string, text: string): unknown => parseValue(kind(key), text, `--set ${key}`)
const fails = (work: () => unknown, message: string) =>
  assert.throws(work, { name: 'UserError', message, exitCode: 2 } as Error)

test('the table holds the names, defaults and descriptions of the schema, and what each option takes in words', () => {
  const words = Object.fromEntries(table.map((option) => [option.name, describeKind(option.kind)]))
  assert.deepEqual(words, {
    units: 'a list such as 1,2: each a whole number at least 1',
    rate: 'a number above 0',
    momentum: 'a number from 0 to 1',
    theta: 'a number',
    shared: 'true or false',
    loss: 'one of threshold, symba',
    threads: 'auto, or a whole number at least 1',
    'augment.shift': 'a whole number at least 0',
    'augment.flip': 'true or false',
  })
  assert.deepEqual(table[0], { ...table[0], description: 'units of each layer', fallback: [500, 500] })
  assert.ok(!('fallback' in table.find(({ name }) => name === 'theta')!))
  assert.deepEqual([[500, 500], [], undefined, true].map(showValue), ['500,500', 'none', 'unset', 'true'])
})

test('text becomes the value that the schema wants', () => {
  assert.deepEqual(parse('units', '500,500'), [500, 500])
  assert.deepEqual(parse('units', '[7]'), [7])
  assert.deepEqual(parse('units', ' 1, 2 '), [1, 2])
  assert.deepEqual(parse('units', 'none'), [])
  assert.equal(parse('rate', '1e-3'), 0.001)
  assert.equal(parse('shared', 'false'), false)
  assert.equal(parse('loss', 'threshold'), 'threshold')
  assert.equal(parse('threads', 'auto'), 'auto')
  assert.equal(parse('threads', '2'), 2)
  assert.equal(parse('augment.flip', 'yes'), true)
})

test('a choice among numbers is one of these numbers, as typed too', () => {
  for (const bits of [z.union([z.literal(8), z.literal(32)]), z.literal([8, 32])]) {
    const numbers = z.strictObject({ bits: bits.default(32) })
    const [option] = optionTable(numbers)
    assert.equal(describeKind(option!.kind), 'one of 8, 32')
    assert.deepEqual(checkOptions(numbers, { bits: parseValue(option!.kind, '8', '--bits') }, 'rule'), { bits: 8 })
    fails(() => parseValue(option!.kind, '16', '--bits'), '--bits takes one of 8, 32, not "16".')
  }
})

test('text that is no such value is refused with what would be, and the nearest choice', () => {
  fails(() => parse('rate', 'fast'), '--set rate takes a number above 0, not "fast".')
  fails(() => parse('rate', ''), '--set rate takes a number above 0, not "".')
  fails(() => parse('shared', 'maybe'), '--set shared takes true or false, not "maybe".')
  fails(() => parse('loss', 'simba'), '--set loss takes one of threshold, symba, not "simba". Did you mean "symba"?')
  fails(() => parse('units', '5,x'), 'each item of --set units takes a whole number at least 1, not "x".')
})

test('checked values have their defaults; the first wrong one is named with what it takes and what came', () => {
  const check = (values: Record<string, unknown>) => checkOptions(schema, values, 'a rule')
  assert.equal(check({ rate: 0.5 }).rate, 0.5)
  assert.deepEqual(check({}).units, [500, 500])
  fails(() => check({ rate: -1 }), 'the option rate of a rule takes a number above 0, not -1.')
  fails(
    () => check({ units: [3, 0] }),
    'each item of the option units of a rule takes a whole number at least 1, not 0.',
  )
  fails(
    () => check({ units: [2.5] }),
    'each item of the option units of a rule takes a whole number at least 1, not 2.5.',
  )
  fails(() => check({ units: [] }), 'the option units of a rule needs at least one item, and got none.')
  fails(
    () => check({ units: 5 }),
    'the option units of a rule takes a list such as 1,2: each a whole number at least 1, not 5.',
  )
  fails(
    () => check({ loss: 'simba' }),
    'the option loss of a rule takes one of threshold, symba, not simba. Did you mean "symba"?',
  )
  fails(
    () => check({ augment: { shift: -1 } }),
    'the option augment.shift of a rule takes a whole number at least 0, not -1.',
  )
  fails(() => check({ augment: 3 }), 'the option augment of a rule takes an object, not 3.')
  const known = table.map(({ name }) => name).join(', ')
  fails(() => check({ unit: 1 }), `There is no option of a rule "unit". Did you mean "units"? Known: ${known}.`)
  fails(
    () => check({ augment: { shfit: 1 } }),
    `There is no option of a rule "augment.shfit". Did you mean "augment.shift"? Known: ${known}.`,
  )
})

test('setting a key in a group leaves the others and the given values alone', () => {
  const before = { augment: { flip: true } }
  assert.deepEqual(withValue(before, 'augment.shift', 2), { augment: { flip: true, shift: 2 } })
  assert.deepEqual(before, { augment: { flip: true } })
})

test('a schema that changes what it reads, or that no file can hold, is refused: a run would go on with other settings', () => {
  const halved = z.strictObject({ rate: z.number().transform((rate) => rate / 2) })
  fails(
    () => checkOptions(halved, { rate: 1 }, 'mine'),
    'the option rate of mine is 0.5, and 0.25 when it is read again: its schema must not change what it reads.',
  )
  const since = z.strictObject({ since: z.date() })
  assert.throws(
    () => checkOptions(since, { since: new Date(0) as never }, 'mine'),
    /^UserError: mine does not take its own options from a file: .*expected date, received string\.$/,
  )
})

test('a whole number that would be read as another one is refused with the largest, in the words that were typed', () => {
  const largest = '9007199254740991 (2^53 - 1)'
  const taken = `a whole number at least 0 and at most ${largest}`
  for (const text of ['9007199254740992', '9007199254740993', '18446744073709551615', '1e30'])
    fails(() => parse('augment.shift', text), `--set augment.shift takes ${taken}, not "${text}".`)
  assert.equal(parse('augment.shift', '9007199254740991'), 2 ** 53 - 1)
  fails(
    () => parse('units', '1,9007199254740993'),
    `each item of --set units takes a whole number at least 1 and at most ${largest}, not "9007199254740993".`,
  )
  // JSON has rounded it already.
  const augment = { shift: JSON.parse('9007199254740993') }
  fails(() => checkOptions(schema, { augment }, 'x'), `the option augment.shift of x takes ${taken}, not a larger one.`)
})
