import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Offers, offersHere } from '../../src/cli/lab/offers.js'
import { type LabServer, serveLab } from '../../src/cli/lab/server.js'
import { makeDataSet } from '../../src/data/index.js'
import { decodeDataSet, encodeDataSet } from '../../src/train/data-file.js'
import { onward, workFolder } from './onward.js'

const folder = mkdtempSync(join(tmpdir(), 'onward-lab-'))
const [page, runtime] = ['page', 'runtime'].map((name) => join(folder, name)) as [string, string]
const POLICY = "default-src 'none'; script-src 'self'"

function writePage(): void {
  for (const path of [page, runtime, join(page, 'parts')]) mkdirSync(path)
  const policy = `<meta http-equiv="Content-Security-Policy" content="${POLICY}" />`
  writeFileSync(join(page, 'index.html'), `<html><head>${policy}</head><body>the lab</body></html>`)
  writeFileSync(join(page, 'closed.html'), `<meta http-equiv="Content-Security-Policy" content="default-src blob:" />`)
  writeFileSync(join(page, 'lab.js'), 'script')
  writeFileSync(join(page, 'parts', 'a.js'), 'part')
  writeFileSync(join(page, 'notes.txt'), 'not for handing out')
  writeFileSync(join(runtime, 'ort.wasm'), 'wasm')
  writeFileSync(join(folder, 'secret.js'), 'secret')
  symlinkSync(join(folder, 'secret.js'), join(page, 'link.js'))
}

const offers: Offers = {
  data: () => ['numbers'],
  runs: () => [{ name: 'a run', rule: 'backprop', data: 'glyphs' }],
  dataFile: async (name) => (name === 'numbers' ? Uint8Array.of(1, 2, 3) : undefined),
  checkpoint: (name) => (name === 'a run' ? join(runtime, 'ort.wasm') : undefined),
}

let server: LabServer
before(async () => {
  writePage()
  server = await serveLab({ page, runtime, host: '127.0.0.1', port: 0, offers })
})
after(() => server.close())

interface Got {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

/** The path goes over the line as it is: no client tidies it up. */
function get(path: string, { method = 'GET', host = '' } = {}): Promise<Got> {
  const { port, hostname } = new URL(server.url)
  return new Promise((resolve, reject) => {
    const headers = host === '' ? {} : { host }
    const asked = request({ port, hostname, path, method, headers }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text) => {
        body += text
      })
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }))
    })
    asked.on('error', reject)
    asked.end()
  })
}

describe('the server of the lab', () => {
  test('hands out its page, which is isolated and says what it may load', async () => {
    const { status, headers, body } = await get('/')
    assert.equal(status, 200)
    assert.match(body, /the lab/)
    assert.match(body, /name="onward-server"/)
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin')
    assert.equal(headers['cross-origin-embedder-policy'], 'require-corp')
    assert.equal(headers['content-security-policy'], `${POLICY}; frame-ancestors 'none'`)
    assert.equal(headers['x-content-type-options'], 'nosniff')
  })

  test('hands out the files of its folders, and each frame by its own policy', async () => {
    assert.deepEqual([(await get('/lab.js')).body, (await get('/parts/a.js')).body], ['script', 'part'])
    const wasm = await get('/runtime/ort.wasm')
    assert.deepEqual([wasm.body, wasm.headers['content-type']], ['wasm', 'application/wasm'])
    const closed = await get('/closed.html')
    assert.equal(closed.headers['content-security-policy'], "default-src blob:; frame-ancestors 'self'")
    assert.equal((await get('/lab.js?build=2')).body, 'script')
  })

  for (const path of [
    '/../secret.js',
    '/%2e%2e/secret.js',
    '/..%2fsecret.js',
    '/..%5csecret.js',
    '/parts/../../secret.js',
    '/parts/%2e%2e%2f%2e%2e%2fsecret.js',
    '/runtime/../secret.js',
    '/runtime/%2e%2e%2fsecret.js',
    '/runtime/%2e%2e%2fpage%2flab.js',
    `/${encodeURIComponent(join(folder, 'secret.js'))}`,
    `//${join(folder, 'secret.js')}`,
    '/link.js',
    '/notes.txt',
    '/parts',
    '/parts/',
    '/.js',
    '/%00.js',
    '/%ff.js',
    '/served/runs/..%2f..%2fsecret.js',
    '/served/data/..%2fsecret.js',
    '/served/anything',
  ])
    test(`does not hand out ${path.replace(folder, 'FOLDER')}`, async () => {
      const { status, body } = await get(path)
      assert.ok(status === 404 || status === 400, `${status}`)
      assert.doesNotMatch(body, /secret|handing/)
    })

  test('offers data sets and runs by their names alone', async () => {
    assert.deepEqual(JSON.parse((await get('/served/index.json')).body), {
      data: ['numbers'],
      runs: [{ name: 'a run', rule: 'backprop', data: 'glyphs' }],
    })
    assert.equal((await get('/served/data/numbers')).body, '\x01\x02\x03')
    assert.equal((await get('/served/runs/a%20run')).body, 'wasm')
    assert.equal((await get('/served/runs/another')).status, 404)
  })

  test('answers to this machine alone, and only hands out', async () => {
    assert.equal((await get('/', { host: 'rebound.example' })).status, 403)
    assert.equal((await get('/', { host: 'localhost:80' })).status, 200)
    assert.equal((await get('/', { method: 'POST' })).status, 405)
    assert.equal((await get('/', { method: 'HEAD' })).body, '')
  })

  test('bytes that are no request end that connection, and nothing else', async () => {
    const { port, hostname } = new URL(server.url)
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => socket.write('\x16\x03\x01 nonsense\r\n\r\n'))
      socket.on('close', () => resolve())
      socket.on('error', () => resolve())
      socket.resume()
    })
    assert.equal((await get('/')).status, 200)
  })

  test('a port that is taken is told in a sentence', async () => {
    const port = Number(new URL(server.url).port)
    await assert.rejects(serveLab({ page, runtime, host: '127.0.0.1', port, offers }), /another program uses port \d+/)
    await assert.rejects(serveLab({ page, runtime, host: '203.0.113.7', port: 0, offers }), /leave --host out/)
  })
})

test('runs by the rules of Onward that have a checkpoint are offered, and nothing else of the folder', async () => {
  const own = workFolder()
  const runs = join(own, 'runs')
  const trained = await onward(own, ...'train backprop --data glyphs --limit 200 --epochs 1 --set units=4'.split(' '))
  assert.equal(trained.code, 0, trained.stderr)
  mkdirSync(join(runs, 'empty'))
  writeFileSync(join(runs, 'file.safetensors'), '')
  const here = offersHere({ runs })
  assert.deepEqual(here.runs(), [{ name: 'backprop-glyphs-1', rule: 'backprop', data: 'glyphs' }])
  assert.equal(here.checkpoint('backprop-glyphs-1'), join(runs, 'backprop-glyphs-1', 'checkpoint.safetensors'))
  assert.equal(here.checkpoint('../runs/backprop-glyphs-1'), undefined)
  assert.equal(await here.dataFile('mnist'), undefined)
  assert.deepEqual(offersHere({ runs: join(own, 'none') }).runs(), [])
})

test('a data set comes back from its file as it was', () => {
  const { name, names, input, target, train, test: held } = makeDataSet('glyphs')
  const bytes = encodeDataSet(makeDataSet('glyphs'))
  const back = decodeDataSet(bytes, 'glyphs.safetensors')
  assert.deepEqual({ ...{ name: back.name, names: back.names, input: back.input } }, { name, names, input })
  assert.deepEqual(back.target, target)
  assert.deepEqual([back.train.count, back.test.count], [train.count, held.count])
  assert.deepEqual(back.train.inputs, train.inputs)
  assert.deepEqual(back.test.targets, held.targets)
  assert.throws(() => decodeDataSet(bytes.slice(0, 5000), 'cut.bin'), /cut\.bin is no data set of onward: /)
  assert.throws(() => decodeDataSet(Uint8Array.of(1), 'cut.bin'), /no data set/)
})
