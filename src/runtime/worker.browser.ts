import { answer, type Request } from './channel.js'
import { type BrowserEngineOptions, createBrowserEngine } from './engine.browser.js'
import type { Engine } from './protocol.js'

// The compute worker of a page. Its first message says for which device; all others are requests.
interface WorkerScope {
  onmessage: ((event: { data: unknown }) => void) | null
  postMessage(message: unknown, transfer: ArrayBuffer[]): void
}

const scope = globalThis as unknown as WorkerScope
let engine: Promise<Engine> | undefined

scope.onmessage = async ({ data }) => {
  engine ??= createBrowserEngine(data as BrowserEngineOptions)
  scope.onmessage = async ({ data }) => {
    const [reply, transfer] = await answer(engine!, data as Request)
    scope.postMessage(reply, transfer)
  }
}
