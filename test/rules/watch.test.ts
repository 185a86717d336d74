import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { dataSet } from '../../src/data/index.js'
import { certifyRule } from '../../src/rules/certify.js'
import type { Way } from '../../src/rules/contract.js'
import { PASS, phasesOf } from '../../src/rules/phases.js'
import { RULES } from '../../src/rules/registry.js'
import { traceRule } from '../../src/rules/trace.js'
import { compile } from '../../src/runtime/compile.node.js'
import { openTrainer } from '../../src/train/trainer.js'
import { taskOf } from './harness.js'

/** The ways of a certificate that carry something. */
function waysOf({ layers }: ReturnType<typeof certifyRule>): Set<Way> {
  const some = (way: Way, holds: (layer: (typeof layers)[number]) => unknown): Way[] =>
    layers.some(holds) ? [way] : []
  return new Set<Way>([
    'input',
    ...some('label', ({ reads }) => reads.labels === 'input' || reads.labels === 'loss'),
    ...some('derivative', ({ window }) => window > 1),
    ...some('choice', ({ reads }) => reads.choice),
    ...some('broadcast', ({ reads }) => reads.broadcast),
    ...some('feedback', ({ reads }) => reads.feedback),
  ])
}

describe('what is shown of a step', () => {
  for (const rule of RULES)
    test(`${rule.id}: phases are sentences, and what is seen belongs to them and to blocks`, () => {
      const shape = rule.small?.shape ?? [1, 8, 8]
      const task = taskOf({ shape })
      const full = rule.hyper.parse(rule.small?.hyper ?? {}) as { units?: number[] }
      const units = full.units && !rule.small?.hyper?.units && { units: full.units.map(() => 6) }
      const hyper = rule.hyper.parse({ ...rule.small?.hyper, ...units })
      const certificate = certifyRule(rule, task, hyper)
      const phases = phasesOf(rule, hyper, certificate)
      const ways = waysOf(certificate)
      assert.ok(phases.length > 1)
      assert.equal(phases.filter(({ learns }) => learns).length, 1)
      assert.equal(phases.at(-1)!.learns, true)
      for (const { name, says, ways: own } of phases) {
        assert.match(says, /^[A-Z].*\.$/, name)
        for (const way of own) assert.ok(ways.has(way), `${name}: ${way}`)
      }
      // What comes from above is shown in some phase.
      const shown = new Set(phases.flatMap((phase) => phase.ways))
      for (const way of ['derivative', 'broadcast', 'feedback'] as const)
        assert.equal(shown.has(way), ways.has(way), way)
      const names = new Set([...phases.map(({ name }) => name), PASS])
      const { blocks } = rule.locality(task, hyper)
      for (const { name } of traceRule(rule, task, hyper).watch()?.metrics ?? []) {
        const [block, phase, what, ...more] = name.split('/')
        assert.ok(
          blocks.some((own) => own.name === block),
          name,
        )
        assert.ok(names.has(phase!), name)
        assert.ok(what && more.length === 0)
      }
    })
})

const inputs = Uint8Array.from({ length: 64 * 40 }, (_, i) => (i * 7919) % 256)
const split = { inputs, targets: Uint8Array.from({ length: 40 }, (_, i) => i % 3), count: 40 }
const data = dataSet({
  ...{ name: 'noise', input: { shape: [1, 8, 8], levels: 256 }, target: { kind: 'class', count: 3 } },
  ...{ train: split, test: split },
})

async function watched(id: string, hyper: object) {
  const rule = RULES.find((own) => own.id === id)!
  const trainer = await openTrainer({
    ...{ rule, data, hyper: hyper as never, platform: { compile } },
    options: { batch: 10, epochs: 1, validation: 10, threads: 1 },
  })
  await trainer.load(await trainer.initialState())
  const before = await trainer.read()
  const seen = await trainer.watch(trainer.positionAt(0))
  assert.deepEqual(await trainer.read(), before)
  await trainer.close()
  return seen
}

test('the goodness that is seen is the mean square of the activity that is seen', async () => {
  const seen = await watched('forward-forward', { units: [6, 5] })
  for (const block of ['layer 0', 'layer 1'])
    for (const phase of ['positive pass', 'negative pass']) {
      const find = (what: string) =>
        seen.find((own) => own.block === block && own.phase === phase && own.what === what)!
      const [activity, goodness] = [find('activity'), find('goodness')]
      const width = activity.shape[1]!
      for (let row = 0; row < 10; row++) {
        const squares = activity.values.slice(row * width, (row + 1) * width).map((y) => y * y)
        const mean = squares.reduce((a, b) => a + b) / width
        assert.ok(Math.abs(mean - goodness.values[row]!) < 1e-5 * Math.max(1, mean))
      }
    }
  const of = (phase: string) => seen.find((own) => own.phase === phase && own.what === 'activity')!.values
  assert.notDeepEqual(of('positive pass'), of('negative pass'))
})

test('the error that is seen is the target less the activity', async () => {
  const seen = await watched('target-propagation', { units: [6, 5] })
  const find = (what: string) => seen.find((own) => own.block === 'layer 0' && own.what === what)!
  const [activity, target, error] = [find('activity'), find('target'), find('error')]
  for (const [i, value] of error.values.entries())
    assert.ok(Math.abs(target.values[i]! - activity.values[i]! - value) < 1e-5)
})

test('of a rule that shows nothing itself, what its blocks hand up in predictions is seen', async () => {
  const seen = await watched('backprop', { units: [6, 5] })
  assert.deepEqual(
    seen.map(({ block, phase, what, shape }) => [block, phase, what, shape]),
    [
      ['layer 0', 'pass', 'activity', [10, 6]],
      ['layer 1', 'pass', 'activity', [10, 5]],
      ['output', 'pass', 'activity', [10, 3]],
    ],
  )
})

test('the sentences of a phase name multipliers and inverses only where there are any', () => {
  const says = (id: string, hyper: object): string => {
    const rule = RULES.find((own) => own.id === id)!
    return rule.phases!(rule.hyper.parse(hyper))
      .map((phase) => phase.says)
      .join(' ')
  }
  assert.match(says('predictive-coding', {}), /multipliers remember it/)
  for (const hyper of [{ method: 'pc' }, { alpha: 0 }])
    assert.doesNotMatch(says('predictive-coding', hyper), /multipliers/)
  assert.match(says('target-propagation', { units: [6, 5] }), /inverses carry it down.*corrected by what the inverse/)
  assert.doesNotMatch(says('target-propagation', { units: [6, 5], form: 'plain' }), /corrected/)
  assert.match(says('target-propagation', { units: [6], topTarget: 'output' }), /inverses carry it down/)
  assert.match(says('target-propagation', { units: [6] }), /no inverse has to carry it/)
})
