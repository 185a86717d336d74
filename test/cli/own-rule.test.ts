// At most 25 s: a trial of a search, and seven commands, are processes of their own.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeDataSet } from '../../src/data/index.js'
import { drawRun, evaluate, exportRun, findRule, predict, readConfig, resume } from '../../src/node.js'
import { events, onward, start, workFolder } from './onward.js'
import { RULE_FILE } from './rule-file.js'

const folder = workFolder()
const [run, path] = [join(folder, 'my run'), join(folder, 'my rule.js')]
const write = (content: string): void => writeFileSync(path, content)
const FILE = './my rule.js'
const data = makeDataSet('glyphs')

test('a rule in a file of its own is listed, certified, helped with, trained and used by its path', async () => {
  write(RULE_FILE)
  const told = await onward(folder, 'rules', FILE)
  assert.match(
    told.stdout,
    /^One layer: a softmax on the pixels\.[\s\S]*rate=0\.01 +step size of Adam[\s\S]*slow +smaller/,
  )
  assert.deepEqual([told.code, told.stderr], [0, ''])
  assert.doesNotMatch(told.stdout, /docs\/rules/)
  assert.match((await onward(folder, 'train', FILE, '--help')).stdout, /Options of one-layer[\s\S]*rate=0\.01/)
  assert.match(
    (await onward(folder, 'certify', FILE, '--preset', 'slow')).stdout,
    /^one-layer \(our own\)\n {2}layer 0 /,
  )

  const flags = ['--data', 'glyphs', '--limit', '200', '--threads', '1', '--out', 'my run']
  const trained = await onward(folder, 'train', FILE, ...flags, '--set', 'rate=0.02', '--epochs', '1')
  assert.equal(trained.code, 0, trained.stderr)
  assert.match(trained.stdout, /use it with: onward evaluate 'my run' --rule '\.\/my rule\.js'\n$/)
  assert.equal(readConfig(run).ruleFile?.path, FILE)
  const longer = await onward(folder, 'train', FILE, '--resume', 'my run', '--epochs', '2', '--json')
  assert.equal(longer.code, 0, longer.stderr)
  const evaluated = JSON.parse((await onward(folder, 'evaluate', 'my run', '--rule', FILE, '--json')).stdout)
  assert.deepEqual(evaluated.test, events(longer).at(-1).test)
})

test('a search names the file of the rule in the command that it gives', async () => {
  write(RULE_FILE)
  const flags = ['--data', 'glyphs', '--limit', '200', '--epochs', '1', '--space', 'rate=0.01,0.02', '--trials', '1']
  const { stdout, stderr } = await onward(folder, 'tune', FILE, ...flags, '--study', 's.jsonl')
  assert.match(stdout, /\nTrain with these settings: onward train '\.\/my rule\.js' --config s\.best\.json\n$/, stderr)
})

test('the library takes the path of a rule, and a rule, wherever it takes a run', async () => {
  const rule = await findRule(path)
  const evaluation = await evaluate(run, { rule, data })
  assert.deepEqual(await evaluate(run, { rule: path, data }), evaluation)
  assert.equal((await exportRun(run, { rule, data, out: join(folder, 'model.onnx') })).checkedOn, '20 test samples')
  assert.equal((await predict(run, [new Uint8Array(784)], { rule: path })).length, 1)
  await assert.rejects(drawRun(run, { rule: path, data, count: 1, seed: 0 }), /one-layer draws no pictures/)
  await assert.rejects(evaluate(run), { message: /trained by the rule "one-layer", from \.\/my rule\.js/, exitCode: 2 })
  await assert.rejects(evaluate(run, { rule: 'backprop' }), { message: /trained by one-layer, not by backprop$/ })
})

test('without being named, the code of a run does not run, and the whole command is told', async () => {
  write(`console.log('it ran')\n${RULE_FILE}`)
  for (const [args, command] of [
    [['evaluate', 'my run', '--json'], `onward evaluate 'my run' --json --rule './my rule.js'`],
    [['predict', 'my run', 'x.png'], `onward predict 'my run' x.png --rule './my rule.js'`],
    [['train', '--resume', 'my run'], `onward train './my rule.js' --resume 'my run'`],
    [['train', '--config', 'my run/config.json'], `onward train './my rule.js' --config 'my run/config.json'`],
    [['tune', '--config', 'my run/config.json'], `onward tune './my rule.js' --config 'my run/config.json'`],
    [['up', 'pipeline', '--resume', 'my run'], `onward up pipeline './my rule.js' --resume 'my run'`],
    [
      ['up', 'federated', '--config', 'my run/config.json'],
      `onward up federated './my rule.js' --config 'my run/config.json'`,
    ],
  ] as const) {
    // In a process of its own: the whole command is what the process was started with.
    const { code, stdout, stderr } = await start(folder, args).ended
    assert.deepEqual([code, stdout], [2, ''], stderr)
    assert.ok(stderr.endsWith(`runs only where a command names it: ${command}\n`), stderr)
  }
})

test('a changed file is refused until that is asked for, and then its hash is kept', async () => {
  write(`${RULE_FILE}\n// changed`)
  const refused = await onward(folder, 'evaluate', 'my run', '--rule', FILE)
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /is not the file that the run in my run was trained by.*--changed-rule/)
  assert.ok((await evaluate(run, { rule: path, data, changedRule: true })).test.network)
  const before = readConfig(run).ruleFile!.sha256
  for await (const _ of resume(run, { rule: path, data, epochs: 3, changedRule: true }));
  assert.notEqual(readConfig(run).ruleFile!.sha256, before)
  assert.ok((await evaluate(run, { rule: path, data })).test.network)
})

test("a rule of one's own under the name of one of Onward's is neither trained nor used", async () => {
  write(RULE_FILE.replace("id: 'one-layer'", "id: 'backprop'"))
  const message = /^onward: a rule of one's own cannot have the id of one of Onward's, backprop: give it another\n$/
  const trained = await onward(folder, 'train', FILE, '--data', 'glyphs', '--limit', '200', '--out', 'named')
  assert.equal(trained.code, 2)
  assert.match(trained.stderr, message)
  const flags = ['--data', 'glyphs', '--limit', '200', '--set', 'units=10', '--epochs', '1', '--out', 'ours']
  assert.equal((await onward(folder, 'train', 'backprop', ...flags)).code, 0)
  assert.match((await onward(folder, 'evaluate', 'ours', '--rule', FILE)).stderr, message)
})

test('an error in the code of a rule is told with its line', async () => {
  write(RULE_FILE.replace('const loss =', 'const loss = x.nothing() +'))
  const { code, stderr } = await onward(folder, 'certify', FILE)
  assert.deepEqual([code, stderr], [1, 'onward: ./my rule.js:24: TypeError: x.nothing is not a function\n'])
})
