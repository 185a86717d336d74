import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import { after } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type Offers, offersHere } from '../../../src/cli/lab/offers.js'
import { type LabServer, serveLab } from '../../../src/cli/lab/server.js'

/** The folder of what is built, wherever the tests are compiled to. */
const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url))
export const PAGE = join(REPOSITORY, 'dist/lab')
const RUNTIME = fileURLToPath(new URL('../dist/', import.meta.resolve('onnxruntime-web/wasm')))

const servers: { close(): unknown }[] = []
after(async () => {
  for (const server of servers) await server.close()
})

export async function served(offers: Offers = offersHere({ runs: 'no runs' })): Promise<LabServer> {
  const server = await serveLab({ page: PAGE, runtime: RUNTIME, host: '127.0.0.1', port: 0, offers })
  servers.push(server)
  return server
}

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
}

/** Any web server: it hands out files under `/there/`, and isolates nothing. */
export async function plainServer(): Promise<{ url: string; server: Server }> {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url!, 'http://x').pathname.replace(/^\/there\//, '') || 'index.html'
    const file = path.startsWith('runtime/') ? join(RUNTIME, path.slice(8)) : join(PAGE, path)
    try {
      const body = await readFile(file)
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push({
    close() {
      server.closeAllConnections()
      server.close()
    },
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/there/`, server }
}

export interface Opened {
  readonly page: Page
  /** Errors of the console and of scripts. */
  readonly errors: string[]
}

/** Opens an address of the lab and waits until the rule was read. */
export async function open(own: Browser, url: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await own.newContext({ viewport: { width: 1280, height: 900 }, serviceWorkers: 'block', ...options })
  context.setDefaultTimeout(120_000)
  const page = await context.newPage()
  const errors: string[] = []
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(error.message))
  await page.goto(url)
  await page.locator('.verdict:not(.wait), .problem').first().waitFor()
  return { page, errors }
}

/** So many values has this browser's store of runs. */
export const keptValues = (page: Page): Promise<number> =>
  page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const asked = indexedDB.open('onward-runs')
        // The page makes it, not this test.
        asked.onupgradeneeded = () => asked.transaction?.abort()
        asked.onerror = () => resolve(0)
        asked.onsuccess = () => {
          const count = asked.result.transaction('runs').objectStore('runs').count()
          count.onsuccess = () => {
            asked.result.close()
            resolve(count.result)
          }
        }
      }),
  )

export const stateOf = (page: Page): Promise<string> => page.locator('.controls [role=status]').innerText()

export async function untilState(page: Page, state: string): Promise<void> {
  await page.waitForFunction(
    (wanted) =>
      document.querySelector('.controls [role=status]')?.textContent === wanted || document.querySelector('.problem'),
    state,
  )
}
