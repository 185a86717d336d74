import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { UsageError, UserError } from '../errors.js'
import { makeFolder, readJson, replaceFile } from '../files.node.js'
import { fateOf, type Holder, holderOf } from '../holder.node.js'
import { type Credentials, keptCredentials, publicKeyOf } from './credentials.node.js'
import { clientRights, offeredRights } from './rights.js'
import { configurationOf } from './server/configuration.js'
import { checkExposure } from './server/exposure.node.js'
import { findServer, isOlder } from './server/find.node.js'

export interface BrokerSettings {
  /** Its configuration, its store, its log and the credentials of all; others may not read it. */
  readonly folder: string
  /** One word. */
  readonly run: string
  /** How many may join with all rights, the coordinator among them. */
  readonly workers: number
  /** The ids of those who may only take part. */
  readonly clients?: readonly string[]
  /** The address to listen on; by default this machine's own. */
  readonly host?: string
  /** By default any that is free. */
  readonly port?: number | undefined
  readonly tls?: { readonly certificate: string; readonly key: string }
  /** The most bytes on the disk, from version 2.10 on; streams reserve theirs of it. */
  readonly mostStored?: number
  /** Listens wherever it is told to, whatever is known of the version. */
  readonly forced?: boolean
}

export interface Broker {
  /** As `nats://127.0.0.1:4222`. */
  readonly url: string
  readonly version: string
  readonly pid: number
  readonly workers: readonly Credentials[]
  readonly clients: readonly Credentials[]
  /** What the server itself tells: a file. */
  readonly log: string
  /** Told when the process ends, whoever ends it. */
  readonly ended: Promise<void>
  /** Ends it at once, as a crash would: what it acknowledged is stored. */
  kill(): void
  /** Starts it again, on the same store and port. */
  restart(): Promise<Broker>
  stop(): Promise<void>
}

/** The largest message, and its headers. */
export const MOST_MESSAGE = 8 * 2 ** 20
const MOST_HEADERS = 2 ** 16
const MOST_STORED = 16 * 2 ** 30
/** The server never gave back what a purge of one subject freed, so any bound was reached in time (nats-server 3876). */
const COUNTED = '2.10.0'
/** Older ones know no `sync_interval: always`. */
const SYNCED = '2.10.0'
/** In milliseconds: a large store is read through before the server listens. */
const PATIENCE = 30_000

/**
 * Writes the configuration of a broker into a folder, starts it, and gives what others need to join. Called again for the
 * same folder, it finds what was stored there, and the credentials stay; a broker whose starter was killed is ended
 * first. Throws a `UserError` where there is no server, or what was asked for is refused.
 */
export async function startBroker(settings: BrokerSettings): Promise<Broker> {
  const { run, host = '127.0.0.1', tls, forced = false } = settings
  const folder = resolve(settings.folder)
  const { path, version } = await findServer()
  if (!forced) checkExposure(version, { host, tls: tls !== undefined, websocket: false, leafnodes: false })
  makeFolder(folder)
  chmodSync(folder, 0o700)
  await endPredecessor(folder)

  const ids = Array.from({ length: settings.workers }, (_, i) => `worker-${i + 1}`)
  const all = [...ids, ...(settings.clients ?? [])]
  const twice = all.find((id, i) => all.indexOf(id) < i)
  if (twice !== undefined)
    throw new UsageError(
      `${ids.includes(twice) ? `${twice} is the name of who coordinates` : `two clients are called ${twice}`}: give each a name of its own`,
    )
  const workers = ids.map((id) => keptCredentials(folder, { run, role: 'worker', id }))
  const clients = (settings.clients ?? []).map((id) => keptCredentials(folder, { run, role: 'client', id }))
  const start = async (port: number): Promise<Broker> => {
    const file = join(folder, 'nats-server.conf')
    const text = configurationOf({
      host,
      port,
      folder,
      workers: workers.map(publicKeyOf),
      offered: offeredRights(run),
      clients: clients.map((one) => ({ id: one.id, key: publicKeyOf(one), rights: clientRights(run, one.id) })),
      mostStored: isOlder(version, COUNTED) ? undefined : (settings.mostStored ?? MOST_STORED),
      mostMessage: MOST_MESSAGE + MOST_HEADERS,
      tls,
      synced: !isOlder(version, SYNCED),
    })
    replaceFile(file, new TextEncoder().encode(text), { mode: 0o600 })
    const { child, port: own } = await listening(path, file, folder)
    const ended = new Promise<void>((done) => child.once('exit', () => done()))
    const guard = guardOf(child.pid!)
    /** One that is paused hears of its end when it goes on. Windows has no such signal, and pauses none by it. */
    const end = (): void => {
      child.kill()
      if (process.platform !== 'win32') child.kill('SIGCONT')
    }
    process.once('exit', end)
    void ended.then(() => {
      guard.kill()
      process.off('exit', end)
    })
    const stop = async (): Promise<void> => {
      end()
      if (await Promise.race([ended.then(() => false), wait(PATIENCE, true, { ref: false })])) child.kill('SIGKILL')
      await ended
    }
    return {
      url: `${tls ? 'tls' : 'nats'}://${host.includes(':') ? `[${host}]` : host}:${own}`,
      version,
      pid: child.pid!,
      log: join(folder, LOG),
      workers,
      clients,
      ended,
      stop,
      kill: () => void child.kill('SIGKILL'),
      async restart() {
        await stop()
        return start(own)
      },
    }
  }
  return start(settings.port ?? -1)
}

const LOG = 'nats-server.log'

/** Ends a process when this one is gone, however it ended: then the pipe between the two breaks. */
function guardOf(process: number): ChildProcess {
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill "$0"; kill -CONT "$0"', `${process}`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  // Where there is no such shell, the next start in the folder ends it.
  guard.on('error', () => undefined)
  guard.unref()
  ;(guard.stdin as { unref?(): void } | null)?.unref?.()
  return guard
}

/** Starts the program, and waits until it listens; which port that is stands in a file that it writes. */
async function listening(path: string, file: string, folder: string): Promise<{ child: ChildProcess; port: number }> {
  for (const name of readdirSync(folder)) if (name.endsWith('.ports')) rmSync(join(folder, name))
  const log = join(folder, LOG)
  const output = openSync(log, 'a', 0o600)
  // In a group of its own: Ctrl-C is for us alone, and we end it when all have stored what they have.
  const child = spawn(path, ['-c', file], { detached: true, stdio: ['ignore', output, output] })
  closeSync(output)
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  const end = performance.now() + PATIENCE
  while (performance.now() < end && failure === undefined && child.exitCode === null && child.signalCode === null) {
    const ports = readdirSync(folder).find((name) => name.endsWith(`_${child.pid}.ports`))
    const port = ports && portIn(join(folder, ports))
    if (port) {
      replaceFile(holderFile(folder), new TextEncoder().encode(JSON.stringify(holderOf(child.pid!))))
      return { child, port }
    }
    await wait(10)
  }
  child.kill('SIGKILL')
  const last = readFileSync(log, 'utf8').trimEnd().split('\n').at(-1)
  throw new UserError(`nats-server did not start: ${failure?.message ?? last} (all of it is in ${log})`)
}

/** The file may be there before it is whole. */
function portIn(path: string): number | undefined {
  try {
    return Number(new URL(JSON.parse(readFileSync(path, 'utf8')).nats[0]).port)
  } catch {
    return undefined
  }
}

const holderFile = (folder: string): string => join(folder, 'nats-server.process')

/** Ends the broker of a starter that was killed, since two cannot write to one store. */
async function endPredecessor(folder: string): Promise<void> {
  const path = holderFile(folder)
  if (!existsSync(path)) return
  const holder = readJson(path) as Holder
  for (let tries = 0; fateOf(holder) !== 'dead'; tries++) {
    if (fateOf(holder) === 'unknown' || tries > 100)
      throw new UserError(
        `${folder} may be in use by the broker of process ${holder.process}: end it, or delete ${path}`,
      )
    process.kill(holder.process, tries < 50 ? 'SIGTERM' : 'SIGKILL')
    await wait(100)
  }
  rmSync(path)
}
