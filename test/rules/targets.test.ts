// Every rule takes each kind of target that it states.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Target } from '../../src/data/index.js'
import { UserError } from '../../src/errors.js'
import { RULES } from '../../src/rules/registry.js'
import { taskFor } from '../../src/rules/task.js'
import { traceRule } from '../../src/rules/trace.js'
import { batchFor, evaluate, initialState } from './harness.js'

const TARGETS: readonly Target[] = [
  { kind: 'class', count: 3 },
  { kind: 'labels', count: 3 },
  { kind: 'values', count: 3 },
  { kind: 'none' },
]

for (const rule of RULES.filter(({ targets }) => targets))
  for (const target of TARGETS.filter(({ kind }) => rule.targets!.includes(kind)))
    test(`${rule.id} takes the target ${target.kind}: a step and a prediction give finite numbers`, () => {
      const hyper = rule.hyper.parse(rule.small?.hyper ?? { units: [6, 5] })
      const task = taskFor({ input: { shape: [1, 4, 4], levels: 256 }, target }, { batch: 4 })
      const traced = traceRule(rule, task, hyper)
      let after: ReturnType<typeof evaluate> = { state: initialState(traced), metrics: {} }
      for (const step of Object.values(traced.steps)) after = evaluate(step, after.state, batchFor(step, task))
      const said = evaluate(traced.predict, after.state, batchFor(traced.predict, task)).metrics
      for (const [name, numbers] of Object.entries({ ...after.state, ...after.metrics, ...said }))
        assert.ok(numbers.every(Number.isFinite), name)
      if (rule.predict) assert.equal(said.scores!.length, 12)
    })

test('what needs one class a sample, of a rule that learns other targets too, says which setting does not', () => {
  const message = (id: string, options: object, target: Target): string => {
    const rule = RULES.find((own) => own.id === id)!
    const task = taskFor({ input: { shape: [1, 4, 4], levels: 256 }, target }, { batch: 4 })
    try {
      traceRule(rule, task, rule.hyper.parse({ units: [6, 5], ...options })).steps
    } catch (error) {
      assert.ok(error instanceof UserError && error.exitCode === 2)
      return error.message
    }
    assert.fail(`${id} took ${target.kind}`)
  }
  for (const target of TARGETS.filter(({ kind }) => kind === 'labels' || kind === 'values')) {
    const says = (what: string, instead: string): string =>
      `${what} needs one class a sample, not ${target.kind}: choose ${instead}, or a data set with classes`
    for (const topTarget of ['output', 'label-autoencoder'])
      assert.equal(
        message('target-propagation', { topTarget }, target),
        says(`topTarget=${topTarget}`, 'topTarget=gradient'),
      )
    assert.equal(
      message('uff', { readOut: 'solved' }, target),
      says('a solved read-out', 'a trained one (readOut=trained)'),
    )
  }
})
