// Which rules can be cut into stages, by their preset `quick`: those come to the bits of a training in one process; the
// others are refused, each with a sentence that says why and what to do.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeGlyphs } from '../../src/data/glyphs/glyphs.js'
import { dataSet, labelledImages } from '../../src/data/index.js'
import { chaptersHere } from '../../src/distributed/chapters/here.js'
import { trainChapters } from '../../src/distributed/chapters/train.js'
import { memoryEngine } from '../../src/distributed/memory.js'
import { workersHere } from '../../src/distributed/pipeline/here.js'
import { trainPipeline } from '../../src/distributed/pipeline/train.js'
import { UsageError } from '../../src/errors.js'
import { withValue } from '../../src/options/index.js'
import type { AnyRule } from '../../src/rules/contract.js'
import { RULES } from '../../src/rules/registry.js'
import { compile } from '../../src/runtime/compile.node.js'
import { train } from '../../src/train/train.js'
import { collect, keeper, numbersOf, ofKind } from '../train/fixtures.js'

const BATCH = 16
const names = Array.from({ length: 10 }, (_, digit) => `${digit}`)
const data = dataSet({
  name: 'digits',
  ...labelledImages([1, 28, 28], names),
  ...makeGlyphs({ train: 3 * BATCH, test: 20 }),
})
const options = { epochs: 2, batch: BATCH, validation: 8, seed: 3, threads: 1 }

/** Of each rule the blocks, of which each has a stage, from below, or the sentence by which it is refused. */
const TABLE: Readonly<Record<string, readonly string[] | string>> = {
  'forward-forward': cannot(
    'forward-forward',
    'what layer 0 is fed is chosen using layer 1, softmax head',
    'Change one option so that it can be: --set negatives=uniform, --set negatives=fixed, --set negatives=hybrid, ' +
      '--set objective=heads; or train it',
  ),
  backprop: cannot('backprop', 'the gradient of layer 0 passes through 3 layers'),
  trifecta: cannot('trifecta', 'the gradient of block 0 passes through 2 layers'),
  'vae-layer': ['layer 0', 'layer 1', 'output layers'],
  uff: ['layer 0', 'layer 1', 'classifier'],
  'equilibrium-propagation': cannot(
    'equilibrium-propagation',
    'layer 0 gets feedback from output by their own weights',
  ),
  'hopfield-vae': cannot(
    'hopfield-vae',
    'encoder hidden gets feedback from encoder latent, decoder latent, decoder hidden by their own weights',
  ),
  'target-propagation': cannot(
    'target-propagation',
    'layer 0 gets feedback from layer 1, inverse of layer 1, output by their own weights',
  ),
  'local-heads': ['layer 0', 'layer 1'],
  'channel-goodness': ['layer 0', 'layer 1'],
  'covariance-goodness': ['layer 0', 'layer 1', 'fusion'],
  'predictive-coding': cannot(
    'predictive-coding',
    'layer 0 gets feedback from layer 1, layer 2, layer 3, output by their own weights',
  ),
  broadcast: cannot(
    'broadcast',
    'the output is sent straight to layer 0',
    'Change one option so that it can be: --set method=drtp; or train it',
  ),
  nice: cannot(
    'nice',
    'the gradient of coupling 0 passes through 8 layers',
    'Train it by chapters, as it is: --mode all-layers; or train it',
  ),
  'spike-alignment':
    'spike-alignment runs steps between epochs, on the whole network: train it in one process (onward train), or over data (onward up federated)',
  'rec-lra': cannot('rec-lra', 'layer 0 gets feedback from layer 1, feedback to layer 0, output, feedback to layer 1'),
  'sparse-cells': cannot('sparse-cells', 'read-out learns in no step of its own'),
}

function cannot(id: string, why: string, advice = 'Train it'): string {
  return `${id} cannot be cut between its blocks as it is set: ${why}. ${advice} in one process (onward train), or over data (onward up federated)`
}

function smallOf(rule: AnyRule): Readonly<Record<string, unknown>> {
  const quick = rule.presets.quick!.hyper
  const full = rule.hyper.parse(quick) as { units?: number[] }
  const units = full.units && { units: full.units.map((_, i) => 12 - 2 * i) }
  return rule.hyper.parse({ ...quick, ...units, ...rule.small?.hyper }) as Readonly<Record<string, unknown>>
}

type Hyper = Readonly<Record<string, unknown>>

function pipelined(rule: AnyRule, hyper: Hyper, kept = keeper()) {
  const engine = memoryEngine()
  const platform = { compile, saveCheckpoint: kept.saveCheckpoint }
  return trainPipeline({
    ...{ rule, data, platform, settings: { hyper, options }, transport: engine.connect() },
    start: workersHere(engine.connect, { rule, data, platform: { compile } }),
  })
}

/** Whether what a refusal names would help does. */
async function checkAdvice(rule: AnyRule, hyper: Hyper, said: string): Promise<void> {
  for (const [, name, value] of said.matchAll(/--set (\w+)=([\w-]+)/g)) {
    const work = pipelined(rule, rule.hyper.parse(withValue(hyper, name!, value!)) as Hyper)
    const { value: first } = await work.next()
    await work.return(undefined)
    assert.ok(first?.event === 'start' && first.over!.workers.length > 1, `${name}=${value}`)
  }
  if (!said.includes('--mode all-layers')) return
  const { connect } = memoryEngine()
  const greedy = { hyper, options: { ...options, schedule: 'greedy' as const } }
  const events = await collect(
    trainChapters({
      ...{ rule, data, settings: greedy, platform: { compile }, transport: connect(), mode: 'all-layers', workers: 2 },
      start: chaptersHere(connect, { rule, data, platform: { compile } }),
    }),
  )
  assert.equal(events.at(-1)!.event, 'done')
}

for (const rule of RULES)
  test(rule.id, async () => {
    const hyper = smallOf(rule)
    const wanted = TABLE[rule.id]
    if (typeof wanted === 'string') {
      const isRefusal = (error: unknown): boolean => {
        assert.ok(error instanceof UsageError)
        assert.equal(error.message, wanted)
        return true
      }
      await assert.rejects(collect(pipelined(rule, hyper)), isRefusal)
      return await checkAdvice(rule, hyper, wanted)
    }
    const [own, alone] = [keeper(), keeper()]
    const events = await collect(pipelined(rule, hyper, own))
    assert.deepEqual(
      ofKind(events, 'start')[0]!.over!.workers,
      wanted?.map((block) => [block]),
    )
    const platform = { compile, saveCheckpoint: alone.saveCheckpoint }
    const plain = await collect(train({ rule, data, settings: { hyper, options }, platform }))
    assert.deepEqual(ofKind(events, 'done')[0]!.test, ofKind(plain, 'done')[0]!.test)
    assert.deepEqual(numbersOf(own.last()), numbersOf(alone.last()))
  })

test('the table has a row for each rule', () => {
  assert.deepEqual(Object.keys(TABLE).sort(), RULES.map(({ id }) => id).sort())
})
