// At most 30 s: some twenty small trainings, each an ordinary run with its checkpoints.
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { readArm } from '../../src/cli/arm.js'
import { type CompareEvent, type CompareRequest, compare } from '../../src/compare/compare.node.js'
import { fieldOf } from '../../src/compare/contenders.js'
import { paceOf } from '../../src/compare/pace.node.js'
import type { Comparison } from '../../src/compare/result.js'
import { UsageError, UserError } from '../../src/errors.js'
import { readCheckpoint, readConfig } from '../../src/node.js'
import { node } from '../../src/runs.node.js'
import { lines } from '../train/fixtures.js'

const folder = mkdtempSync(join(tmpdir(), 'onward-compare-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const arms = await Promise.all(['forward-forward:units=8,8,alpha=10', 'backprop'].map((text) => readArm(text)))
const request = (out: string, other: Partial<CompareRequest> = {}): CompareRequest => ({
  ...{ arms, data: lines(), seeds: 2, budget: { kind: 'epochs', amount: 3 }, weights: 'shared' },
  ...{ options: { threads: 1, batch: 10 }, out: join(folder, out) },
  ...other,
})

async function all(given: CompareRequest, look?: (event: CompareEvent) => void): Promise<CompareEvent[]> {
  const events: CompareEvent[] = []
  for await (const event of compare(given)) {
    events.push(event)
    look?.(event)
  }
  return events
}

const resultOf = (events: readonly CompareEvent[]): Comparison => {
  const last = events.at(-1)!
  assert.equal(last.event, 'done')
  return (last as Extract<CompareEvent, { event: 'done' }>).result
}
const valuesOf = ({ arms }: Comparison): unknown[] => arms.map(({ runs }) => runs.map(({ value }) => value))
const finished = (events: readonly CompareEvent[]) =>
  events.flatMap((event) => (event.event === 'finished' ? [[event.arm, event.seed, event.isKept]] : []))

test('runs by turns, each an ordinary run with its seed; a table with the paired test', async () => {
  const events = await all(request('turns'))
  const [ff, bp] = arms.map(({ name }) => name)
  assert.deepEqual(finished(events), [
    ...[
      [ff, 0, false],
      [bp, 0, false],
    ],
    ...[
      [ff, 1, false],
      [bp, 1, false],
    ],
  ])
  const { reference, arms: rows, seeds, criterion } = resultOf(events)
  assert.deepEqual([reference, seeds, criterion.figure], ['backprop', [0, 1], 'accuracy'])
  const [own, other] = rows.map(({ runs }) => runs.map(({ value }) => value!))
  assert.ok(Math.abs(rows[0]!.difference!.mean - (own![0]! - other![0]! + own![1]! - other![1]!) / 2) < 1e-12)
  assert.equal(rows[1]!.difference, undefined)
  assert.deepEqual(
    rows.map(({ certificate }) => certificate),
    ['local, chosen', 'whole network'],
  )
  assert.deepEqual(
    rows[1]!.runs.map(({ samples }) => samples),
    [3 * 100, 3 * 100],
  )
  const { options, from } = readConfig(rows[1]!.runs[1]!.path)
  assert.deepEqual([options.seed, options.epochs, options.batch, from], [1, 3, 10, undefined])

  await all(request('turns', { seeds: 3 })).then((more) => {
    assert.deepEqual(
      finished(more).map(([, , isKept]) => isKept),
      [true, true, true, true, false, false],
    )
  })
})

test('arms begin with the same weights where they have them, but for the own ones that are asked for', async () => {
  const pair = await Promise.all(
    ['backprop:units=6,initial=he', 'backprop:units=6,initial=fan-in'].map((text) => readArm(text)),
  )
  const firstWeights = async (weights: 'shared' | 'own'): Promise<Float32Array[]> => {
    const found: Float32Array[] = []
    const stop = new AbortController()
    for (const place of [1, 2]) {
      const events = compare(
        request(weights, { arms: pair, seeds: 1, weights, signal: place === 2 ? stop.signal : undefined }),
      )
      for await (const event of events) {
        if (
          event.event !== 'training' ||
          event.run !== place ||
          event.told.event !== 'checkpoint' ||
          event.told.step > 0
        )
          continue
        const { state } = readCheckpoint(join(event.told.path, '..')).checkpoint
        found.push(Float32Array.from(state.find(({ name }) => name === 'layers.0.weight')!.data))
        break
      }
    }
    return found
  }
  const [a, b] = await firstWeights('shared')
  assert.deepEqual(a, b)
  const [c, d] = await firstWeights('own')
  assert.notDeepEqual(c, d)
})

test('stopped at any place it goes on to the same figures; what was finished is kept', async () => {
  const undisturbed = valuesOf(resultOf(await all(request('undisturbed'))))
  const stop = new AbortController()
  const events = await all(request('stopped', { signal: stop.signal }), (event) => {
    if (event.event === 'training' && event.run === 3 && event.told.event === 'epoch') stop.abort()
  })
  assert.equal(events.at(-1)!.event, 'stopped')
  const again = await all(request('stopped'))
  assert.deepEqual(
    finished(again).map(([, , isKept]) => isKept),
    [true, true, false, false],
  )
  assert.deepEqual(valuesOf(resultOf(again)), undisturbed)
})

test('a run whose end a crash cut off is scored again, to the same figure', async () => {
  const given = request('undisturbed')
  const before = resultOf(await all(given))
  const journal = join(before.arms[0]!.runs[1]!.path, 'metrics.jsonl')
  const cut = readFileSync(journal, 'utf8').replace(/\{"event":"done".*\n$/, '{"event":"do')
  writeFileSync(journal, cut)
  const after = await all(given)
  assert.deepEqual(
    finished(after).map(([, , isKept]) => isKept),
    [true, true, false, true],
  )
  assert.deepEqual(valuesOf(resultOf(after)), valuesOf(before))
})

test('another comparison in the same folder is refused, and says what is other', async () => {
  const refused = async (other: Partial<CompareRequest>, message: RegExp): Promise<void> =>
    assert.rejects(
      all(request('undisturbed', other)),
      (error: Error) => error instanceof UsageError && message.test(error.message),
    )
  await all(request('undisturbed', { seeds: 1 }))
  await refused({ budget: { kind: 'epochs', amount: 4 } }, /its arms\.0\.options\.epochs is 3, here it is 4/)
  await refused({ weights: 'own' }, /its weights is "shared", here it is "own"/)
  await refused({ arms: [...arms].reverse() }, /its arms\.0\.arm is /)
  writeFileSync(join(folder, 'undisturbed', 'compare.json'), '{')
  await assert.rejects(all(request('undisturbed')), /does not hold the settings of a comparison/)
})

test('a folder with something else in it is left alone', async () => {
  const out = mkdtempSync(join(folder, 'other-'))
  writeFileSync(join(out, 'thesis.tex'), '')
  await assert.rejects(
    all({ ...request(''), out }),
    (error: Error) => error instanceof UserError && /not empty/.test(error.message),
  )
  assert.ok(!existsSync(join(out, 'compare.json')))
})

test('a budget of seconds: the epochs that the pace allowed at first stay when it goes on', async () => {
  const given = request('seconds', { seeds: 1 })
  const first = resultOf(await all(given))
  const file = join(given.out, 'compare.json')
  const kept = JSON.parse(readFileSync(file, 'utf8'))
  const budget = { kind: 'seconds', amount: 1e-9 } as const
  writeFileSync(file, JSON.stringify({ ...kept, budget }))
  assert.deepEqual(valuesOf(resultOf(await all({ ...given, budget }))), valuesOf(first))
  // With nothing kept it is measured: not one epoch is as fast as this.
  await assert.rejects(
    all(request('anew', { seeds: 1, budget })),
    /An epoch of .* takes some .* s, more than --budget seconds=1e-9/,
  )
})

test('the pace of a training is measured without keeping it', async () => {
  const { contenders } = await fieldOf(arms, { data: lines(), platform: node(), options: { threads: 1, batch: 10 } })
  const pace = await paceOf(contenders[1]!, lines(), 1, undefined)
  assert.ok(pace > 0 && Number.isFinite(pace))
})
