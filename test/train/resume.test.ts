import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../src/errors.js'
import type { AnyRule } from '../../src/rules/contract.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { compile } from '../../src/runtime/compile.node.js'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../src/train/checkpoint.js'
import type { TrainEvent } from '../../src/train/events.js'
import { train } from '../../src/train/train.js'
import { keeper, lines, numbersOf, ofKind } from './fixtures.js'

const data = lines()

interface Case {
  readonly hyper: Readonly<Record<string, unknown>>
  readonly options: Readonly<Record<string, unknown>>
}

const joint: Case = {
  hyper: { units: [12, 12], rate: 0.01 },
  options: { epochs: 4, batch: 10, seed: 2, augment: { shift: 1 } },
}
const greedy: Case = {
  hyper: { units: [12, 12], rate: 0.01, negatives: 'uniform' },
  options: { epochs: 2, batch: 10, seed: 2, schedule: 'greedy' },
}
const patient: Case = { ...joint, options: { ...joint.options, epochs: 8, patience: 2 } }

/** Trains; aborts as soon as an event satisfies `until`. */
async function run(own: Case, until: (event: TrainEvent, index: number) => boolean, resume?: Checkpoint) {
  const abort = new AbortController()
  const kept = keeper()
  const events: TrainEvent[] = []
  const config = { rule: forwardForward as AnyRule, data, ...own, resume, signal: abort.signal }
  for await (const event of train({ ...config, platform: { compile, ...kept } })) {
    if (until(event, events.length)) abort.abort()
    events.push(event)
  }
  return { events, kept }
}

const never = () => false

for (const [name, own] of Object.entries({ joint, greedy, patient })) {
  test(`${name}: stopped after any event and resumed, a training ends as if it had never stopped`, async () => {
    const straight = await run(own, never)
    const wanted = numbersOf(straight.kept.last())
    const wantedDone = straight.events.at(-1)!
    assert.ok(wantedDone.event === 'done')
    const places = [1, 3, 7, 10, 14].map((place) => Math.min(place, straight.events.length - 2))
    for (const place of new Set(places)) {
      const first = await run(own, (_, index) => index === place)
      const stopped = first.events.at(-1)!
      assert.ok(stopped.event === 'stopped' && stopped.reason === 'aborted', `${place}: ${stopped.event}`)
      const second = await run(own, never, first.kept.last())
      const end = second.kept.saved.length > 0 ? second.kept.last() : first.kept.last()
      assert.deepEqual(numbersOf(end), wanted, `after event ${place}`)
      const done = second.events.at(-1)!
      assert.ok(done.event === 'done')
      assert.deepEqual([done.test, done.validation], [wantedDone.test, wantedDone.validation])
      assert.equal(ofKind(second.events, 'start')[0]!.resumedAt !== undefined, true)
    }
  })
}

test('stopped again and again, after every call, it still ends the same', async () => {
  const wanted = numbersOf((await run(joint, never)).kept.last())
  let checkpoint: Checkpoint | undefined
  let times = 0
  for (let done = false; !done && times < 100; times++) {
    const { events, kept } = await run(joint, ({ event }) => event === 'progress', checkpoint)
    done = events.at(-1)!.event === 'done'
    if (kept.saved.length > 0) checkpoint = kept.last()
  }
  assert.ok(times > 10 && times < 100, `${times} times`)
  assert.deepEqual(numbersOf(checkpoint!), wanted)
})

test('an abort before the first step leaves the first state', async () => {
  const { events, kept } = await run(joint, ({ event }) => event === 'start')
  assert.deepEqual(
    events.map(({ event }) => event),
    ['start', 'checkpoint', 'stopped'],
  )
  assert.deepEqual(kept.last().position, { phase: 0, epoch: 0, between: 0, batch: 0 })
})

test('a run that is done is scored again, and nothing else', async () => {
  const { events, kept } = await run(joint, never)
  const again = await run(joint, never, kept.last())
  assert.deepEqual([...new Set(again.events.map(({ event }) => event))], ['start', 'measuring', 'done'])
  const [one, other] = [events.at(-1)!, again.events.at(-1)!]
  assert.ok(one.event === 'done' && other.event === 'done')
  assert.deepEqual([other.test, other.validation], [one.test, one.validation])
})

const refused: Record<string, [Partial<Case>, RegExp]> = {
  'another network': [
    { hyper: { units: [12, 14], rate: 0.01 } },
    /^the checkpoint is the checkpoint of another network: layers\.1\.weight is float32 \[12, 12\] there and float32 \[12, 14\] here$/,
  ],
  'a network with more layers': [
    { hyper: { units: [12, 12, 12] } },
    /it has no layers\.2\.weight, which this one needs$/,
  ],
  'a network with fewer layers': [
    { hyper: { units: [12] } },
    /it holds layers\.1\.weight, which this one does not have$/,
  ],
  'another rate': [{ hyper: { units: [12, 12], rate: 0.02 } }, /its rate is 0.01, here it is 0.02$/],
  'another seed': [{ options: { ...joint.options, seed: 3 } }, /its seed is 2, here it is 3$/],
  'another batch': [{ options: { ...joint.options, batch: 12 } }, /its batch is 10, here it is 12$/],
}

test('a checkpoint of another training is refused, in one sentence', async () => {
  const { kept } = await run(joint, (_, index) => index === 3)
  for (const [name, [changes, message]] of Object.entries(refused))
    await assert.rejects(run({ ...joint, ...changes }, never, kept.last()), (error) => {
      assert.ok(error instanceof UserError, name)
      assert.match(error.message, message)
      return true
    })
  // Nothing would be trained from a place after the end, only measured.
  for (const place of [{ epoch: 99 }, { phase: 9 }]) {
    const position = { phase: 0, epoch: 0, between: 0, batch: 0, ...place }
    await assert.rejects(run(joint, never, { ...kept.last(), position }), /^UserError: this training never stands at /)
  }
})

test('a checkpoint from before an option existed has its default; with another value it is refused', async () => {
  const { kept } = await run(joint, (_, index) => index === 3)
  const { settings } = kept.last()
  const { negatives, ...older } = settings.hyper
  assert.notEqual(negatives, undefined)
  const before = { ...kept.last(), settings: { ...settings, hyper: older } }
  const { kept: after } = await run(joint, never, before)
  assert.deepEqual(numbersOf(after.last()), numbersOf((await run(joint, never)).kept.last()))
  const other = { ...joint, hyper: { ...joint.hyper, alpha: 3 } }
  await assert.rejects(run(other, never, before), /its alpha is .*, here it is 3$/)
})

test('what does not change the numbers may change: threads, the place of checkpoints', async () => {
  const { kept } = await run(joint, (_, index) => index === 3)
  const changed = { ...joint, options: { ...joint.options, threads: 1, checkpointEvery: 7 } }
  const { kept: after } = await run(changed, never, kept.last())
  assert.deepEqual(numbersOf(after.last()), numbersOf((await run(joint, never)).kept.last()))
})

test('a checkpoint of another version, or of another program, is refused', async () => {
  const { kept } = await run(joint, (_, index) => index === 1)
  const bytes = kept.saved.at(-1)!
  const edited = (from: string, to: string): Uint8Array => {
    const text = Buffer.from(bytes).toString('latin1').replace(from, to)
    return Buffer.from(text, 'latin1')
  }
  const refuses = (own: Uint8Array, message: RegExp) => assert.throws(() => decodeCheckpoint(own, 'FILE'), message)
  refuses(edited('"version":"2"', '"version":"9"'), /^UserError: FILE is no checkpoint of onward: it has version 9/)
  refuses(edited('"format":"onward"', '"format":"others"'), /was not written by onward$/)
  refuses(edited('\\"phase\\":0', '\\"phase\\":"'), /^UserError: FILE is no checkpoint of onward: /)
  refuses(edited('\\"phase\\"', '\\"phasE\\"'), /its description is incomplete$/)
  refuses(bytes.subarray(0, bytes.length - 1), /it was cut in the numbers of/)
  const whole = decodeCheckpoint(bytes, 'FILE')
  assert.deepEqual(decodeCheckpoint(encodeCheckpoint(whole), 'FILE'), whole)
})
