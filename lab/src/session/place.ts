import type { Runtime } from './protocol.js'

/** What the page needs of a worker; a bridge to one in another frame does the same. */
export type WorkerLike = Pick<Worker, 'postMessage' | 'terminate' | 'onmessage' | 'onerror'>

/** Where trainings run. */
export interface Place {
  start(): WorkerLike
  runtime(): Runtime | Promise<Runtime>
  /** Without network and store: code that a person wrote may run. */
  readonly isClosed: boolean
}

/** A worker of the page, for Onward's own rules. */
export const OPEN: Place = {
  start: () => new Worker(new URL('worker.js', document.baseURI)),
  runtime: () => ({ folder: new URL('runtime/', document.baseURI).href }),
  isClosed: false,
}
