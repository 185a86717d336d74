import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { download } from '../../src/data/download.node.js'
import { web } from '../../src/data/proxy.node.js'
import { UserError } from '../../src/errors.js'

const content = Buffer.from('the bytes of a data set')
const sha256 = createHash('sha256').update(content).digest('hex')
const root = mkdtempSync(join(tmpdir(), 'onward-proxy-'))

/** A proxy that answers itself, and refuses to pass anything on. */
let asked: { what: string; authorization: string | undefined }[] = []
const note = (request: IncomingMessage): void => {
  const { method, url, headers } = request
  asked.push({ what: `${method} ${url}`, authorization: headers['proxy-authorization'] })
}
const proxy = createServer((request, response) => {
  note(request)
  response.end(content)
})
proxy.on('connect', (request, socket) => {
  note(request)
  socket.end('HTTP/1.1 407 Proxy Authentication Required\r\nconnection: close\r\n\r\n')
})

let host = ''
const NAMES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) => [name, name.toLowerCase()])
before(async () => {
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`
})
beforeEach(() => {
  for (const name of NAMES) delete process.env[name]
  asked = []
})
after(() => {
  for (const name of NAMES) delete process.env[name]
  proxy.closeAllConnections()
  proxy.close()
  rmSync(root, { recursive: true })
})

const fetched = (url: string): Promise<string> =>
  download({ name: 'file', bytes: content.length, sha256, urls: [url] }, mkdtempSync(join(root, 'to-')), { pause: 1 })

const failure = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(
    () => assert.fail('nothing failed'),
    (error) => error,
  )
  assert.ok(error instanceof UserError, String(error?.stack))
  return error.message
}

test('a plain download goes to the proxy, by every name and in every spelling', async () => {
  for (const [name, value] of [
    ['HTTP_PROXY', `http://${host}`],
    ['http_proxy', host],
    ['ALL_PROXY', ` http://${host}/ `],
    ['all_proxy', `http://${host}`],
  ] as const) {
    process.env[name] = value
    asked = []
    assert.deepEqual(readFileSync(await fetched('http://mirror.invalid/file')), content)
    assert.deepEqual(asked, [{ what: 'GET http://mirror.invalid/file', authorization: undefined }], name)
    delete process.env[name]
  }
})

test('a secure one asks the proxy for a tunnel; its refusal is told with the proxy, and never the password', async () => {
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'ALL_PROXY']) {
    process.env[name] = `http://anna:se%23cr%et@${host}`
    asked = []
    const message = await failure(fetched('https://mirror.invalid/file'))
    assert.match(message, new RegExp(`407.* after 0 of 23 bytes; ${name} names the proxy ${host}; `))
    assert.doesNotMatch(message, /anna|cr%et|se#cr/)
    const authorization = `Basic ${Buffer.from('anna:se#cr%et').toString('base64')}`
    assert.deepEqual(asked[0], { what: 'CONNECT mirror.invalid:443', authorization })
    delete process.env[name]
  }
})

test('hosts that NO_PROXY names are asked directly', async () => {
  process.env.HTTP_PROXY = 'http://127.0.0.1:9'
  for (const name of ['NO_PROXY', 'no_proxy']) {
    process.env[name] = 'example.org, 127.0.0.1'
    await fetched(`http://${host}/file`)
    assert.equal(asked.pop()?.what, 'GET /file')
    delete process.env[name]
  }
  assert.match(
    await failure(fetched(`http://${host}/file`)),
    /ECONNREFUSED.*HTTP_PROXY names the proxy 127\.0\.0\.1:9;/,
  )
})

test('without a proxy, and with an empty one, nothing changes', async () => {
  assert.deepEqual(await web('https://a.invalid', { HTTPS_PROXY: '', https_proxy: ' ' }), { fetch, proxy: '' })
  assert.equal((await web('http://a.invalid', { HTTPS_PROXY: host })).proxy, '')
})

test('what is no address of a proxy, or of another kind, is told without any part of it', async () => {
  for (const address of [
    'http://anna:secret@',
    'anna:se/cret@proxy:1',
    'http://anna:80#cret@proxy:1',
    'http://anna:se cret@:',
  ]) {
    const message = await failure(web('https://a.invalid', { HTTPS_PROXY: address }))
    assert.match(message, /^HTTPS_PROXY is no address of a proxy: it takes http:\/\/HOST:PORT/)
    assert.doesNotMatch(message, /anna|cret/)
  }
  const message = await failure(web('https://a.invalid', { ALL_PROXY: 'ftp://anna:secret@proxy' }))
  assert.match(message, /^ALL_PROXY names a proxy of the kind ftp:\/\/: those of /)
  assert.doesNotMatch(message, /anna|secret/)
})
