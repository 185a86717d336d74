/** Some clients of a federation, as one process: `node client-process.node.js JOB`, a file that it reads. */
import { readFileSync } from 'node:fs'
import { loadKept } from '../../data/own/kept.node.js'
import type { KeptData } from '../../data/own/provenance.js'
import { UserError } from '../../errors.js'
import { findRule } from '../../rules/load.node.js'
import { compile } from '../../runtime/compile.node.js'
import { type Credentials, readCredentials } from '../credentials.node.js'
import { awaitTransport } from '../nats.node.js'
import type { Transport } from '../transport.js'
import { type ClientGiven, inTurns, oneClient } from './here.js'
import { keeperIn } from './kept-run.node.js'
import { clientData } from './partition/folders.node.js'
import { sharesOf } from './partition/shares.js'
import { awaitRecipe } from './recipe.js'

/** One of the clients of a process. */
export interface ClientPlace {
  readonly id: string
  /** A file. */
  readonly credentials: string
  /** The client's own folder of data; absent: its share of the data set. */
  readonly folder?: string | undefined
}

/** What a process of clients is told. */
export interface ClientsJob {
  readonly url: string
  /** The id of a rule, or the path of its file. */
  readonly rule: string
  /** The data set that the coordinator has. */
  readonly data: KeptData
  readonly dataDir?: string | undefined
  /** Where clients keep what they need to go on. */
  readonly store: string
  /** Threads of one operation: processes share the processors of the machine. */
  readonly mostThreads: number
  readonly clients: readonly ClientPlace[]
}

/** What such a process tells: that all its clients take part, or that one of them cannot. */
export type ClientsWord = { readonly ready: true } | { readonly lost: string; readonly why: string }

/** How often a client that fails is tried again, in this process. */
const TRIES = 4

const job = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as ClientsJob
const stop = new AbortController()
// Whoever started it is gone, or wants it to end: it can end anywhere, and goes on where it was when it comes again.
const GRACE = 2000
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const)
  process.on(signal, () => {
    stop.abort()
    // A server that is gone for good would be waited for without end.
    setTimeout(() => process.exit(), GRACE).unref()
  })
const tell = (word: ClientsWord): void => {
  // Whoever started it may be gone.
  if (process.connected) process.send!(word, () => undefined)
}

const rule = await findRule(job.rule)
const load = job.dataDir === undefined ? {} : { dataDir: job.dataDir }
const platform: ClientGiven['platform'] = {
  compile: (graph, options) => compile(graph, { mostThreads: job.mostThreads, ...options }),
}
const places = job.clients.map((place) => ({ ...place, own: readCredentials(place.credentials) }))
const whole = await loadKept(places[0]!.own.run, job.data, undefined, load)
// They compute one after the other, each with all that the process has.
const turn = inTurns()
let coming = places.length
let shares: ReturnType<typeof sharesOf> | undefined
// One connects after the other, before any of them computes: a server does not wait long for an answer.
const first = new Map<string, Transport | undefined>()
for (const { own } of places) first.set(own.id, await awaitTransport(job.url, own, stop.signal))
await Promise.all(places.map(({ own, folder }) => takePart(own, folder)))
if (process.connected) process.disconnect()

/** A client to its end; one that fails for good is told. */
async function takePart(own: Credentials, folder: string | undefined): Promise<void> {
  for (let tries = 1; !stop.signal.aborted; tries++)
    try {
      return await once(own, folder)
    } catch (error) {
      if (stop.signal.aborted) return
      console.error(`${own.id}:`, error)
      // What is wrong with a client's data or settings is so every time.
      if (!(error instanceof UserError) && tries < TRIES) continue
      return tell({ lost: own.id, why: (error as Error).message })
    }
}

async function once(own: Credentials, folder: string | undefined): Promise<void> {
  const transport = first.get(own.id) ?? (await awaitTransport(job.url, own, stop.signal))
  first.delete(own.id)
  if (!transport) return
  try {
    const recipe = await awaitRecipe(transport, stop.signal)
    if (!recipe) return
    // All shares are made at once, by the first client that asks.
    shares ??= folder === undefined ? sharesOf(whole, recipe) : []
    const data = folder === undefined ? shares[recipe.clients.indexOf(own.id)]! : await clientData(folder, whole, load)
    const given = { rule, data, platform, turn, keeper: keeperIn(job.store, recipe.run), onThere: arrived }
    await oneClient(transport, own.id, given, AbortSignal.any([stop.signal]))
  } finally {
    await transport.close()
  }
}

function arrived(): void {
  if (--coming === 0) tell({ ready: true })
}
