import type { WorkerLike } from '../../../src/browser/session.js'
import { RUNTIME_FILES } from '../../../src/runtime/runtime-files.js'
import type { Place } from './place.js'

/**
 * Workers of a frame without an origin, whose content policy lets it load nothing: no network, no store, no page. The
 * worker's own text and ONNX Runtime are handed in.
 */
export function closedPlace(): Place {
  const text = fetched('closed-worker.js').then((response) => response.text())
  return {
    isClosed: true,
    worker: () => framedWorker(text),
    async runtime() {
      const { mjs, wasm } = RUNTIME_FILES.wasm
      const [module, bytes] = await Promise.all([fetched(`runtime/${mjs}`), fetched(`runtime/${wasm}`)])
      return { mjs: await module.text(), wasm: await bytes.arrayBuffer() }
    },
  }
}

async function fetched(file: string): Promise<Response> {
  const response = await fetch(new URL(file, document.baseURI))
  if (!response.ok) throw new Error(`${file} could not be loaded: reload the page.`)
  return response
}

/** A frame with one worker in it, as a worker. */
function framedWorker(text: Promise<string>): WorkerLike {
  const frame = document.createElement('iframe')
  frame.setAttribute('sandbox', 'allow-scripts')
  frame.src = 'closed.html'
  frame.title = 'The closed worker'
  frame.hidden = true
  const { port1: here, port2: there } = new MessageChannel()
  const own: WorkerLike = {
    onmessage: null,
    onerror: null,
    postMessage: (message: unknown) => here.postMessage({ message }),
    terminate() {
      here.close()
      frame.remove()
    },
  }
  here.onmessage = ({ data }) => {
    if ('lost' in data) own.onerror?.call(own as Worker, new ErrorEvent('error', { message: data.lost }))
    else own.onmessage?.call(own as Worker, new MessageEvent('message', { data: data.message }))
  }
  frame.onload = async () => frame.contentWindow?.postMessage({ text: await text }, '*', [there])
  document.body.append(frame)
  return own
}
