import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { readDistribution, write } from '../../src/tune/journal.js'
import { openStudyFile, readStudy } from '../../src/tune/journal.node.js'
import { beginTrial, enqueue, fixedOf, interrupt } from '../../src/tune/record.js'
import { nextTurn, turnOf } from '../../src/tune/study.js'
import { dimension, float } from './search.js'

const newPath = (): string => join(mkdtempSync(join(tmpdir(), 'onward-study-')), 'study.jsonl')

/**
 * What the format's own storage would make of a journal, from its published description: which fields each operation must
 * have and of which types, that ids count trials, and that nothing changes a finished trial.
 */
function checkAsOptuna(text: string): { states: number[]; params: Record<string, unknown>[] } {
  const states: number[] = []
  const params: Record<string, unknown>[] = []
  let studies = 0
  const isText = (value: unknown): void => assert.equal(typeof value, 'string')
  const isTime = (value: unknown): void => assert.match(String(value), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$/)
  const external = (text: string, number: number): unknown => {
    const { name, attributes } = JSON.parse(text)
    if (name === 'CategoricalDistribution') {
      assert.deepEqual(Object.keys(attributes), ['choices'])
      assert.ok(Number.isInteger(number) && number >= 0 && number < attributes.choices.length)
      return attributes.choices[number]
    }
    assert.ok(name === 'FloatDistribution' || name === 'IntDistribution', name)
    assert.deepEqual(Object.keys(attributes).sort(), ['high', 'log', 'low', 'step'])
    assert.ok(name === 'FloatDistribution' || attributes.step >= 1)
    assert.ok(!attributes.log || attributes.step === (name === 'IntDistribution' ? 1 : null))
    assert.ok(number >= attributes.low && number <= attributes.high)
    return number
  }
  assert.ok(text.endsWith('\n'))
  for (const line of text.trimEnd().split('\n')) {
    const entry = JSON.parse(line)
    isText(entry.worker_id)
    const open = (): void => assert.ok(states[entry.trial_id] === 0 || states[entry.trial_id] === 4, line)
    const one = (value: object): void => assert.equal(Object.keys(value).length, 1)
    switch (entry.op_code) {
      case 0:
        isText(entry.study_name)
        assert.ok(entry.directions.every((direction: unknown) => direction === 1 || direction === 2))
        studies++
        break
      case 2:
        one(entry.user_attr)
        assert.ok(entry.study_id < studies)
        break
      case 4:
        assert.ok(entry.study_id < studies)
        if (entry.datetime_start !== null) isTime(entry.datetime_start)
        for (const key of ['user_attrs', 'system_attrs', 'intermediate_values'])
          assert.equal(typeof entry[key], 'object')
        assert.deepEqual(Object.keys(entry.params), Object.keys(entry.distributions))
        states.push(entry.state)
        params.push(
          Object.fromEntries(
            Object.entries(entry.params).map(([name, number]) => [
              name,
              external(entry.distributions[name], number as number),
            ]),
          ),
        )
        break
      case 5:
        open()
        params[entry.trial_id]![entry.param_name] = external(entry.distribution, entry.param_value_internal)
        break
      case 6:
        open()
        assert.ok([0, 1, 2, 3, 4].includes(entry.state))
        isTime(entry.state === 0 ? entry.datetime_start : entry.datetime_complete)
        assert.ok(entry.values === null || entry.values.every(Number.isFinite))
        states[entry.trial_id] = entry.state
        break
      case 7:
        open()
        assert.ok(Number.isInteger(entry.step) && Number.isFinite(entry.intermediate_value))
        break
      case 8:
      case 9:
        open()
        one(entry.op_code === 8 ? entry.user_attr : entry.system_attr)
        break
      default:
        assert.fail(line)
    }
  }
  return { states, params }
}

const SPACE = [
  dimension('rate', float(1e-4, 1, true)),
  dimension('size', { kind: 'int', low: 1, high: 9, log: false, step: 2 }),
  dimension('way', { kind: 'choice', choices: ['a', 2, true] }),
]

test('what is written is a journal as Optuna reads it, and is read again as it was', () => {
  const path = newPath()
  const file = openStudyFile(path)
  file.add(write.createStudy('s', ['maximize']), write.studyNote('onward', { a: 1 }))
  enqueue(file, { rate: 0.5, way: 2 })
  enqueue(file, { rate: 0.5, way: 2 })
  const waiting = file.study()!.trials[0]!
  assert.deepEqual([waiting.state, fixedOf(waiting), turnOf(waiting)], ['waiting', { rate: 0.5, way: 2 }, 0])
  beginTrial(file, SPACE, { rate: 0.5, size: 3, way: 1 }, 0, waiting)
  file.add(write.report(0, 1, 0.25), write.note(0, 'figures', { accuracy: 0.5 }), write.state(0, 'complete', [0.5]))
  assert.equal(beginTrial(file, SPACE, { rate: 0.1, size: 9, way: 0 }, 1, undefined), 1)
  file.add(write.report(1, 1, 0.125), write.state(1, 'pruned', [0.125]))
  beginTrial(file, SPACE, { rate: 0.2, size: 1, way: 2 }, 2, undefined)
  file.add(write.note(2, 'diverged', 'beyond'), write.state(2, 'failed'))
  const { states, params } = checkAsOptuna(readFileSync(path, 'utf8'))
  assert.deepEqual(states, [1, 2, 3])
  assert.deepEqual(params[0], { rate: 0.5, size: 3, way: 2 })
  assert.deepEqual(params[2], { rate: 0.2, size: 1, way: true })
  const study = file.study()!
  assert.deepEqual(readStudy(path), study)
  assert.deepEqual([...study.trials[0]!.reports], [[1, 0.25]])
  assert.deepEqual(study.trials[0]!.values, [0.5])
  assert.deepEqual(study.trials[1]!.distributions, Object.fromEntries(SPACE.map((one) => [one.name, one.distribution])))
  assert.throws(() => openStudyFile(path), /in use by process/)
  file.close()
})

/** By hand, after the published description: what Optuna itself writes of a study of one finished and one waiting trial. */
const BY_HAND = `
{"op_code":0,"worker_id":"6c0-1","study_name":"by hand","directions":[1]}
{"op_code":3,"worker_id":"6c0-1","study_id":0,"system_attr":{"note":"x"}}
{"op_code":4,"worker_id":"6c0-1","study_id":0,"datetime_start":"2026-11-29T12:00:00.000001"}
{"op_code":5,"worker_id":"6c0-1","trial_id":0,"param_name":"rate","param_value_internal":0.01,"distribution":"{\\"name\\": \\"FloatDistribution\\", \\"attributes\\": {\\"step\\": null, \\"low\\": 0.0001, \\"high\\": 1.0, \\"log\\": true}}"}
{"op_code":5,"worker_id":"6c0-1","trial_id":0,"param_name":"way","param_value_internal":1,"distribution":"{\\"name\\": \\"CategoricalDistribution\\", \\"attributes\\": {\\"choices\\": [\\"a\\", 2, true]}}"}
{"op_code":7,"worker_id":"6c0-1","trial_id":0,"step":1,"intermediate_value":NaN}
{"op_code":6,"worker_id":"6c0-1","trial_id":0,"state":1,"values":[0.75],"datetime_complete":"2026-11-29T12:00:01.000000"}
{"op_code":6,"worker_id":"6c0-2","trial_id":0,"state":3,"values":null,"datetime_complete":"2026-11-29T12:00:02.000000"}
{"op_code":4,"worker_id":"6c0-1","study_id":0,"datetime_start":null,"state":4,"value":null,"values":null,"distributions":{},"params":{},"user_attrs":{},"system_attrs":{"fixed_params":{"rate":0.1}},"intermediate_values":{}}
`.trimStart()

test("a journal of Optuna's own is read: what comes after a trial's end is passed over", () => {
  const path = newPath()
  writeFileSync(path, BY_HAND)
  const study = readStudy(path)!
  assert.deepEqual([study.name, study.directions], ['by hand', ['minimize']])
  const [first, second] = study.trials
  assert.deepEqual([first!.state, first!.values, first!.params], ['complete', [0.75], { rate: 0.01, way: 1 }])
  assert.ok(Number.isNaN(first!.reports.get(1)))
  assert.deepEqual([second!.state, fixedOf(second!)], ['waiting', { rate: 0.1 }])
  assert.deepEqual(
    readDistribution('{"name": "IntDistribution", "attributes": {"log": false, "step": 1, "low": 1, "high": 9}}'),
    {
      ...{ kind: 'int', low: 1, high: 9, log: false, step: 1 },
    },
  )
})

test('a line that was torn is cut off; a line that is no operation is refused', () => {
  const path = newPath()
  const before = openStudyFile(path)
  before.add(write.createStudy('s', ['minimize']))
  before.close()
  appendFileSync(path, '{"op_code":4,"worker_id":"x","stu')
  assert.equal(readStudy(path)!.trials.length, 0)
  const after = openStudyFile(path)
  beginTrial(after, SPACE, { rate: 1 }, 0, undefined)
  after.close()
  assert.deepEqual(checkAsOptuna(readFileSync(path, 'utf8')).states, [0])
  writeFileSync(path, 'epoch,loss\n1,2\n')
  assert.throws(() => openStudyFile(path), /line 1 is no operation/)
})

test('trials that a process left behind have failed; their turns are free, and enqueued ones wait again, once', () => {
  const path = newPath()
  const file = openStudyFile(path)
  file.add(write.createStudy('s', ['minimize']))
  enqueue(file, { rate: 0.5 })
  beginTrial(file, SPACE, { rate: 0.5 }, 0, file.study()!.trials[0])
  beginTrial(file, SPACE, { rate: 0.25 }, 1, undefined)
  beginTrial(file, SPACE, { rate: 0.75 }, 2, undefined)
  file.add(write.state(2, 'complete', [1]))
  file.close()
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n')
  const whole = openStudyFile(path)
  assert.equal(interrupt(whole), 2)
  assert.equal(interrupt(whole), 0)
  whole.close()
  const written = readFileSync(path, 'utf8').trimEnd().split('\n')
  // Killed after any line of that: the next process ends it, with the same trials.
  for (let kept = lines.length; kept <= written.length; kept++) {
    const again = newPath()
    writeFileSync(again, `${written.slice(0, kept).join('\n')}\n`)
    const resumed = openStudyFile(again)
    interrupt(resumed)
    const { trials } = resumed.study()!
    assert.deepEqual(
      trials.map(({ state }) => state),
      ['failed', 'failed', 'complete', 'waiting'],
    )
    assert.deepEqual([fixedOf(trials[3]!), turnOf(trials[3]!), nextTurn(trials)], [{ rate: 0.5 }, 0, 1])
    checkAsOptuna(readFileSync(again, 'utf8'))
    resumed.close()
  }
})
