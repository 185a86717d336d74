/** A whole federation on this machine, as `train` takes what trains. */
import { hostname } from 'node:os'
import { join } from 'node:path'
import { checkDataSet, type DataSet } from '../../data/index.js'
import type { DataOptions } from '../../data/own/own.node.js'
import { keptOf } from '../../data/own/provenance.js'
import { UsageError, UserError } from '../../errors.js'
import { makeFolder, readJson, replaceFile } from '../../files.node.js'
import { fileOf } from '../../rules/load.node.js'
import { RULES } from '../../rules/registry.js'
import type { TrainConfig } from '../../train/config.js'
import type { Federation, TrainEvent } from '../../train/events.js'
import { resolve } from '../../train/options.js'
import { credentialsFile } from '../credentials.node.js'
import { memoryEngine } from '../memory.js'
import { natsTransport } from '../nats.node.js'
import { keptUp, whileUp } from '../server/kept-up.node.js'
import { portOf } from '../server/port.node.js'
import { silenceTold } from '../server/silence.node.js'
import { startBroker } from '../server.node.js'
import { newRun } from '../subjects.js'
import { clientProcesses, processCount } from './client-processes.node.js'
import { type FederateConfig, federate } from './federate.js'
import { type ClientGiven, clientsHere } from './here.js'
import { keeperIn, keepRound, lastTold, restoreRound } from './kept-run.node.js'
import { toJson } from './names.js'
import { clientNames, type FederatedOptions, federatedOptions } from './options.js'
import { clientFolders, clientsIn } from './partition/folders.node.js'
import { sharesOf } from './partition/shares.js'
import { isFederated, keepStays, settingsFile, storeOf } from './store.node.js'
import { checkClients } from './wishes.js'

/** How a federation is started; its run keeps it. */
export interface Federated {
  readonly options: FederatedOptions
  /** The folder whose folders hold the data of one client each; absent: the training samples are shared out. */
  readonly clientsFrom?: string | undefined
  /** Clients that join from elsewhere, with data of their own. */
  readonly parties?: readonly string[] | undefined
  /** The address and port that the server listens on, for clients on other machines. */
  readonly listen?: string | undefined
  readonly port?: number | undefined
  /** The name of the run, for those who join. */
  readonly name: string
  /** Through what it ran last; it goes on so unless it is asked for otherwise. */
  readonly engine?: Federation['engine'] | undefined
}

export const newFederated = (
  options: FederatedOptions,
  whose: Partial<Omit<Federated, 'options' | 'name' | 'engine'>> = {},
): Federated => ({
  ...{ options, ...whose },
  name: newRun(),
})

/** How the federation of a run was started. Throws a UserError where it was none. */
export function keptFederated(run: string): Federated {
  if (!isFederated(run)) throw new UserError(`${run} was not trained over clients: onward train --resume ${run}`)
  const path = settingsFile(storeOf(run))
  const kept = readJson(path) as Federated
  const options = federatedOptions.safeParse(kept.options)
  if (!options.success) throw new UserError(`${path} was written by another version of onward: use that one here`)
  return { ...kept, options: options.data }
}

/** How clients are waited for, and who is told of them. */
export interface Waiting {
  /** The most seconds to wait for clients that a round cannot begin without. */
  readonly wait?: number | undefined
  /** Told, before anything slow, how many processes the clients are started in, and where these log. */
  onStart?(clients: number, processes: number, logs: string): void
  /** Told of a client without which the training goes on, and why. */
  onLost?(client: string, why: string): void
  /** Told of a server that has not answered for long, and what may be wrong. */
  onSilent?(message: string): void
}

/** A training over clients on this machine: in this process, or as processes that a NATS server connects. */
export const federation = (
  own: Federated,
  engine: Federation['engine'],
  load: DataOptions = {},
  waiting: Waiting = {},
) =>
  async function* (given: TrainConfig): AsyncGenerator<TrainEvent> {
    if (own.parties && engine === 'memory')
      throw new UsageError('parties train on data of their own, on their machines: leave --engine memory out')
    const config = { ...given, data: checkDataSet(given.data) }
    const { rule, data, told: { run: folder } = {}, resume } = config
    const store = folder === undefined ? undefined : storeOf(folder)
    const names =
      own.parties ?? (own.clientsFrom === undefined ? clientNames(own.options.clients) : clientFolders(own.clientsFrom))
    checkClients(own.options, names.length)
    if (store && (!resume || own.engine !== engine)) keep(store, { ...own, engine })
    const settings = resolve(rule, data, config)
    const federated = { ...own.options, clients: names.length }
    const common = { ...config, run: own.name, federated, clients: names, holder: `${hostname()}-${process.pid}` }
    const going = { ...common, ...(folder !== undefined && resume && { lastTold: lastTold(folder) }) }
    if (engine === 'nats') {
      if (!store) throw new UserError('processes need the folder of a run: name one, or choose the engine memory')
      return yield* telling(store, overNats({ ...own, engine }, store, going, load, waiting))
    }
    const parts =
      own.clientsFrom === undefined
        ? new Map(sharesOf(data, { settings, federated }).map((part, k) => [names[k]!, part]))
        : await clientsIn(own.clientsFrom, data, load)
    yield* telling(store, inMemory(own, store, going, parts))
  }

/** The events, of which the first tells what stays with the clients: whoever uses the run has to know. */
async function* telling(store: string | undefined, events: AsyncGenerator<TrainEvent>): AsyncGenerator<TrainEvent> {
  for await (const event of events) {
    if (store && event.event === 'start') keepStays(store, event.federation!.stays)
    yield event
  }
}

function keep(store: string, own: Federated): void {
  makeFolder(store)
  replaceFile(settingsFile(store), toJson(own))
}

type Common = Omit<FederateConfig, 'transport' | 'start' | 'counts' | 'patient'> & { readonly data: DataSet }

async function* inMemory(
  { name: run }: Federated,
  store: string | undefined,
  common: Common,
  parts: ReadonlyMap<string, DataSet>,
): AsyncGenerator<TrainEvent> {
  const { rule, platform, resume } = common
  const engine = memoryEngine()
  const transport = engine.connect()
  if (store && resume) await restoreRound(store, transport)
  const keeper = store === undefined ? undefined : keeperIn(store, run)
  const clients = new Map<string, ClientGiven>()
  for (const [client, data] of parts) clients.set(client, { rule, platform, data, keeper })
  yield* federate({
    ...{ ...common, transport, patient: true },
    counts: Object.fromEntries([...parts].map(([client, { train }]) => [client, train.count])),
    start: clientsHere(engine.connect, clients),
    ...(store && { onPublished: (model) => keepRound(store, transport, run, model) }),
  })
}

async function* overNats(
  own: Federated,
  store: string,
  common: Common,
  { dataDir }: DataOptions,
  { wait, onStart, onSilent, onLost = () => undefined }: Waiting,
): AsyncGenerator<TrainEvent> {
  const { name: run, clientsFrom, parties, listen, port } = own
  const { rule, data, clients } = common
  const file = fileOf(rule)
  if (!parties && !file && !RULES.includes(rule))
    throw new UserError(`${rule.id} is a rule of a program, which processes cannot load: choose the engine memory`)
  const place = join(store, 'nats')
  const broker = await startBroker({
    ...{ folder: place, run, workers: 1, clients },
    ...(listen !== undefined && { host: listen }),
    ...(port !== undefined && { port }),
  })
  // Parties that are still there find a run that goes on where it was.
  if (parties) keep(store, { ...own, port: portOf(broker) })
  const server = keptUp(broker)
  const ended = new AbortController()
  const gone = new Set<string>()
  let working: Promise<void> = Promise.resolve()
  try {
    const transport = await natsTransport(broker.url, broker.workers[0]!, { onSilent: silenceTold(server, onSilent) })
    try {
      const credentials = (client: string): string => credentialsFile(place, client)
      if (!parties) {
        const logs = join(store, 'clients')
        onStart?.(clients.length, processCount(clients.length), logs)
        const job = { url: broker.url, rule: file?.path ?? rule.id, data: keptOf(data), dataDir, store }
        const places = clients.map((id) => ({
          ...{ id, credentials: credentials(id) },
          ...(clientsFrom !== undefined && { folder: join(clientsFrom, id) }),
        }))
        // They load while the network is traced and compiled here.
        const lose = (client: string, why: string): void => {
          gone.add(client)
          onLost(client, why)
        }
        working = clientProcesses({ folder: logs, job, clients: places, onLost: lose }, ended.signal)
        working.catch(() => undefined)
      }
      const joining = parties && { url: broker.url, count: parties.length, credentials: parties.map(credentials) }
      const start = async (_: unknown, signal: AbortSignal): Promise<void> => {
        signal.addEventListener('abort', () => ended.abort())
        await Promise.race([working, server.failed])
      }
      const counts = Object.fromEntries(clients.map((client) => [client, null]))
      // A process that dies is started again, and its clients make the round again: whoever else is slow is waited for.
      const patient = parties || own.options.wanted !== undefined ? false : ('long' as const)
      const about = { transport, patient, gone, counts, start, wait, ...(joining && { joining }) }
      yield* whileUp(server, transport, federate({ ...common, ...about }), common.signal)
    } finally {
      await transport.close()
    }
  } finally {
    ended.abort()
    await working.catch(() => undefined)
    await server.stop()
  }
}
