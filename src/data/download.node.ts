import { existsSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { UserError } from '../errors.js'
import { fileError, hashOfFile, makeFolder, reason, sizeOfFile } from '../files.node.js'
import { withLock } from '../lock.node.js'
import { web } from './proxy.node.js'
import type { Download } from './source.js'

export interface DownloadOptions {
  /** Called as bytes arrive; `received` counts those of earlier, interrupted downloads. */
  readonly onProgress?: (progress: { readonly file: string; readonly received: number; readonly total: number }) => void
  readonly signal?: AbortSignal
  /** Told when the file is locked by a process of which nobody can see whether it lives: how long that takes. */
  readonly onWait?: (message: string) => void
  /** How long a mirror may be silent before it counts as cut, in milliseconds. */
  readonly patience?: number
  /** The wait before a second try of the same mirror, in milliseconds; it doubles with each. */
  readonly pause?: number
}

const TRIES = 3

/**
 * Downloads a file into `folder` and returns its path. The bytes gather in a `.part` file, which the next call goes on
 * from (HTTP Range) and which takes the file's name only when its SHA-256 is right. Each mirror is tried up to three
 * times. Throws a UserError if none gave the file, or if the folder cannot be written.
 */
export async function download(file: Download, folder: string, options: DownloadOptions = {}): Promise<string> {
  const path = join(folder, file.name)
  const part = `${path}.part`
  let failures: string[]
  try {
    makeFolder(folder)
    failures = await withLock(
      `${path}.lock`,
      async () => {
        // Another process may have fetched it while this one waited.
        if (sizeOfFile(path) === file.bytes) return []
        const found = await tryMirrors(file, part, options)
        if (found.length === 0) await rename(part, path)
        return found
      },
      { signal: options.signal, onWait: options.onWait },
    )
  } catch (error) {
    if (options.signal?.aborted || error instanceof UserError || !('code' in (error as object))) throw error
    throw fileError(`${path} could not be written`, error)
  }
  if (failures.length === 0) return path
  const kept = existsSync(part) ? 'what arrived is kept, so the same command goes on from there' : 'try again later'
  throw new UserError(
    `${file.name} could not be downloaded: ${failures.join(', and ')}; ${kept}, or put the file into ${folder} yourself; data that you have unpacked already are named by --data-dir or ONWARD_DATA.`,
  )
}

/** Fetches the part from the first mirror that has it; returns why each failed, or nothing if one did not. */
async function tryMirrors(file: Download, part: string, options: DownloadOptions): Promise<string[]> {
  const failures: string[] = []
  for (const url of file.urls) {
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      if (attempt > 1) await wait((options.pause ?? 1000) * 2 ** (attempt - 2))
      const failure = await fetchPart(file, url, part, options)
      if (failure === undefined) return []
      if (failure.again && attempt < TRIES) continue
      failures.push(`${url} ${failure.what}`)
      break
    }
  }
  return failures
}

/** Why one try of one mirror gave no file, and whether another try of it may help. */
interface Failure {
  readonly what: string
  readonly again: boolean
}

async function fetchPart(
  file: Download,
  url: string,
  part: string,
  options: DownloadOptions,
): Promise<Failure | undefined> {
  const before = sizeOfFile(part) ?? 0
  // A part of the right size or more was left by an interrupted check: only its hash can tell.
  if (before < file.bytes) {
    const failure = await receive(file, url, part, before, options)
    if (failure) return failure
  }
  const sha256 = await hashOfFile(part)
  if (sha256 === file.sha256) return undefined
  await rm(part, { force: true })
  return {
    what: `sent another file than the published one (SHA-256 ${sha256.slice(0, 12)}..., expected ${file.sha256.slice(0, 12)}...), which was deleted`,
    // The bytes from before this try may be the wrong ones: begin anew.
    again: before > 0,
  }
}

/** Fetches the bytes from `before` on. A UserError or system error of the disk passes through. */
async function receive(
  file: Download,
  url: string,
  part: string,
  before: number,
  options: DownloadOptions,
): Promise<Failure | undefined> {
  const { fetch, proxy } = await web(url)
  const silence = new AbortController()
  const patience = options.patience ?? 30_000
  let timer = setTimeout(() => silence.abort(), patience)
  const signal = options.signal ? AbortSignal.any([silence.signal, options.signal]) : silence.signal
  let received = 0
  let handle: FileHandle | undefined
  try {
    // Without identity, a server may compress, and sizes and ranges would count other bytes than the file's.
    const headers: Record<string, string> = { 'accept-encoding': 'identity' }
    if (before > 0) headers.range = `bytes=${before}-`
    const response = await network(fetch(url, { headers, signal }))
    if (response.status === 416) {
      await rm(part, { force: true })
      return { what: 'refused to go on from the bytes at hand', again: true }
    }
    if (response.status !== 200 && response.status !== 206) {
      await response.body?.cancel()
      const what = `answered ${response.status} ${response.statusText}`.trimEnd()
      return { what: what + proxy, again: response.status >= 500 }
    }
    const resumed = response.status === 206 && response.headers.get('content-range')?.startsWith(`bytes ${before}-`)
    if (response.status === 206 && !resumed) {
      await response.body?.cancel()
      await rm(part, { force: true })
      return { what: 'sent another range of bytes than was asked for', again: true }
    }
    // A server without Range sends everything: start at the beginning.
    received = resumed ? before : 0
    handle = await open(part, resumed ? 'r+' : 'w')
    const chunks = response.body![Symbol.asyncIterator]()
    for (;;) {
      const { value, done } = await network(chunks.next())
      if (done) break
      if (received + value.length > file.bytes) {
        await rm(part, { force: true })
        return { what: `sent more than the ${file.bytes} bytes of the published file`, again: false }
      }
      // A disk that is nearly full takes a part of the bytes.
      for (let at = 0; at < value.length; )
        at += (await handle.write(value, at, value.length - at, received + at)).bytesWritten
      received += value.length
      options.onProgress?.({ file: file.name, received, total: file.bytes })
      clearTimeout(timer)
      timer = setTimeout(() => silence.abort(), patience)
    }
    await handle.sync()
  } catch (error) {
    options.signal?.throwIfAborted()
    if (!(error instanceof NetworkError)) throw error
    const why = silence.signal.aborted ? 'fell silent' : `broke off (${error.message})`
    return { what: `${why} after ${received} of ${file.bytes} bytes${proxy}`, again: true }
  } finally {
    clearTimeout(timer)
    await handle?.close()
  }
  if (received < file.bytes) return { what: `ended after ${received} of ${file.bytes} bytes`, again: true }
  return undefined
}

/** A failure of the network, told apart from one of the disk. */
class NetworkError extends Error {}

async function network<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise
  } catch (error) {
    let cause = error as Error
    while (cause.cause instanceof Error) cause = cause.cause
    // What a proxy answered has no code of the system, but a message.
    const why = reason(cause)
    const isSystem = /^E[A-Z_]+$/.test(why)
    throw new NetworkError(isSystem ? why : cause.message, { cause: error })
  }
}
