/** A whole federation on this machine, as `train` takes what trains. */
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { checkDataSet, type DataSet } from '../../data/index.js'
import type { DataOptions } from '../../data/own/own.node.js'
import { keptOf } from '../../data/own/provenance.js'
import { UserError } from '../../errors.js'
import { makeFolder, replaceFile } from '../../files.node.js'
import { fileOf } from '../../rules/load.node.js'
import { RULES } from '../../rules/registry.js'
import type { TrainConfig } from '../../train/config.js'
import type { Federation, TrainEvent } from '../../train/events.js'
import { resolve } from '../../train/options.js'
import { credentialsFile } from '../credentials.node.js'
import { memoryEngine } from '../memory.js'
import { natsTransport } from '../nats.node.js'
import { startBroker } from '../server.node.js'
import type { ClientJob } from './client-process.node.js'
import { clientProcesses } from './client-processes.node.js'
import { type FederateConfig, federate } from './federate.js'
import { type ClientGiven, clientsHere } from './here.js'
import { keeperIn, keepRound, lastTold, restoreRound } from './kept-run.node.js'
import { fromJson, toJson } from './names.js'
import { clientNames, type FederatedOptions, federatedOptions } from './options.js'
import { clientFolders, clientsIn } from './partition/folders.node.js'
import { sharesOf } from './partition/shares.js'
import { SETTINGS, storeOf } from './store.node.js'

/** How a federation is started; its run keeps it. */
export interface Federated {
  readonly options: FederatedOptions
  /** The folder whose folders hold the data of one client each; absent: the training samples are shared out. */
  readonly clientsFrom?: string | undefined
  /** Clients that join from elsewhere, with data of their own. */
  readonly parties?: readonly string[] | undefined
  /** The name of the run, for those who join. */
  readonly name: string
}

export const newFederated = (
  options: FederatedOptions,
  whose: Pick<Federated, 'clientsFrom' | 'parties'> = {},
): Federated => ({
  ...{ options, ...whose },
  name: `fed-${Math.random().toString(36).slice(2, 10)}`,
})

/** How the federation of a run was started. Throws a UserError where it was none. */
export function keptFederated(run: string): Federated {
  const path = join(storeOf(run), SETTINGS)
  if (!existsSync(path)) throw new UserError(`${run} was not trained over clients: onward train --resume ${run}`)
  const kept = fromJson(readFileSync(path)) as Federated
  return { ...kept, options: federatedOptions.parse(kept.options) }
}

/** Where the server of a federation listens, and who is told how to join it. */
export interface Meeting {
  readonly listen?: string | undefined
  readonly port?: number | undefined
  /** The server's address, its folder with credentials, and the clients that are waited for. */
  onJoinable?(url: string, folder: string, clients: readonly string[]): void
}

/** A training over clients on this machine: in this process, or as processes that a NATS server connects. */
export const federation = (
  own: Federated,
  engine: Federation['engine'],
  load: DataOptions = {},
  meeting: Meeting = {},
) =>
  async function* (given: TrainConfig): AsyncGenerator<TrainEvent> {
    const config = { ...given, data: checkDataSet(given.data) }
    const { rule, data, told: { run: folder } = {}, resume } = config
    const store = folder === undefined ? undefined : storeOf(folder)
    if (store && !resume) {
      makeFolder(store)
      replaceFile(join(store, SETTINGS), toJson(own))
    }
    const settings = resolve(rule, data, config)
    const names =
      own.parties ?? (own.clientsFrom === undefined ? clientNames(own.options.clients) : clientFolders(own.clientsFrom))
    const federated = { ...own.options, clients: names.length }
    const common = { ...config, run: own.name, federated, clients: names, holder: `${hostname()}-${process.pid}` }
    const going = { ...common, ...(folder !== undefined && resume && { lastTold: lastTold(folder) }) }
    if (engine === 'nats') {
      if (!store) throw new UserError('processes need the folder of a run: name one, or choose the engine memory')
      yield* overNats(own, store, going, load, meeting)
      return
    }
    const parts =
      own.clientsFrom === undefined
        ? new Map(sharesOf(data, { settings, federated }).map((part, k) => [names[k]!, part]))
        : await clientsIn(own.clientsFrom, data, load)
    yield* inMemory(own, store, going, parts)
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
  const keeper = store === undefined ? undefined : keeperIn(store)
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
  { name: run, clientsFrom, parties }: Federated,
  store: string,
  common: Common,
  { dataDir }: DataOptions,
  { listen, port, onJoinable }: Meeting,
): AsyncGenerator<TrainEvent> {
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
  try {
    const transport = await natsTransport(broker.url, broker.workers[0]!)
    try {
      const jobs = clients.map((client): [string, ClientJob] => [
        client,
        {
          ...{ url: broker.url, credentials: credentialsFile(join(store, 'nats'), client), dataDir },
          ...{ rule: file?.path ?? rule.id, data: keptOf(data), store },
          ...(clientsFrom !== undefined && { folder: join(clientsFrom, client) }),
        },
      ])
      yield* federate({
        ...{
          ...common,
          transport,
          patient: false,
          counts: Object.fromEntries(clients.map((client) => [client, null])),
        },
        start: parties
          ? async () => onJoinable?.(broker.url, place, parties)
          : clientProcesses(join(store, 'clients'), new Map(jobs)),
      })
    } finally {
      await transport.close()
    }
  } finally {
    await broker.stop()
  }
}
