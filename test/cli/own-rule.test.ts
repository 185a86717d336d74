import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readConfig } from '../../src/node.js'
import { onward, workFolder } from './onward.js'
import { RULE_FILE } from './rule-file.js'

const folder = workFolder()
const write = (content: string): void => writeFileSync(join(folder, 'my rule.js'), content)
const FILE = './my rule.js'

test('a rule in a file of its own is listed, certified, helped with, trained and used by its path', async () => {
  write(RULE_FILE)
  const told = await onward(folder, 'rules', FILE)
  assert.match(
    told.stdout,
    /^One layer: a softmax on the pixels\.[\s\S]*rate=0\.01 +step size of Adam[\s\S]*slow: smaller/,
  )
  assert.deepEqual([told.code, told.stderr], [0, ''])
  assert.match((await onward(folder, 'train', FILE, '--help')).stdout, /Options of one-layer[\s\S]*rate=0\.01/)
  assert.match(
    (await onward(folder, 'certify', FILE, '--preset', 'slow')).stdout,
    /^one-layer \(our own\)\n {2}layer 0 /,
  )

  const flags = ['--data', 'glyphs', '--limit', '200', '--out', 'my run']
  const slip = await onward(folder, 'train', FILE, ...flags, '--set', 'rat=1')
  assert.deepEqual([slip.code, slip.stdout], [2, ''])
  assert.match(slip.stderr, /There is no option of one-layer "rat"\. Did you mean "rate"\?/)
  const trained = await onward(folder, 'train', FILE, ...flags, '--set', 'rate=0.02', '--epochs', '1')
  assert.equal(trained.code, 0, trained.stderr)
  assert.match(trained.stdout, /use it with: onward evaluate 'my run' --rule '\.\/my rule\.js'\n$/)
  assert.equal(readConfig(join(folder, 'my run')).ruleFile?.path, FILE)

  const longer = await onward(folder, 'train', FILE, '--resume', 'my run', '--epochs', '2')
  assert.equal(longer.code, 0, longer.stderr)
  const evaluated = JSON.parse((await onward(folder, 'evaluate', 'my run', '--rule', FILE, '--json')).stdout)
  assert.ok(evaluated.test.network.accuracy > 0.3)
  const exported = await onward(folder, 'export', 'my run', '--rule', FILE)
  assert.match(exported.stdout, /checked by running it alone/, exported.stderr)
  const drawn = await onward(folder, 'samples', 'my run', '--rule', FILE)
  assert.match(drawn.stderr, /one-layer draws no pictures/)
})

test('without being named, the code of a run does not run, and the whole command is told', async () => {
  write(`console.log('it ran')\n${RULE_FILE}`)
  for (const [args, command] of [
    [['evaluate', 'my run', '--json'], `onward evaluate 'my run' --json --rule './my rule.js'`],
    [['predict', 'my run', 'x.png'], `onward predict 'my run' x.png --rule './my rule.js'`],
    [['export', 'my run'], `onward export 'my run' --rule './my rule.js'`],
    [['samples', 'my run'], `onward samples 'my run' --rule './my rule.js'`],
    [['train', '--resume', 'my run'], `onward train './my rule.js' --resume 'my run'`],
    [['train', '--config', 'my run/config.json'], `onward train './my rule.js' --config 'my run/config.json'`],
  ] as const) {
    const { code, stdout, stderr } = await onward(folder, ...args)
    assert.deepEqual([code, stdout], [2, ''], stderr)
    assert.ok(stderr.endsWith(`runs only where a command names it: ${command}\n`), stderr)
  }
})

test('a changed file is refused until that is asked for, and then its hash is kept', async () => {
  write(`${RULE_FILE}\n// changed`)
  const refused = await onward(folder, 'evaluate', 'my run', '--rule', FILE)
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /is not the file that the run in my run was trained by.*--changed-rule/)
  const taken = await onward(folder, 'evaluate', 'my run', '--rule', FILE, '--changed-rule')
  assert.match(taken.stdout, /of the test samples right/, taken.stderr)
  const before = readConfig(join(folder, 'my run')).ruleFile!.sha256
  const resumed = await onward(folder, 'train', FILE, '--resume', 'my run', '--epochs', '3', '--changed-rule')
  assert.equal(resumed.code, 0, resumed.stderr)
  assert.notEqual(readConfig(join(folder, 'my run')).ruleFile!.sha256, before)
  assert.equal((await onward(folder, 'evaluate', 'my run', '--rule', FILE)).code, 0)
})

test('an error in the code of a rule is told with its line', async () => {
  write(RULE_FILE.replace('const loss =', 'const loss = x.nothing() +'))
  const { code, stderr } = await onward(folder, 'certify', FILE)
  assert.deepEqual([code, stderr], [1, 'onward: ./my rule.js:24: TypeError: x.nothing is not a function\n'])
})
