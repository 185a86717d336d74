// Steps between epochs, which read no data: a part of the plan, counted, kept, resumed and certified like all others.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { argmax, grad, type Tensor } from '../../src/graph/index.js'
import { openTrainer, type TrainEvent, train } from '../../src/index.js'
import { crossEntropy } from '../../src/nn/losses.js'
import type { AnyRule, Rule } from '../../src/rules/contract.js'
import { compile } from '../../src/runtime/compile.node.js'
import type { Checkpoint } from '../../src/train/checkpoint.js'
import { counterWith } from './counter.js'
import { collect, keeper, lines, numbersOf, ofKind } from './fixtures.js'
import { interpreter } from './oracle.js'

type State = { readonly forward: Tensor; readonly up: Tensor; readonly down: Tensor }

const hyper = z.strictObject({ times: z.int().default(200).describe('steps of alignment before an epoch') })

/**
 * Two layers. Before every epoch the feedback weights learn to be the transposed forward weights of the upper one, from
 * noise alone: what a layer says to noise, and what comes back of it. Data is then learned by that feedback.
 */
const aligned: Rule<z.infer<typeof hyper>, State> = {
  id: 'aligned',
  title: 'Aligned feedback',
  summary: 'feedback weights that are aligned with noise between the epochs',
  source: 'ours',
  hyper,
  training: { epochs: 3, batch: 10 },
  presets: {},
  locality: () => ({
    blocks: [
      { name: 'lower', parameters: ['forward'] },
      { name: 'upper', parameters: ['up'] },
      { name: 'feedback', parameters: ['down'] },
    ],
    promise: { local: false, window: 1 },
  }),
  init: (random) => ({
    forward: random.normal('forward', [25, 16]).mul(0.2),
    up: random.normal('up', [16, 3]).mul(0.2),
    down: random.normal('down', [3, 16]).mul(0.2),
  }),
  steps: () => ({
    joint: ({ forward, up, down }, { x, target }) => {
      const flat = x.reshape([x.shape[0]!, -1])
      const hidden = flat.matmul(forward).relu()
      const scores = hidden.matmul(up)
      const loss = crossEntropy(scores, target).mean()
      const [error, ofUp] = grad(loss, [scores, up])
      const back = error!.matmul(down).mul(hidden.greater(0).cast('float32'))
      const learn = (weight: Tensor, gradient: Tensor): Tensor => weight.sub(gradient.mul(0.3))
      const next = { forward: learn(forward, flat.transpose([1, 0]).matmul(back)), up: learn(up, ofUp!), down }
      return [
        next,
        { network: { loss }, blocks: { upper: { accuracy: argmax(scores).equal(target).cast('float32').mean() } } },
      ]
    },
    align: (state, { random }) => {
      const noise = random.normal('hidden', [8, 16])
      const wrong = state.down.sub(
        noise
          .matmul(state.up)
          .transpose([1, 0])
          .matmul(noise)
          .mul(1 / 8),
      )
      return [
        { ...state, down: state.down.sub(wrong.mul(0.02)) },
        { blocks: { feedback: { distance: wrong.square().mean() } } },
      ]
    },
  }),
  between: (epoch, { times }) => (epoch === 1 ? [] : [{ step: 'align', times }]),
  predict: ({ forward, up }, x) => ({ scores: x.reshape([x.shape[0]!, -1]).matmul(forward).relu().matmul(up) }),
}

const data = lines()
const options = { epochs: 3, batch: 10, validation: 20, seed: 1 }

async function run(
  rule: AnyRule,
  {
    until = () => false,
    resume,
    more = {},
  }: {
    until?: (event: TrainEvent) => boolean
    resume?: Checkpoint
    more?: Readonly<Record<string, unknown>>
  } = {},
) {
  const abort = new AbortController()
  const kept = keeper()
  const events: TrainEvent[] = []
  const config = { rule, data, options: { ...options, ...more }, resume, signal: abort.signal }
  for await (const event of train({ ...config, platform: { compile, ...kept } })) {
    events.push(event)
    if (until(event)) abort.abort()
  }
  return { events, kept }
}

test('steps between epochs run before the batches of their epoch, as often as the rule says, and are told', async () => {
  // The trace doubles between epochs, and each batch adds one to it.
  const rule = counterWith({
    schedule: () => ['next'],
    between: (epoch) => [
      { step: 'double', times: epoch },
      { step: 'next', times: 2 },
    ],
  })
  const kept = keeper()
  const events = await collect(
    train({ rule, data, options: { ...options, validation: 0, batch: 40 }, platform: { ...interpreter, ...kept } }),
  )
  let trace = 0
  for (let epoch = 0; epoch < 3; epoch++) trace = trace * 2 ** epoch + 2 + 3
  assert.deepEqual(numbersOf(kept.last()), { count: [15], trace: [trace] })
  assert.equal(ofKind(events, 'start')[0]!.steps, 9 + 6 + 3)
  assert.deepEqual(
    ofKind(events, 'epoch').map(({ step, between }) => [step, between!.next!.steps, between!.double?.steps]),
    [
      [5, 2, undefined],
      [11, 2, 1],
      [18, 2, 2],
    ],
  )
  const inThird = ofKind(events, 'progress').filter(({ epoch }) => epoch === 3)
  assert.deepEqual(inThird[0]!.between, { step: 'double', done: 1, of: 4 })
  assert.equal(inThird.at(-1)!.between, undefined)
  // 5 + 2 doubled once and once more: 14 and 28, before each doubling.
  assert.deepEqual(ofKind(events, 'epoch')[2]!.between!.double!.metrics, { network: { double: (15 + 30) / 2 } })
  const progress = ofKind(events, 'progress').map((event) => event.progress)
  assert.deepEqual(
    progress,
    progress.toSorted((a, b) => a - b),
  )
  assert.equal(progress.at(-1), 1)
})

test('stopped within them and resumed, a training ends as if it had never stopped, bit for bit', async () => {
  const more = { checkpointEvery: 30 }
  const wanted = numbersOf((await run(aligned as AnyRule, { more })).kept.last())
  let checkpoint: Checkpoint | undefined
  let stops = 0
  for (let done = false; !done && stops < 100; ) {
    const until = (event: TrainEvent): boolean =>
      event.event === 'progress' &&
      event.between !== undefined &&
      [1, 30, 60, 90, 120, 150, 180].includes(event.between.done)
    const { events, kept } = await run(aligned as AnyRule, { until, ...(checkpoint && { resume: checkpoint }), more })
    const last = events.at(-1)!
    done = last.event === 'done'
    if (kept.saved.length > 0) checkpoint = kept.last()
    if (done) break
    stops++
    assert.match((last as { message: string }).message, /^stopped in epoch \d after \d+ (steps before its )?batches/)
  }
  // In the third epoch a single first step is not a call of its own any more.
  assert.equal(stops, 13)
  assert.deepEqual(numbersOf(checkpoint!), wanted)
  // Cut otherwise, and by a trainer: the same.
  assert.deepEqual(numbersOf((await run(aligned as AnyRule)).kept.last()), wanted)
  const trainer = await openTrainer({ rule: aligned as AnyRule, data, options, platform: { compile } })
  await trainer.load(await trainer.initialState())
  let at = trainer.positionAt(0)
  for (let ran = { steps: 73 }; ran.steps === 73; ) {
    const next = await trainer.run(at, 73)
    ;[at, ran] = [next.at, next]
  }
  assert.deepEqual(
    Object.fromEntries(Object.entries(await trainer.read()).map(([name, own]) => [name, [...own]])),
    wanted,
  )
  await trainer.close()
})

test('gone on with when it is over, a training stands at its last step', async () => {
  const { events, kept } = await run(aligned as AnyRule)
  const { steps } = ofKind(events, 'start')[0]!
  const again = (await run(aligned as AnyRule, { resume: kept.last() })).events
  assert.equal(ofKind(events, 'done')[0]!.step, steps)
  assert.equal(ofKind(again, 'start')[0]!.resumedAt, steps)
  assert.equal(ofKind(again, 'done')[0]!.step, steps)
})

test('they do what they are for, long calls are cut, and checkpoints come within them', async () => {
  const { events, kept } = await run(aligned as AnyRule, { more: { checkpointEvery: 150 } })
  /** How far the feedback weights are from the transposed forward ones. */
  const distance = (index: number): number => {
    const { up, down } = numbersOf(kept.at(index))
    return down!.reduce((sum, weight, i) => sum + (weight - up![(i % 16) * 3 + Math.floor(i / 16)]!) ** 2, 0)
  }
  // The first checkpoint is the first state, the second comes 150 steps later.
  assert.ok(distance(1) < distance(0) / 4, `${distance(1)} of ${distance(0)}`)
  assert.ok(ofKind(events, 'progress').filter(({ epoch, between }) => epoch === 1 && between).length > 2)
  assert.deepEqual(
    kept.saved.map((_, i) => kept.at(i).position).filter(({ between, batch }) => between > 0 && batch === 0),
    [
      { phase: 0, epoch: 0, between: 150, batch: 0 },
      { phase: 0, epoch: 2, between: 150, batch: 0 },
    ],
  )
  assert.ok(ofKind(events, 'progress').every(({ between }) => between === undefined || between.done <= between.of))
})

test('they are certified with all other steps: weights that learn between epochs alone do learn', async () => {
  const { events } = await run(aligned as AnyRule, { until: ({ event }) => event === 'start' })
  const { layers } = ofKind(events, 'start')[0]!.certificate
  assert.deepEqual(
    layers.map(({ name, learns }) => [name, learns]),
    [
      ['lower', true],
      ['upper', true],
      ['feedback', true],
    ],
  )
})

test('a step between epochs that asks for data, or that the rule does not have, is a mistake of the rule', async () => {
  const refused = (between: NonNullable<AnyRule['between']>, message: RegExp) =>
    assert.rejects(run({ ...(aligned as AnyRule), between }), message)
  await refused(() => [{ step: 'joint', times: 1 }], /no data is read, but the step "joint" asks for (x|target)/)
  await refused(() => [{ step: 'alien', times: 1 }], /the step "alien" is named, which the rule does not have/)
  await refused(() => [{ step: 'align', times: 1.5 }], /"align" cannot run 1.5 times/)
})
