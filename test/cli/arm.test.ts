import assert from 'node:assert/strict'
import test from 'node:test'
import { readArm } from '../../src/cli/arm.js'
import { UsageError } from '../../src/errors.js'

const refused = (text: string, message: RegExp, shared: string[] = []): Promise<void> =>
  assert.rejects(readArm(text, shared), (error: Error) => error instanceof UsageError && message.test(error.message))

test('a rule alone, by its id or its short name in any case', async () => {
  for (const text of ['forward-forward', 'FF', ' ff ']) {
    const { name, rule, preset, hyper } = await readArm(text)
    assert.deepEqual([name, rule.id, preset, hyper], ['forward-forward', 'forward-forward', undefined, {}])
  }
})

test('a preset and options; commas within a value belong to it', async () => {
  const { name, preset, hyper } = await readArm('ff@quick:units=100,50,rate=0.1,negatives=uniform')
  assert.equal(name, 'forward-forward@quick:units=100,50,rate=0.1,negatives=uniform')
  assert.deepEqual([preset, hyper], ['quick', { units: [100, 50], rate: 0.1, negatives: 'uniform' }])
  assert.deepEqual((await readArm('bp:rate=0.1')).hyper, { rate: 0.1 })
})

test('what is set for all arms lies under the arm’s own', async () => {
  const { name, hyper } = await readArm('bp:rate=0.1', ['rate=0.5', 'units=7'])
  assert.deepEqual([name, hyper], ['backprop:rate=0.1', { rate: 0.1, units: [7] }])
})

test('what is wrong is named, with the nearest that is right', async () => {
  await refused('', /An arm is RULE\[@PRESET\]\[:KEY=VALUE,\.\.\.\], such as .*, not ""/)
  await refused('ff@', /An arm is/)
  await refused('ff:', /An arm is/)
  await refused('@quick', /An arm is/)
  await refused('foward-forward', /There is no rule "foward-forward"\. Did you mean "forward-forward"\?/)
  await refused('ff@quik', /There is no preset of forward-forward "quik"\. Did you mean "quick"\?/)
  await refused('ff:unit=5', /There is no option of forward-forward "unit"\. Did you mean "units"\?/)
  await refused('ff:units', /"units" in ff:units is none/)
  await refused('bp:rate=fast', /rate in the arm bp:rate=fast takes a number above 0, not "fast"/)
  await refused('trifecta', /--set units is meant for all arms, and trifecta has no option units/, ['units=5'])
})

test('a rule in a file is named by its path, which may have an @ and a colon', async () => {
  await refused('./no@where:rule.js@quick', /no@where:rule\.js/)
})
