import { readFileSync } from 'node:fs'
import { readFile, realpath, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, resolve, sep } from 'node:path'
import { UserError } from '../../errors.js'
import type { Offers } from './offers.js'

export interface LabServerOptions {
  /** The folder of the page's files. */
  readonly page: string
  /** The folder that holds those of ONNX Runtime. */
  readonly runtime: string
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  readonly offers: Offers
}

export interface LabServer {
  readonly url: string
  close(): Promise<void>
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
}

/** Threads share memory in isolated pages alone. The rest keeps other pages out of this one. */
const HEADERS: Readonly<Record<string, string>> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
}

/** The page tells by it that data sets and runs may be asked for. */
const SERVED = '<meta name="onward-server" content="1" />'

interface Answer {
  readonly status: number
  readonly type: string
  readonly body: Uint8Array | string
}

/** What a page says in its first lines; without that it may do nothing. */
const policyOf = (html: string): string =>
  /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "default-src 'none'"

const missing: Answer = { status: 404, type: 'text/plain', body: 'There is nothing here.' }

/** Serves the lab. Throws a UserError where the address cannot be had. */
export async function serveLab({ page, runtime, host, port, offers }: LabServerOptions): Promise<LabServer> {
  const html = readFileSync(join(page, 'index.html'), 'utf8')
  const policy = policyOf(html)
  const index: Answer = { status: 200, type: TYPES['.html']!, body: html.replace('</head>', `${SERVED}</head>`) }

  const answer = async (path: string): Promise<Answer> => {
    if (path === '/' || path === '/index.html') return index
    if (path.startsWith('/served/')) return await served(path.slice('/served/'.length), offers)
    if (path.startsWith('/runtime/')) return await fileIn(runtime, path.slice('/runtime/'.length))
    return await fileIn(page, path.slice(1))
  }
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { status, type, body } = await checked(request, host, answer)
    // A page of its own within this one, such as that for a person's code, says its own policy.
    const framed = type === TYPES['.html'] && body !== index.body
    const own = framed ? `${policyOf(body.toString())}; frame-ancestors 'self'` : `${policy}; frame-ancestors 'none'`
    const length = Buffer.byteLength(body)
    const headers = { ...HEADERS, 'content-security-policy': own, 'content-type': type, 'content-length': length }
    response.writeHead(status, headers)
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  const server = createServer((request, response) => {
    handle(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500, HEADERS)
      response.end()
    })
  })
  await listen(server, host, port)
  const address = server.address() as AddressInfo
  const named = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return {
    url: `http://${named}:${address.port}/`,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

async function checked(
  request: IncomingMessage,
  host: string,
  answer: (path: string) => Promise<Answer>,
): Promise<Answer> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return { status: 405, type: 'text/plain', body: 'This server only hands out.' }
  // A page elsewhere whose name was turned to this address must not read what is offered here.
  if (isLoopback(host) && !isLoopback(hostOf(request.headers.host)))
    return { status: 403, type: 'text/plain', body: 'This server answers to this machine alone.' }
  const path = pathOf(request.url ?? '/')
  return path === undefined ? { status: 400, type: 'text/plain', body: 'This is no path.' } : await answer(path)
}

const isLoopback = (name: string): boolean => ['127.0.0.1', '::1', '[::1]', 'localhost'].includes(name)

const hostOf = (header = ''): string => header.replace(/:\d+$/, '')

/** The path of a request, decoded; undefined where it is none. */
function pathOf(url: string): string | undefined {
  try {
    const path = decodeURIComponent(new URL(url, 'http://localhost').pathname)
    return path.includes('\0') ? undefined : path
  } catch {
    return undefined
  }
}

/** A file of a folder, by its name in it. Links and names that lead out of the folder are not followed. */
async function fileIn(folder: string, name: string): Promise<Answer> {
  const type = TYPES[extname(name)]
  if (type === undefined) return missing
  try {
    const root = await realpath(folder)
    const path = await realpath(resolve(root, name))
    if (!path.startsWith(root + sep) || !(await stat(path)).isFile()) return missing
    return { status: 200, type, body: await readFile(path) }
  } catch {
    return missing
  }
}

/** `index.json`, `data/NAME`, `runs/NAME`. Names are compared with what is offered, and are never paths. */
async function served(what: string, offers: Offers): Promise<Answer> {
  if (what === 'index.json') {
    const body = JSON.stringify({ data: offers.data(), runs: offers.runs() })
    return { status: 200, type: 'application/json', body }
  }
  const [, kind, name] = /^(data|runs)\/(.+)$/.exec(what) ?? []
  if (name === undefined) return missing
  const bytes = kind === 'data' ? await offers.dataFile(name) : await checkpointOf(offers, name)
  return bytes ? { status: 200, type: 'application/octet-stream', body: bytes } : missing
}

async function checkpointOf(offers: Offers, name: string): Promise<Uint8Array | undefined> {
  const path = offers.checkpoint(name)
  return path === undefined ? undefined : await readFile(path)
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE'
          ? `another program uses port ${port}: choose another one (--port), or leave it out for a free one`
          : `${host} is no address that this machine can listen on (${cause.code}): leave --host out for this machine alone`
      fail(new UserError(`The lab cannot be served: ${why}.`, { cause }))
    })
    server.listen(port, host, done)
  })
}
