/** One client of a federation, as a process of its own: `node client-process.node.js JOB`, a file that it reads. */
import { readFileSync } from 'node:fs'
import os from 'node:os'
import { loadKept } from '../../data/own/kept.node.js'
import type { KeptData } from '../../data/own/provenance.js'
import { findRule } from '../../rules/load.node.js'
import { compile } from '../../runtime/compile.node.js'
import { readCredentials } from '../credentials.node.js'
import { natsTransport } from '../nats.node.js'
import { oneClient } from './here.js'
import { keeperIn } from './kept-run.node.js'
import { clientData } from './partition/folders.node.js'
import { shareOf } from './partition/shares.js'
import { awaitRecipe } from './recipe.js'

/** What a client's process is told. */
export interface ClientJob {
  readonly url: string
  readonly credentials: string
  /** The id of a rule, or the path of its file. */
  readonly rule: string
  /** The data set that the coordinator has. */
  readonly data: KeptData
  readonly dataDir?: string | undefined
  /** The client's own folder of data; absent: its share of the data set. */
  readonly folder?: string | undefined
  /** Where it keeps what it needs to go on. */
  readonly store: string
}

const job = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as ClientJob
const stop = new AbortController()
// Whoever started it is gone, or wants it to end: it can end anywhere, and goes on where it was when it comes again.
const GRACE = 2000
for (const signal of ['SIGTERM', 'SIGINT', 'disconnect'] as const)
  process.on(signal, () => {
    stop.abort()
    // A server that is gone for good would be waited for without end.
    setTimeout(() => process.exit(), GRACE).unref()
  })

const credentials = readCredentials(job.credentials)
const transport = await natsTransport(job.url, credentials)
try {
  const rule = await findRule(job.rule)
  const load = job.dataDir === undefined ? {} : { dataDir: job.dataDir }
  const whole = await loadKept(credentials.run, job.data, undefined, load)
  const recipe = await awaitRecipe(transport, stop.signal)
  if (recipe) {
    const place = recipe.clients.indexOf(credentials.id)
    const data = job.folder === undefined ? shareOf(whole, recipe, place) : await clientData(job.folder, whole, load)
    // Clients on one machine share its processors: each takes its part of them.
    const mostThreads = Math.max(1, Math.floor(os.availableParallelism() / recipe.clients.length))
    await oneClient(
      transport,
      credentials.id,
      {
        ...{ rule, data, keeper: keeperIn(job.store) },
        platform: { compile: (graph, options) => compile(graph, { mostThreads, ...options }) },
      },
      stop.signal,
    )
  }
} finally {
  await transport.close()
}
process.disconnect?.()
