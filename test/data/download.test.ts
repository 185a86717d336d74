import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { download } from '../../src/data/download.node.js'
import { loadSource } from '../../src/data/load.node.js'
import type { Download, Source } from '../../src/data/source.js'
import { UserError } from '../../src/errors.js'
import { thisProcess } from '../../src/holder.node.js'

const root = mkdtempSync(join(tmpdir(), 'onward-download-'))
const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 2654435761) >>> 13)
const sha256 = createHash('sha256').update(content).digest('hex')

/** What the server does with the next requests, one after the other; the last entry goes on. */
let answers: ((request: IncomingMessage, response: ServerResponse) => void)[] = []
let requests: { url: string; range: string | undefined }[] = []
let address = ''
let folder = ''
const server = createServer((request, response) => {
  requests.push({ url: request.url!, range: request.headers.range })
  const answer = answers.length > 1 ? answers.shift()! : answers[0]!
  answer(request, response)
})
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
after(() => {
  server.closeAllConnections()
  server.close()
  rmSync(root, { recursive: true })
})
beforeEach(() => {
  requests = []
  cutAt = undefined
  folder = join(mkdtempSync(join(root, 'cache-')), 'tiny')
})

/** Breaks the connection once the client has all that was sent; bytes that it has not read yet would be lost. */
let cutAt: { received: number; cut: () => void } | undefined

/** Sends `body` from the asked byte on, and breaks the connection after `length` bytes. */
const serve =
  (length = Number.POSITIVE_INFINITY, body = content) =>
  (request: IncomingMessage, response: ServerResponse) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const headers = { 'content-length': body.length - start }
    if (start > 0)
      response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` })
    else response.writeHead(200, headers)
    if (start + length >= body.length) response.end(body.subarray(start))
    else {
      cutAt = { received: start + length, cut: () => response.destroy() }
      response.write(body.subarray(start, start + length))
    }
  }
const serveWithoutRange = (_: IncomingMessage, response: ServerResponse) => response.end(content)
const refuse = (status: number) => (_: IncomingMessage, response: ServerResponse) =>
  response.writeHead(status).end('no')

const file = (...paths: string[]): Download => {
  const [first, ...others] = (paths.length > 0 ? paths : ['/file']).map((path) => address + path)
  return { name: 'file.bin', bytes: content.length, sha256, urls: [first!, ...others] }
}
const options = {
  pause: 1,
  patience: 10_000,
  onProgress: ({ received }: { received: number }) => {
    if (received === cutAt?.received) cutAt.cut()
  },
}
const fails = async (promise: Promise<unknown>, message: RegExp) => {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof UserError, String((error as Error).stack))
    assert.match(error.message, message)
    assert.equal(error.message.split('\n').length, 1)
    return true
  })
}
const isWhole = () => assert.deepEqual(readFileSync(join(folder, 'file.bin')), Buffer.from(content))

test('a file arrives whole, with progress up to its size, and no part is left', async () => {
  answers = [serve()]
  const seen: number[] = []
  const path = await download(file(), folder, {
    ...options,
    onProgress: ({ file, received, total }) => {
      assert.equal(file, 'file.bin')
      assert.equal(total, content.length)
      seen.push(received)
    },
  })
  assert.equal(path, join(folder, 'file.bin'))
  isWhole()
  assert.deepEqual(readdirSync(folder), ['file.bin'])
  assert.equal(seen.at(-1), content.length)
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  )
})

test('a cut connection is taken up where it broke, within one call', async () => {
  answers = [serve(100_000), serve(100_000), serve()]
  await download(file(), folder, options)
  isWhole()
  assert.deepEqual(
    requests.map((request) => request.range),
    [undefined, 'bytes=100000-', 'bytes=200000-'],
  )
})

test('a download that failed is kept in a part, and a later call goes on from it', async () => {
  answers = [serve(50_000), refuse(503)]
  await fails(
    download(file(), folder, options),
    /^file.bin could not be downloaded: http.*\/file answered 503 .*; what arrived is kept, so the same command goes on/,
  )
  assert.deepEqual(readdirSync(folder), ['file.bin.part'])
  assert.deepEqual(readFileSync(join(folder, 'file.bin.part')), Buffer.from(content.subarray(0, 50_000)))
  requests = []
  answers = [serve()]
  await download(file(), folder, options)
  isWhole()
  assert.deepEqual(requests, [{ url: '/file', range: 'bytes=50000-' }])
})

test('a server that knows no ranges sends all, and the file is right', async () => {
  answers = [serve(120_000), serveWithoutRange]
  await download(file(), folder, options)
  isWhole()
  assert.equal(requests.length, 2)
})

test('a server that refuses the range, or sends another one, is asked for all', async () => {
  const other = (_: IncomingMessage, response: ServerResponse) =>
    response.writeHead(206, { 'content-range': `bytes 0-9/${content.length}` }).end(content.subarray(0, 10))
  for (const odd of [refuse(416), other]) {
    folder = join(mkdtempSync(join(root, 'cache-')), 'tiny')
    requests = []
    answers = [serve(120_000), odd, serve()]
    await download(file(), folder, options)
    isWhole()
    assert.deepEqual(
      requests.map((request) => request.range),
      [undefined, 'bytes=120000-', undefined],
    )
  }
})

test('wrong bytes are deleted and said in one sentence; nothing else is left in the cache', async () => {
  const wrong = content.slice()
  wrong[1234]! ^= 1
  answers = [serve(Number.POSITIVE_INFINITY, wrong)]
  await fails(
    download(file(), folder, options),
    /\/file sent another file than the published one .* which was deleted; try/,
  )
  assert.equal(requests.length, 1)
  assert.deepEqual(readdirSync(folder), [])
  answers = [serve(Number.POSITIVE_INFINITY, new Uint8Array(content.length + 1))]
  await fails(download(file(), folder, options), /sent more than the 300000 bytes/)
  assert.deepEqual(readdirSync(folder), [])
})

test('a spoilt part from before is noticed, dropped and fetched anew', async () => {
  answers = [serve(100_000), refuse(404)]
  await fails(download(file(), folder, options), /answered 404/)
  writeFileSync(join(folder, 'file.bin.part'), new Uint8Array(100_000))
  answers = [serve()]
  await download(file(), folder, options)
  isWhole()
})

test('a missing file, a dead server and a silent one make way for the next mirror', async () => {
  const silent = () => {}
  answers = [refuse(404), serve()]
  await download(file('/old', '/new'), folder, options)
  isWhole()
  assert.deepEqual(
    requests.map((request) => request.url),
    ['/old', '/new'],
  )

  rmSync(join(folder, 'file.bin'))
  answers = [silent, silent, silent, serve()]
  await download(file('/old', '/new'), folder, { pause: 1, patience: 60 })
  isWhole()

  rmSync(join(folder, 'file.bin'))
  const dead: Download = { ...file(), urls: ['http://127.0.0.1:1/file'] }
  await fails(
    download(dead, folder, options),
    /127.0.0.1:1\/file broke off \(.*\) after 0 of 300000 bytes; try again later/,
  )
  answers = [silent]
  await fails(download(file(), folder, { pause: 1, patience: 30 }), /fell silent after 0 of 300000 bytes/)
})

test('an abort ends the download and keeps the part', async () => {
  const controller = new AbortController()
  answers = [serve(100_000)]
  const promise = download(file(), folder, {
    ...options,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  })
  await assert.rejects(promise, { name: 'AbortError' })
  assert.ok(existsSync(join(folder, 'file.bin.part')))
})

test('a folder that cannot be made is named', async () => {
  writeFileSync(join(root, 'plain'), 'a file')
  await fails(
    download(file(), join(root, 'plain', 'cache'), options),
    /cache could not be made: .*choose another folder \(ENOTDIR\)/,
  )
})

test('of two downloads of one file at once, one waits for the other', async () => {
  answers = [serve()]
  await Promise.all([download(file(), folder, options), download(file(), folder, options)])
  isWhole()
  assert.equal(requests.length, 1)
  assert.deepEqual(readdirSync(folder), ['file.bin'])
})

test('the lock of a process that has died is taken over', async () => {
  mkdirSync(folder)
  const { pid } = spawnSync(process.execPath, ['--version'])
  writeFileSync(join(folder, 'file.bin.lock'), JSON.stringify({ ...thisProcess(), process: pid }))
  answers = [serve()]
  await download(file(), folder, options)
  assert.deepEqual(readdirSync(folder), ['file.bin'])
})

test('a data set is downloaded once; a file cut in the cache is fetched again', async () => {
  const packed = gzipSync(content)
  const source: Source = {
    files: [{ names: ['pixels'], bytes: content.length, sha256 }],
    folders: ['.'],
    downloads: [
      {
        name: 'pixels.gz',
        bytes: packed.length,
        sha256: createHash('sha256').update(packed).digest('hex'),
        urls: [`${address}/pixels.gz`],
      },
    ],
    decode: ([images]) => {
      const split = { inputs: images!, targets: new Uint8Array(1), count: 1 }
      return { train: split, test: split }
    },
  }
  delete process.env.ONWARD_DATA
  const cacheDir = join(folder, 'cache')
  const load = () => loadSource('tiny', source, { cacheDir, ...options })
  answers = [serve(Number.POSITIVE_INFINITY, packed)]
  assert.deepEqual((await load()).train.inputs, Buffer.from(content))
  await load()
  assert.equal(requests.length, 1)
  writeFileSync(join(cacheDir, 'tiny', 'pixels.gz'), packed.subarray(0, 1000))
  assert.deepEqual((await load()).train.inputs, Buffer.from(content))
  assert.equal(requests.length, 2)
})

test('a full disk is named, and the same command goes on once there is space', {
  skip: !existsSync('/dev/full'),
}, async () => {
  mkdirSync(folder)
  const part = join(folder, 'file.bin.part')
  // The device on which every write finds the disk full.
  symlinkSync('/dev/full', part)
  answers = [serve()]
  await fails(download(file(), folder, options), /file\.bin could not be written: the disk is full: free some space/)
  assert.deepEqual(readdirSync(folder), ['file.bin.part'])
  rmSync(part)
  await download(file(), folder, options)
  isWhole()
})
