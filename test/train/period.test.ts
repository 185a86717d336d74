// Steps that take turns batch by batch are traced a whole period at a time: that must change nothing but the speed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AnyRule } from '../../src/rules/contract.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { compile } from '../../src/runtime/compile.node.js'
import type { Platform } from '../../src/train/platform.js'
import { train } from '../../src/train/train.js'
import { counter, counterWith } from './counter.js'
import { collect, keeper, lines, numbersOf, ofKind } from './fixtures.js'
import { interpreter } from './oracle.js'

const data = lines()
const hyper = { units: [12, 12], rate: 0.01 }

/** Forward-Forward whose odd batches learn at a tenth of the rate, and draw less noise. */
const uneven: AnyRule = {
  ...forwardForward,
  steps: (task, h) => {
    const slow = forwardForward.steps(task, { ...h, rate: h.rate / 10, negatives: h.negatives })
    return { even: forwardForward.steps(task, h).joint!, odd: slow.joint! }
  },
  schedule: (_, batch) => [batch % 2 === 0 ? 'even' : 'odd'],
}

async function finalState(platform: Platform, options: Readonly<Record<string, unknown>>, rule: AnyRule = uneven) {
  const kept = keeper()
  const base = { epochs: 2, batch: 11, seed: 4, validation: 12 }
  const config = { rule, data, hyper: rule === uneven ? hyper : {}, options: { ...base, ...options } }
  const events = await collect(train({ ...config, platform: { ...platform, ...kept } }))
  return { numbers: numbersOf(kept.last()), events }
}

test('on cpu, periods, single steps and checkpoints in the midst of a period give the same bits', async () => {
  const platform = { compile }
  // Nine batches an epoch: four periods and one batch that is left over.
  const { numbers: wanted, events } = await finalState(platform, {})
  assert.equal(ofKind(events, 'start')[0]!.batchesPerEpoch, 9)
  assert.deepEqual((await finalState(platform, { checkpointEvery: 3 })).numbers, wanted)
  // Room for no period at all: single steps alone.
  assert.deepEqual((await finalState(platform, { checkpointEvery: 1 })).numbers, wanted)
})

test('batches of a period take the steps of the schedule in their order', async () => {
  // count and trace: next adds one to both, double doubles the trace.
  const rule = counterWith({ schedule: (_, batch) => [batch % 3 === 2 ? 'double' : 'next'] })
  const { numbers, events } = await finalState(interpreter, { epochs: 1, batch: 12 }, rule)
  let [count, trace] = [0, 0]
  for (let batch = 0; batch < 9; batch++) {
    if (batch % 3 === 2) trace *= 2
    else [count, trace] = [count + 1, trace + 1]
  }
  assert.deepEqual(numbers, { count: [count], trace: [trace] })
  assert.deepEqual(
    ofKind(events, 'progress').map(({ batch }) => batch),
    [3, 6, 9],
  )
})

test('a schedule that names no step of the rule is refused by name', async () => {
  const rule = counterWith({ schedule: () => ['nosuch'] })
  await assert.rejects(finalState(interpreter, {}, rule), /schedule of counter names the step "nosuch"/)
})

test('a held-out figure that is no number ends the run: nothing is kept as best', async () => {
  const { predict: _, ...rest } = counter
  const assess: NonNullable<AnyRule['assess']> = ({ count }, { target }) => ({
    network: { distance: count.sub(9).mul(-1).log().add(target.cast('float32').mul(0)) },
  })
  const rule: AnyRule = { ...rest, objective: 'distance', assess }
  const { events } = await finalState(interpreter, { epochs: 6, batch: 12, patience: 2 }, rule)
  const stopped = events.at(-1)!
  assert.ok(stopped.event === 'stopped' && stopped.reason === 'not-finite', JSON.stringify(stopped))
  assert.match(stopped.message, /the held-out distance is no finite number after epoch 1/)
})

test('a rule that only generates is judged by its objective', async () => {
  const { predict: _, ...rest } = counter
  const rule: AnyRule = {
    ...rest,
    objective: 'distance',
    // After so many steps the distance is smallest; each image adds its own share, which the mean takes away.
    assess: ({ count }, { x, target }) => {
      const each = target.cast('float32').sub(x.reshape([x.shape[0]!, -1]).slice(1, 0, 1).reshape([-1]).mul(4))
      return { network: { distance: count.sub(16).square().add(each) } }
    },
  }
  const { events } = await finalState(interpreter, { epochs: 6, batch: 12, patience: 2 }, rule)
  const [done] = ofKind(events, 'done')
  // Nine steps an epoch: 9 (49), 18 (4), 27 (121), 36 (400): two epochs without a better one, and epoch 2 is kept.
  assert.deepEqual(
    ofKind(events, 'epoch').map(({ validation }) => validation),
    [49, 4, 121, 400].map((distance) => ({ network: { distance } })),
  )
  const kept = { network: { distance: 4 } }
  assert.deepEqual([done!.test, done!.validation], [kept, kept])
  assert.deepEqual(ofKind(events, 'start')[0]!.criterion, { figure: 'distance', better: 'smaller' })
  assert.match(
    ofKind(events, 'stopped')[0]!.message,
    /no better validation distance for 2 epochs; kept is epoch 2 with 4/,
  )
})
