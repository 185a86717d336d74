import { serveOn } from '../../src/browser/serving.js'
import type { Message } from '../../src/browser/wire.js'
import type { Own } from '../../src/browser/worker.js'
import { compile } from '../../src/runtime/compile.node.js'

// The oldest Node has none.
if (!globalThis.navigator) Object.assign(globalThis, { navigator: { hardwareConcurrency: 1 } })

const ends: (() => void)[] = []

/** Ends all workers that were made: an open port would keep the process. */
export function endWorkers(): void {
  for (const end of ends) end()
}

/** A worker as a page has one, in this process and on the CPU: what a page and its worker do is tested without a browser. */
export function fakeWorker(own: Own = {}): { readonly worker: () => Worker; lose(): void; breaks(): void } {
  let lose: () => void = () => undefined
  let isBroken = false
  const worker = (): Worker => {
    isBroken = false
    const { port1: page, port2: scope } = new MessageChannel()
    const served = {
      onmessage: null as ((event: { data: Message }) => void) | null,
      postMessage: (message: Message, transfer: Transferable[]) => scope.postMessage(message, transfer),
    }
    scope.onmessage = ({ data }) => served.onmessage?.({ data })
    serveOn(served, own, () => ({
      async compile(graph, options) {
        const program = await compile(graph, { ...options, device: 'cpu', threads: 1 })
        const { run } = program
        // In place: programs are known by what they are.
        return Object.assign(program, {
          async run(...call: Parameters<typeof run>) {
            if (isBroken) throw new Error('the device was lost')
            return await run(...call)
          },
        })
      },
    }))
    const made = {
      onmessage: null as ((event: { data: Message }) => void) | null,
      onerror: null as ((event: { message: string }) => void) | null,
      postMessage: (message: Message, transfer: Transferable[]) => page.postMessage(message, transfer),
      terminate() {
        page.close()
        scope.close()
      },
    }
    ends.push(made.terminate)
    page.onmessage = ({ data }) => made.onmessage?.({ data })
    lose = () => made.onerror?.({ message: 'out of memory' })
    return made as unknown as Worker
  }
  return {
    worker,
    lose: () => lose(),
    // Until another worker takes its place.
    breaks() {
      isBroken = true
    },
  }
}
