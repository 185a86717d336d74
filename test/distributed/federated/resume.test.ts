// At most 40 s: trainings over clients, one of them stopped after each of its rounds.
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DataSet } from '../../../src/data/index.js'
import { federate } from '../../../src/distributed/federated/federate.js'
import { type ClientKeeper, clientsHere } from '../../../src/distributed/federated/here.js'
import { keeperIn } from '../../../src/distributed/federated/kept-run.node.js'
import { federatedOf } from '../../../src/distributed/federated/options.js'
import { sharesOf } from '../../../src/distributed/federated/partition/shares.js'
import { federation, keptFederated, newFederated } from '../../../src/distributed/federated/up.node.js'
import { memoryEngine } from '../../../src/distributed/memory.js'
import { FullError, type Transport } from '../../../src/distributed/transport.js'
import { resume, train } from '../../../src/node.js'
import type { TrainConfig } from '../../../src/train/config.js'
import type { RoundEvent, TrainEvent } from '../../../src/train/events.js'
import { resolve } from '../../../src/train/options.js'
import { collect, lines } from '../../train/fixtures.js'

const ROUNDS = 4
const data = lines(120)
const own = newFederated(federatedOf({ clients: 3, rounds: ROUNDS, bits: 8 }))

const roundsOf = (folder: string): RoundEvent[] =>
  readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as TrainEvent)
    .filter((event) => event.event === 'round')

/** Stops after so many rounds, as Ctrl-C does. */
async function run(folder: string, most = Number.POSITIVE_INFINITY, goOn = false): Promise<TrainEvent> {
  const stop = new AbortController()
  const { signal } = stop
  const how = federation(goOn ? keptFederated(folder) : own, 'memory')
  const options = { batch: 10, epochs: ROUNDS, seed: 3, threads: 1, validation: 12 }
  const events = goOn
    ? resume(folder, { data, signal }, how)
    : train({ rule: 'backprop', hyper: { units: [8], rate: 0.01 }, data, options, out: folder, signal }, how)
  let last: TrainEvent | undefined
  for await (const event of events) {
    last = event
    if (event.event === 'round' && --most === 0) stop.abort()
  }
  return last!
}

test('a run whose engine lost all that it kept goes on from its checkpoint, and makes no round again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'onward-federated-'))
  const path = join(folder, 'lost')
  try {
    assert.equal((await run(path, 2)).event, 'stopped')
    for (const kept of ['round.json', 'objects']) rmSync(join(path, 'federated', kept), { recursive: true })
    assert.equal((await run(path, undefined, true)).event, 'done')
    const rounds = roundsOf(path)
    assert.deepEqual(
      rounds.map(({ round, turn }) => [round, turn]),
      [1, 2, 3, 4].map((turn) => [turn, turn]),
    )
    assert.equal(rounds.at(-1)!.step, rounds.length * rounds[0]!.step)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a run in one process that is stopped in each round and gone on with makes the same models, and tells each once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'onward-federated-'))
  const [whole, stopped] = [join(folder, 'whole'), join(folder, 'stopped')]
  try {
    assert.equal((await run(whole)).event, 'done')
    assert.equal((await run(stopped, 1)).event, 'stopped')
    for (let rounds = 1; rounds < ROUNDS; rounds++) await run(stopped, 1, true)
    assert.equal((await run(stopped, undefined, true)).event, 'done')
    const [made, wanted] = [stopped, whole].map((path) => roundsOf(path).map(({ turn, model }) => ({ turn, model })))
    assert.deepEqual(
      made!.map(({ turn }) => turn),
      [1, 2, 3, 4],
    )
    assert.deepEqual(made, wanted)
    const [weights, same] = [stopped, whole].map((path) => readFileSync(join(path, 'checkpoint.safetensors')))
    assert.deepEqual(weights, same)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

/** Keeps what a run has now; the function that comes back puts parts of it into the run again. */
function keptParts(path: string, folder: string): (parts: readonly string[]) => void {
  cpSync(path, join(folder, 'kept'), { recursive: true })
  return (parts) => {
    for (const part of parts) rmSync(join(path, part), { recursive: true })
    for (const part of parts) cpSync(join(folder, 'kept', part), join(path, part), { recursive: true })
  }
}

test('an engine that is behind the checkpoint, as where the run went on by another one, makes no round again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'onward-federated-'))
  const path = join(folder, 'run')
  try {
    await run(path, 1)
    const put = keptParts(path, folder)
    await run(path, 2, true)
    const other = join(folder, 'other')
    cpSync(path, other, { recursive: true })
    put(['federated/round.json', 'federated/objects'])
    for (const part of ['round.json', 'objects']) rmSync(join(other, 'federated', part), { recursive: true })
    for (const own of [path, other]) assert.equal((await run(own, undefined, true)).event, 'done')
    assert.deepEqual(
      roundsOf(path).map(({ round, turn }) => [round, turn]),
      [1, 2, 3, 4].map((turn) => [turn, turn]),
    )
    // It goes on as one whose engine kept nothing.
    const [made, wanted] = [path, other].map((own) => readFileSync(join(own, 'checkpoint.safetensors')))
    assert.deepEqual(made, wanted)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a round that was made but not yet stored is made again to the same model, and not told again', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'onward-federated-'))
  const [path, whole] = [join(folder, 'run'), join(folder, 'whole')]
  try {
    await run(whole)
    await run(path, 2)
    const put = keptParts(path, folder)
    await run(path, 1, true)
    // As if the process had been killed just before the third round was stored.
    put(['federated/round.json', 'federated/objects', 'checkpoint.safetensors'])
    assert.equal((await run(path, undefined, true)).event, 'done')
    assert.deepEqual(
      roundsOf(path).map(({ round }) => round),
      [1, 2, 3, 4],
    )
    // The events tell of the first making alone; the last weights are those of a run that made each round once.
    const [made, wanted] = [path, whole].map((own) => readFileSync(join(own, 'checkpoint.safetensors')))
    assert.deepEqual(made, wanted)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a federation whose server had no room before the first round goes on from its first checkpoint', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'onward-federated-'))
  const path = join(folder, 'full')
  const engine = memoryEngine()
  /** `federate` by itself: its server is what this is about. */
  const by = (transport: Transport) => (config: TrainConfig) => {
    const { rule, platform } = config
    const parts = sharesOf(config.data as DataSet, {
      settings: resolve(rule, data, config),
      federated: own.options,
    })
    const clients = parts.map((part, k) => [`client-${k + 1}`, { rule, platform, data: part }] as const)
    return federate({
      ...{ ...config, transport, federated: own.options, run: own.name, clients: clients.map(([name]) => name) },
      ...{ counts: {}, patient: true, holder: 'test', start: clientsHere(engine.connect, new Map(clients)) },
    })
  }
  const room = engine.connect()
  const put = async (): Promise<never> => {
    throw new FullError('no room')
  }
  const options = { batch: 10, epochs: ROUNDS, seed: 3, threads: 1, validation: 12 }
  const request = { rule: 'backprop', hyper: { units: [8], rate: 0.01 }, data, options, out: path }
  try {
    const full = { ...room, objects: { ...room.objects, put } }
    await assert.rejects(collect(train(request, by(full))), /no room/)
    assert.equal((await collect(resume(path, { data }, by(room)))).at(-1)?.event, 'done')
    assert.equal(roundsOf(path).length, ROUNDS)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('a client reads what it kept in its own run alone, and another run in the same folder takes its place', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'onward-federated-'))
  const files = (): string[] => readdirSync(join(folder, 'clients')).sort()
  const text = async (bytes: Promise<Uint8Array | undefined>) => Buffer.from((await bytes) ?? '').toString()
  try {
    const [old, young] = ['old', 'young'].map((run) => keeperIn(folder, run)) as [ClientKeeper, ClientKeeper]
    await old.keep('clinic-a', 40, Buffer.from('old 40'))
    await old.keep('clinic-a', 41, Buffer.from('old 41'))
    await old.keep('clinic-b', 41, Buffer.from('old b'))
    assert.equal(await text(young.last('clinic-a', 99)), '')
    for (const round of [1, 2, 3]) await young.keep('clinic-a', round, Buffer.from(`young ${round}`))
    assert.deepEqual(
      [await text(young.last('clinic-a', 3)), await text(young.last('clinic-a', 4))],
      ['young 2', 'young 3'],
    )
    assert.equal(await text(old.last('clinic-b', 42)), 'old b')
    assert.deepEqual(
      files(),
      ['old.clinic-b.41', 'young.clinic-a.2', 'young.clinic-a.3'].map((name) => `${name}.safetensors`),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
