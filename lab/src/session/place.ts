import type { Place as SessionPlace, WorkerLike } from '../../../src/browser/session.js'

/** Where trainings run. */
export interface Place extends SessionPlace {
  readonly worker: () => WorkerLike
  /** Without network and store: code that a person wrote may run. */
  readonly isClosed: boolean
}

/** A worker of the page, for Onward's own rules. */
export const OPEN: Place = {
  worker: () => new Worker(new URL('worker.js', document.baseURI)),
  runtimeFolder: new URL('runtime/', document.baseURI).href,
  isClosed: false,
}
