import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { certifyRule } from '../../src/rules/certify.js'
import { fileOf, findRule } from '../../src/rules/load.node.js'
import { traceRule } from '../../src/rules/trace.js'
import { RULE_FILE } from '../cli/rule-file.js'
import { taskOf } from './harness.js'

const folder = mkdtempSync(join(tmpdir(), 'onward-rule-'))
after(() => rmSync(folder, { recursive: true }))
const file = (name: string, content: string): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

test('rules are found by their names in any case, and in files with a path and a hash', async () => {
  assert.equal((await findRule('FORWARD-FORWARD')).id, 'forward-forward')
  assert.equal(fileOf(await findRule('backprop')), undefined)
  const path = file('rule.mjs', RULE_FILE)
  const rule = await findRule(path)
  assert.equal(rule.id, 'one-layer')
  assert.deepEqual(fileOf(rule), { path, sha256: createHash('sha256').update(RULE_FILE).digest('hex') })
})

test('a rule far from any copy of onward traces with this one', async () => {
  const rule = await findRule(file('far.mjs', RULE_FILE))
  const task = taskOf({ shape: [1, 3, 3] })
  assert.equal(certifyRule(rule, task, rule.hyper.parse({})).layers[0]!.name, 'layer 0')
})

test('the only exported rule is taken where none is the default', async () => {
  const rule = await findRule(
    file('named.mjs', `${RULE_FILE.replace('export default', 'export const mine =')}\nexport const other = 3`),
  )
  assert.equal(rule.id, 'one-layer')
})

// What a rule hands back would otherwise be measured, or dropped, without a word.
const MISSHAPEN: [from: string, to: string, message: RegExp][] = [
  ['-1])) }),', '-1])).sum(0) }),', /^scores of predict must be \[20, 10\], and is \[10\]$/],
  [
    'network: { loss }',
    'network: { loss: layer.bias }',
    /^the metric loss of the step joint must be \[\], and is \[10\]$/,
  ],
  [
    'network: { loss }',
    'network: { loss: 3 }',
    /^the metric loss of the step joint must be a tensor \[\], and is none$/,
  ],
  [
    'network: { loss }',
    'network: { "loss/a": loss }',
    /^the step joint names a figure or a block "loss\/a": a name has no "\/"$/,
  ],
  [
    '{ layer: next, optimizer: state }',
    '{ layer: next }',
    /^the step joint must return the whole state, and leaves opt/,
  ],
  [
    'optimizer: state }, {',
    'optimizer: state, more: loss }, {',
    /^the step joint returns more, which init does not make$/,
  ],
  [
    'layer: next',
    'layer: { ...next, bias: loss }',
    /^the step joint gets layer\.bias as float32 \[10\] and returns it as /,
  ],
  [
    'return [{ layer: next, optimizer: state },',
    'return [',
    /^the step joint must return a list of the next state and its/,
  ],
]

test('a rule that hands back what is no state, no metric or no score is refused by what it is of', async () => {
  for (const [i, [from, to, message]] of MISSHAPEN.entries()) {
    const rule = await findRule(file(`misshapen-${i}.mjs`, RULE_FILE.replace(from, to)))
    const task = { ...taskOf({ shape: [1, 3, 3] }), batch: 20, target: { kind: 'class', count: 10 } as const }
    assert.notEqual(RULE_FILE.replace(from, to), RULE_FILE, from)
    assert.throws(() => traceRule(rule, task, rule.hyper.parse({})).steps, { name: 'UserError', message })
  }
})

test('blocks of one name are refused', async () => {
  const block = "{ name: 'layer 0', parameters: ['layer'] }"
  const rule = await findRule(file('blocks.mjs', RULE_FILE.replace(block, `${block}, ${block}`)))
  const message = 'one-layer has a block "layer 0": each has a name of its own, without "/"'
  assert.throws(() => certifyRule(rule, taskOf({ shape: [1, 3, 3] })), { name: 'UserError', message })
})

const WRONG: [name: string, content: string, message: RegExp][] = [
  ['nothing.mjs', 'const rule = 1', /nothing\.mjs exports nothing: it must export a rule as its default\.$/],
  ['number.mjs', 'export default 3', /number\.mjs exports no rule: of "default", it is no object\.$/],
  ['half.mjs', 'export default { id: "half" }', /of "default", it has no title \(a string\)\.$/],
  ['zod.mjs', RULE_FILE.replace(/z\.strictObject\(\{[\s\S]*?\}\),\n/, '{},'), /its hyper is no schema of zod 4\.$/],
  ['steps.mjs', RULE_FILE.replace('steps:', 'step:'), /of "default", it has no steps \(a function\)\.$/],
  [
    'two.mjs',
    `${RULE_FILE.replace('export default', 'export const a =')}\nexport const b = { ...a, id: 'b' }`,
    /two\.mjs exports several rules \(a, b\): make one of them the default export\.$/,
  ],
  ['throws.mjs', '\nthrow new TypeError("oh")', /throws\.mjs:2: TypeError: oh\.$/],
  ['common.cjs', 'export default {}', /common\.cjs is read as CommonJS: end its name in \.mjs/],
  ['syntax.mjs', '\n\nexport default {{', /syntax\.mjs:3: SyntaxError: /],
  ['import.mjs', 'import x from "no-such-package-here"', /the package "no-such-package-here", which is not installed/],
]

for (const [name, content, message] of WRONG)
  test(`refused with the place: ${name}`, async () => {
    await assert.rejects(findRule(file(name, content).replace(/^\.\//, '')), {
      name: 'UserError',
      exitCode: 2,
      message,
    })
  })

test('a module that waits for ever is refused after ten seconds', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const found = findRule(file('waits.mjs', 'await new Promise(() => {})'))
  t.mock.timers.tick(10_000)
  await assert.rejects(found, { exitCode: 2, message: /waits\.mjs has not come to the end of its code in 10 s/ })
})

test('TypeScript is told where Node does not run it, and a missing file or a folder where a file is wanted', async (t) => {
  mkdirSync(join(folder, 'sub'))
  await assert.rejects(findRule(`${folder}/sub`), { message: /sub is no rule: it is a folder/, exitCode: 2 })
  await assert.rejects(findRule(`${folder}/none.js`), { message: /none\.js is no rule: there is no such file/ })
  if ('typescript' in process.features) return t.skip('this Node runs TypeScript')
  await assert.rejects(findRule(file('rule.ts', RULE_FILE)), {
    message: /rule\.ts is TypeScript, which Node .* compile it/,
  })
})
