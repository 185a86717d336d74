import assert from 'node:assert/strict'
import fs, { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { UserError } from '../../src/errors.js'
import { openLogs } from '../../src/logs/log.node.js'
import type { StoppedEvent, TrainEvent } from '../../src/train/events.js'
import { DONE, EPOCH, PROGRESS, START } from '../cli/fake-run.js'
import { events, onward, workFolder } from '../cli/onward.js'
import { crc32c, type DecodedEvent, doubleIn, eventsIn, fieldsOf, textIn } from './decode.js'

const folder = workFolder()
const fresh = (): string => mkdtempSync(join(tmpdir(), 'onward-logs-'))
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

/** All events of the event files in a folder, in the order in which TensorBoard reads them. */
const decoded = (path: string): DecodedEvent[] =>
  readdirSync(path)
    .filter((name) => name.includes('tfevents'))
    .sort()
    .flatMap((name) => eventsIn(readFileSync(join(path, name))))

const scalarsOf = (all: readonly DecodedEvent[]): Map<string, [step: number, value: number][]> => {
  const found = new Map<string, [number, number][]>()
  for (const { step, values } of all)
    for (const { tag, fields } of values)
      if (fields.has(2)) found.set(tag, [...(found.get(tag) ?? []), [step, doubleIn(fields.get(2)![0])]])
  return found
}

/** All that the plug-in hparams is told under a tag, in order: field `number` of its message. */
const allHparams = (
  all: readonly DecodedEvent[],
  name: string,
  number: number,
): ReadonlyMap<number, (bigint | Uint8Array)[]>[] =>
  all
    .flatMap(({ values }) => values)
    .filter(({ tag }) => tag === `_hparams_/${name}`)
    .map(({ fields }) => {
      const plugin = fieldsOf(fieldsOf(fields.get(9)![0] as Uint8Array).get(1)![0] as Uint8Array)
      assert.equal(textIn(plugin.get(1)![0]), 'hparams')
      return fieldsOf(fieldsOf(plugin.get(2)![0] as Uint8Array).get(number)![0] as Uint8Array)
    })

/** As TensorBoard keeps it: the first one of a tag. */
const hparams = (...asked: Parameters<typeof allHparams>) => allHparams(...asked)[0]!

test('the decoder itself: the sum of the digits is that of RFC 3720', () => {
  assert.equal(crc32c(bytesOf('123456789')), 0xe3069283)
})

test('an event file has its version, scalars by group and block at their steps, and zeros too', () => {
  const path = fresh()
  const logs = openLogs(path, ['tensorboard'], {
    rate: 0.5,
    units: [3, 4],
    flag: false,
    zero: 0,
    augment: { shift: 2 },
  })
  const zero = { ...PROGRESS, step: 2, metrics: { network: { loss: 0 } } }
  for (const event of [START, PROGRESS, zero, EPOCH, DONE]) logs.add(event)
  logs.close()
  const all = decoded(path)
  assert.equal(all[0]!.version, 'brain.Event:2')
  assert.ok(all.every(({ time }) => Math.abs(time - Date.now() / 1000) < 60))
  const scalars = scalarsOf(all)
  assert.deepEqual(scalars.get('training/loss'), [[2, 0]])
  assert.deepEqual(scalars.get('training/layer 0/loss'), [[45, 0.5]])
  assert.deepEqual(
    scalars.get('validation/accuracy')!.map(([step, value]) => [step, Number(value.toFixed(3))]),
    [
      [90, 0.951],
      [180, 0.951],
    ],
  )
  assert.deepEqual(
    [...scalars.keys()].filter((tag) => tag.startsWith('test')),
    ['test/accuracy', 'test/layer 0/accuracy', 'test/layer 1/accuracy'],
  )

  const start = hparams(all, 'session_start_info', 3)
  const given = start.get(1)!.map((raw) => {
    const entry = fieldsOf(raw as Uint8Array)
    const value = fieldsOf(entry.get(2)![0] as Uint8Array)
    const read = value.has(2)
      ? doubleIn(value.get(2)![0])
      : value.has(3)
        ? textIn(value.get(3)![0])
        : value.get(4)![0] === 1n
    return [textIn(entry.get(1)![0]), read]
  })
  assert.deepEqual(Object.fromEntries(given), { rate: 0.5, units: '3,4', flag: false, zero: 0, 'augment.shift': 2 })
  // The numbers of TensorBoard's own api.proto: 3 time_created_secs, 4 hparam_infos, 5 metric_infos.
  const experiment = hparams(all, 'experiment', 2)
  assert.deepEqual([...experiment.keys()].sort(), [3, 4, 5])
  assert.ok(Math.abs(doubleIn(experiment.get(3)![0]) - Date.now() / 1000) < 60)
  const names = experiment.get(4)!.map((raw) => textIn(fieldsOf(raw as Uint8Array).get(1)![0]))
  assert.deepEqual(names, ['rate', 'units', 'flag', 'zero', 'augment.shift'])
  const metric = fieldsOf(fieldsOf(experiment.get(5)![0] as Uint8Array).get(1)![0] as Uint8Array)
  assert.ok(scalars.has(textIn(metric.get(2)![0])), 'the figure of the table of runs is one that is logged')
  assert.deepEqual(hparams(all, 'session_end_info', 4).get(1), [1n])
})

/** The scalars that TensorBoard keeps: the first start of a run counts for nothing, any other drops its step and later ones. */
function keptByTensorBoard(all: readonly DecodedEvent[]): ReturnType<typeof scalarsOf> {
  let [kept, isStarted] = [[] as DecodedEvent[], false]
  for (const event of all)
    if (event.session === undefined) kept.push(event)
    else {
      if (isStarted) kept = kept.filter(({ step }) => step < event.step)
      isStarted = true
    }
  return scalarsOf(kept)
}

test('after a resumption TensorBoard takes back what is trained again, and no more; CSV takes it back itself', () => {
  const path = fresh()
  const formats = ['tensorboard', 'csv'] as const
  const first = openLogs(path, formats, {})
  for (const event of [START, PROGRESS, EPOCH, { ...PROGRESS, step: 100 }]) first.add(event)
  first.close()
  // The clock was set back meanwhile.
  const [name] = readdirSync(path).filter((file) => file.includes('tfevents'))
  renameSync(join(path, name!), join(path, 'events.out.tfevents.4000000000.onward'))
  const again = openLogs(path, formats, {})
  const other = { ...PROGRESS, step: 100, metrics: { network: { loss: 7 } } }
  for (const event of [{ ...START, resumedAt: EPOCH.step }, other]) again.add(event)
  again.close()
  assert.equal(readdirSync(path).filter((name) => name.includes('tfevents')).length, 2)
  const all = decoded(path)
  const marks = all.filter(({ session }) => session !== undefined)
  const told = marks.map(({ session, step }) => [session, step])
  assert.deepEqual(told, [
    [1, 0],
    [1, EPOCH.step + 1],
  ])
  const kept = keptByTensorBoard(all)
  const steps = ['validation/accuracy', 'training/layer 0/loss', 'training/loss'].map((tag) =>
    kept.get(tag)!.map(([step]) => step),
  )
  assert.deepEqual(steps, [[90], [45], [100]])
  const [head, ...rows] = readFileSync(join(path, 'metrics.csv'), 'utf8').trimEnd().split('\n')
  assert.equal(head, 'time,step,epoch,source,block,figure,value')
  const after = rows.map((row) => row.split(',').slice(1)).filter(([step]) => Number(step) > 90)
  assert.deepEqual(after, [['100', '1', 'training', '', 'loss', '7']])
  assert.equal(rows.filter((row) => row.split(',')[1] === '90').length, 3)
  assert.equal(rows.length, 4 + 3 + 1)
})

test('a run has one ending, for TensorBoard keeps the first: what was interrupted may go on to another', () => {
  const statuses = (stopped: StoppedEvent['reason'], ...after: readonly TrainEvent[]) => {
    const path = fresh()
    const first = openLogs(path, ['tensorboard'], {})
    const stop: StoppedEvent = { event: 'stopped', reason: stopped, step: 90, message: '' }
    for (const event of [START, stop]) first.add(event)
    first.close()
    const again = openLogs(path, ['tensorboard'], {})
    for (const event of after) again.add(event)
    again.close()
    return allHparams(decoded(path), 'session_end_info', 4).map((content) => content.get(1))
  }
  assert.deepEqual(statuses('aborted', { ...START, resumedAt: 90 }, DONE), [[1n]])
  assert.deepEqual(statuses('early'), [])
  assert.deepEqual(statuses('not-finite'), [[2n]])
})

test('a disk that takes no more is told as it is of the journal', () => {
  const path = fresh()
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  const files = {
    ...fs,
    writeSync: (() => {
      throw full
    }) as never,
  }
  const logs = openLogs(path, ['tensorboard'], {}, files)
  assert.throws(
    () => logs.add(START),
    (error) => error instanceof UserError && /could not be written: the disk is full/.test(error.message),
  )
})

test('a training writes both beside its journal, goes on with them, and shows its pictures at the end', async () => {
  const args = [
    '--data',
    'glyphs',
    '--limit',
    '300',
    '--set',
    'units=20,10',
    '--threads',
    '1',
    '--epochs',
    '1',
    '--json',
  ]
  const ended = await onward(folder, 'train', 'forward-forward', ...args, '--out', 'run', '--log', 'tensorboard,csv')
  assert.equal(ended.code, 0, ended.stderr)
  const done = events(ended).at(-1)
  const all = decoded(join(folder, 'run'))
  const scalars = scalarsOf(all)
  assert.ok(Math.abs(scalars.get('test/accuracy')![0]![1] - done.test.network.accuracy) < 1e-6)
  const picture = all.flatMap(({ values }) => values).find(({ tag }) => tag === 'pictures/filters')!
  const image = fieldsOf(picture.fields.get(4)![0] as Uint8Array)
  const png = image.get(4)![0] as Uint8Array
  assert.deepEqual([...png.subarray(0, 8)], [137, 80, 78, 71, 13, 10, 26, 10])
  const header = new DataView(png.buffer, png.byteOffset)
  assert.deepEqual([Number(image.get(2)![0]), Number(image.get(1)![0])], [header.getUint32(16), header.getUint32(20)])
  const rows = readFileSync(join(folder, 'run', 'metrics.csv'), 'utf8').split('\n')
  assert.ok(rows.some((row) => row.endsWith(`,test,,accuracy,${done.test.network.accuracy}`)))

  const longer = await onward(folder, 'train', '--resume', 'run', '--epochs', '2', '--threads', '1')
  assert.equal(longer.code, 0, longer.stderr)
  const marks = decoded(join(folder, 'run')).filter(({ session }) => session !== undefined)
  assert.equal(marks.length, 2, 'a run keeps its logs')
  const plain = await onward(folder, 'train', 'backprop', ...args, '--out', 'plain')
  assert.deepEqual([plain.code, existsSync(join(folder, 'plain', 'metrics.csv'))], [0, false])
  const wrong = await onward(folder, 'train', 'backprop', ...args, '--out', 'wrong', '--log', 'tensorbord')
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /There is no format of logs "tensorbord".*"tensorboard"/)
})
