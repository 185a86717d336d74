import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { WebSocket } from 'undici'

/** The browser on this machine; undefined where there is none. */
export const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync)

/** A page in a browser without a window, driven by its own protocol. */
export interface Page {
  /** Opens an address and waits until it is loaded; what goes wrong there is in `problems`. */
  open(url: string): Promise<void>
  /** How wide and high the window is, and what its user likes. */
  look(how: { width: number; height: number; scheme: 'light' | 'dark' }): Promise<void>
  /** The value of an expression in the page, as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: whatever the page gives
  evaluate(expression: string): Promise<any>
  /** As PNG. */
  screenshot(): Promise<Uint8Array>
  /** What screen readers are told: roles and names. */
  accessible(): Promise<{ role: string; name: string }[]>
  key(name: string): Promise<void>
  /** Errors of scripts, and whatever the page failed to load or was not allowed to. */
  readonly problems: readonly string[]
  close(): Promise<void>
}

type Told = {
  id?: number
  method?: string
  params?: Record<string, never>
  result?: never
  error?: { message: string }
}

export async function openChromium(path: string): Promise<Page> {
  const folder = mkdtempSync(join(tmpdir(), 'onward-chromium-'))
  const browser = spawn(
    path,
    [
      ...['--headless=new', '--no-sandbox', '--no-first-run', '--disable-gpu', '--disable-background-networking'],
      ...['--remote-debugging-port=0', `--user-data-dir=${folder}`, 'about:blank'],
    ],
    { stdio: 'ignore', detached: true },
  )
  // Its helpers too: they would go on writing to the folder that is to be removed.
  const kill = (): void => {
    if (browser.exitCode === null && browser.signalCode === null) process.kill(-browser.pid!, 'SIGKILL')
  }
  const closed = new Promise<void>((resolve) => browser.on('close', () => resolve()))
  const close = async (): Promise<void> => {
    kill()
    await closed
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
  }
  try {
    return { ...(await connected(folder)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function connected(folder: string): Promise<Omit<Page, 'close'>> {
  const file = join(folder, 'DevToolsActivePort')
  for (let tries = 0; !existsSync(file) || !readFileSync(file, 'utf8').includes('\n'); tries++) {
    if (tries > 600) throw new Error('Chromium did not start within a minute')
    await wait(100)
  }
  const [port] = readFileSync(file, 'utf8').split('\n')
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as Record<string, string>[]
  const socket = new WebSocket(targets.find(({ type }) => type === 'page')!.webSocketDebuggerUrl!)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', reject)
  })
  let number = 0
  const answers = new Map<number, (told: Told) => void>()
  const listeners = new Map<string, () => void>()
  const problems: string[] = []
  socket.addEventListener('message', ({ data }) => {
    const told = JSON.parse(String(data)) as Told
    if (told.id !== undefined) answers.get(told.id)?.(told)
    if (told.method === 'Runtime.exceptionThrown' || told.method === 'Network.loadingFailed')
      problems.push(JSON.stringify(told.params))
    if (
      told.method === 'Log.entryAdded' &&
      (told.params as unknown as { entry: { level: string } }).entry.level === 'error'
    )
      problems.push(JSON.stringify(told.params))
    if (told.method !== undefined) listeners.get(told.method)?.()
  })
  // biome-ignore lint/suspicious/noExplicitAny: answers of all kinds
  const ask = (method: string, params: object = {}): Promise<any> =>
    new Promise((resolve, reject) => {
      const id = ++number
      answers.set(id, ({ result, error }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result),
      )
      socket.send(JSON.stringify({ id, method, params }))
    })
  for (const domain of ['Page', 'Runtime', 'Log', 'Network', 'Accessibility']) await ask(`${domain}.enable`)
  return {
    problems,
    async open(url) {
      const loaded = new Promise<void>((resolve) => listeners.set('Page.loadEventFired', resolve))
      await ask('Page.navigate', { url })
      await loaded
    },
    async look({ width, height, scheme }) {
      await ask('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: width < 600 })
      await ask('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] })
    },
    async evaluate(expression) {
      const { result, exceptionDetails } = await ask('Runtime.evaluate', { expression, returnByValue: true })
      if (exceptionDetails) throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`)
      return result.value
    },
    async screenshot() {
      const { data } = await ask('Page.captureScreenshot', { captureBeyondViewport: true })
      return Buffer.from(data, 'base64')
    },
    async accessible() {
      const { nodes } = await ask('Accessibility.getFullAXTree')
      return nodes
        .filter(({ ignored }: { ignored: boolean }) => !ignored)
        .map(({ role, name }: Record<string, { value: string }>) => ({
          role: role?.value ?? '',
          name: name?.value ?? '',
        }))
    },
    async key(name) {
      const pressed = { key: name, code: name, windowsVirtualKeyCode: name === 'Tab' ? 9 : 13 }
      await ask('Input.dispatchKeyEvent', { ...pressed, type: 'keyDown', ...(name === 'Enter' && { text: '\r' }) })
      await ask('Input.dispatchKeyEvent', { ...pressed, type: 'keyUp' })
    },
  }
}
