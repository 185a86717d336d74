import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { compile } from '../../src/runtime/compile.node.js'
import type { PageResult } from './browser.page.js'
import { batches, difference, initialState, network } from './network.js'
import { lastEpoch, toleranceOf } from './training.js'

const folder = mkdtempSync(join(tmpdir(), 'onward-browser-'))
after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }))
const runtimeFolder = new URL('../dist/', import.meta.resolve('onnxruntime-web/wasm'))

/** Fails on any import of Node's: esbuild does not find them on its platform `browser`. */
const bundle = async (entry: string, outfile: string) =>
  await build({
    entryPoints: [fileURLToPath(new URL(entry, import.meta.url))],
    outfile: join(folder, outfile),
    bundle: true,
    platform: 'browser',
    format: 'esm',
    logLevel: 'silent',
  })

const bundles = Promise.all([
  bundle('./browser.page.js', 'page.mjs'),
  bundle('../../src/runtime/worker.browser.js', 'worker.browser.js'),
])

/** The same run on the CPU provider. */
async function expected(): Promise<PageResult> {
  const graph = network(16, [40, 30, 5])
  const program = await compile(graph, { device: 'cpu' })
  await program.load(initialState(graph))
  const { metrics } = await program.run(5, batches(graph, 5))
  const state = await program.read()
  await program.dispose()
  return { state, metrics } as unknown as PageResult
}

function assertSame(actual: PageResult, wanted: PageResult): void {
  assert.ok(difference(actual.state, wanted.state) < 1e-5)
  assert.ok(difference(actual.metrics, wanted.metrics) < 1e-5)
}

test('the library bundles for browsers: nothing of Node’s is imported', async () => {
  await bundles
  const source = `import { readFileSync } from 'node:fs'; console.log(readFileSync)`
  const stdin = { contents: source, resolveDir: folder }
  await assert.rejects(build({ stdin, bundle: true, platform: 'browser', logLevel: 'silent', write: false }), /node:fs/)
})

/** Calls a function of the page, without process and require, on WebAssembly. */
async function inPage(name: 'trainNetwork' | 'trainRule'): Promise<unknown> {
  await bundles
  const url = JSON.stringify(new URL(`file://${join(folder, 'page.mjs')}`).href)
  // What a page has and Node has not: a window, its location, and a request that reads file URLs.
  const source = `
    import { readFileSync } from 'node:fs'
    const print = console.log
    globalThis.window = globalThis
    globalThis.location = { href: 'http://localhost/' }
    globalThis.XMLHttpRequest = class {
      open(_, url) { this.url = url }
      send() {
        const bytes = readFileSync(new URL(this.url))
        Object.assign(this, { status: 200, response: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) })
        this.onload()
      }
    }
    delete globalThis.process
    await import(${url})
    const options = { device: 'wasm', worker: false, threads: 1 }
    print(JSON.stringify(await ${name}(options, ${JSON.stringify(runtimeFolder.href)})))`
  const run = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source])
  return JSON.parse(run.stdout)
}

test('a training step on WebAssembly, without process and require, is the CPU provider’s', async () => {
  assertSame((await inPage('trainNetwork')) as PageResult, await expected())
})

test('a rule trained by the library’s loop on WebAssembly learns what it learns on the CPU provider', async () => {
  const [actual, wanted] = [(await inPage('trainRule')) as Record<string, number>, await lastEpoch({ compile })]
  assert.deepEqual(Object.keys(actual), Object.keys(wanted))
  assert.ok(wanted['validation accuracy']! > 0.5)
  for (const [name, value] of Object.entries(wanted))
    assert.ok(
      Math.abs(actual[name]! - value) < toleranceOf(name),
      `${name}: ${actual[name]} in the page, ${value} here`,
    )
})

const HEADERS = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }

const page = (runs: readonly object[]): string => `<!doctype html><script type="module">
  const results = []
  try {
    await import('/page.mjs')
    for (const options of ${JSON.stringify(runs)})
      results.push(await trainNetwork(options, '/runtime/').catch((error) => ({ error: error.message })))
  } catch (error) {
    results.push({ error: error.stack })
  }
  await fetch('/results', { method: 'POST', body: JSON.stringify(results) })
</script>`

/** Serves the page, the bundles and ONNX Runtime's files; `report` hears what the page sends back. */
function serve(html: string, report: (results: string) => void): Promise<Server> {
  const server = createServer((request, response) => {
    const url = request.url!
    if (request.method === 'POST') {
      let body = ''
      request.on('data', (data) => {
        body += data
      })
      request.on('end', () => {
        response.end()
        report(body)
      })
      return
    }
    if (url === '/') {
      response.writeHead(200, { ...HEADERS, 'content-type': 'text/html' }).end(html)
      return
    }
    const file = url.startsWith('/runtime/') ? new URL(url.slice(9), runtimeFolder) : join(folder, url)
    if (!existsSync(file)) {
      response.writeHead(404).end()
      return
    }
    const type = url.endsWith('.wasm') ? 'application/wasm' : 'text/javascript'
    response.writeHead(200, { ...HEADERS, 'content-type': type }).end(readFileSync(file))
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

test('in Chromium: WebAssembly on two threads and WebGPU, each in its worker', async (t) => {
  if (!CHROMIUM) {
    t.skip('no Chromium on this machine: the browser itself was not tried')
    return
  }
  await bundles
  const runs = [{ device: 'wasm', threads: 2 }, { device: 'webgpu' }]
  let report: (results: string) => void = () => undefined
  const reported = new Promise<string>((resolve) => {
    report = resolve
  })
  const server = await serve(page(runs), report)
  const { port } = server.address() as AddressInfo
  const browser = spawn(
    CHROMIUM,
    [
      ...['--headless=new', '--no-sandbox', '--no-first-run', '--disable-background-networking'],
      ...['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', `--user-data-dir=${join(folder, 'profile')}`],
      `http://127.0.0.1:${port}/`,
    ],
    { stdio: 'ignore', detached: true },
  )
  // Its helpers too: they would go on writing to the folder that is to be removed.
  const kill = (): void => {
    if (browser.exitCode === null && browser.signalCode === null) process.kill(-browser.pid!, 'SIGKILL')
  }
  setTimeout(kill, 100_000).unref()
  const closed = new Promise<string>((resolve) => browser.on('close', () => resolve('[]')))
  const results: (PageResult & { error?: string })[] = JSON.parse(await Promise.race([reported, closed]))
  kill()
  await closed
  server.closeAllConnections()
  server.close()
  assert.deepEqual(
    results.map(({ error }) => error),
    runs.map(() => undefined),
  )
  const wanted = await expected()
  for (const result of results) assertSame(result, wanted)
})
