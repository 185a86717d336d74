import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { launchChromium } from '../../chromium.js'

export { CHROMIUM, NO_CHROMIUM } from '../../chromium.js'

// Pages in Chromium: a script runs in one, and what it returns comes back.

const ISOLATED = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }

const TYPES: Readonly<Record<string, string>> = {
  ...{ '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' },
  ...{ '.html': 'text/html', '.css': 'text/css', '.json': 'application/json' },
}

export interface PageOptions {
  /** What is served, by the beginning of its address. Default: the repository. */
  readonly folders?: Readonly<Record<string, string>>
  /** Whether the page is isolated, so that it may share memory between threads. */
  readonly isolated?: boolean
  /** The page, if not one made of the script; it fetches `/result` with what it comes to. */
  readonly html?: string
  /** Files that the page may fetch, by name, under `/given/`. */
  readonly given?: Readonly<Record<string, Uint8Array>>
  readonly flags?: readonly string[]
  readonly seconds?: number
}

export interface PageResult<T> {
  readonly value: T
  /** What the page sent by `send(name, bytes)`. */
  readonly files: Readonly<Record<string, Uint8Array>>
}

const page = (script: string): string => `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">
<script type="module">
const send = (name, bytes) => fetch('/files/' + name, { method: 'POST', body: bytes })
const given = async (name) => new Uint8Array(await (await fetch('/given/' + name)).arrayBuffer())
const report = (result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) })
addEventListener('error', ({ message }) => report({ error: 'in the page: ' + message }))
addEventListener('unhandledrejection', ({ reason }) => report({ error: 'not handled: ' + (reason?.stack ?? reason) }))
try {
  const value = await (async () => {
${script}
  })()
  await report({ value: value ?? null })
} catch (error) {
  await report({ error: error.stack ?? String(error), message: error.message, name: error.name })
}
</script>`

/** Runs the body of an async function in a page and gives what it returns. Throws what it throws. */
export async function inPage<T>(script: string, options: PageOptions = {}): Promise<PageResult<T>> {
  const { folders = { '/': process.cwd() }, isolated = true, html = page(script), given = {}, seconds = 120 } = options
  const files: Record<string, Uint8Array> = {}
  let tell: (result: string) => void = () => undefined
  const told = new Promise<string>((resolve) => {
    tell = resolve
  })
  const headers = isolated ? ISOLATED : {}
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = decodeURIComponent(new URL(request.url!, 'http://localhost').pathname)
    if (request.method === 'POST') {
      const body = await bodyOf(request)
      response.end()
      if (path === '/result') tell(body.toString())
      else files[path.slice('/files/'.length)] = body
    } else if (path === '/') response.writeHead(200, { ...headers, 'content-type': 'text/html' }).end(html)
    else {
      const bytes = path.startsWith('/given/') ? given[path.slice('/given/'.length)] : read(folders, path)
      if (!bytes) response.writeHead(404, headers).end()
      else response.writeHead(200, { ...headers, 'content-type': TYPES[extname(path)] ?? 'text/plain' }).end(bytes)
    }
  }
  const server = createServer((request, response) => {
    answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const browser = await launchChromium(options.flags)
  browser.on('disconnected', () => tell(JSON.stringify({ error: 'the browser ended without a result' })))
  const late = setTimeout(() => tell(JSON.stringify({ error: `no result after ${seconds} s` })), seconds * 1000)
  try {
    await (await browser.newPage()).goto(`http://127.0.0.1:${port}/`)
    const { value, error } = JSON.parse(await told)
    if (error !== undefined) throw new Error(error)
    return { value, files }
  } finally {
    clearTimeout(late)
    await browser.close()
    server.closeAllConnections()
    server.close()
  }
}

function read(folders: Readonly<Record<string, string>>, path: string): Uint8Array | undefined {
  for (const [prefix, folder] of Object.entries(folders)) {
    if (!path.startsWith(prefix)) continue
    const file = join(folder, path.slice(prefix.length))
    if (existsSync(file) && statSync(file).isFile()) return readFileSync(file)
  }
  return undefined
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}
