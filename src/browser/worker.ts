/** The worker of a page: sessions are trained and used here. */
import '../floor.js'
import { workerPlatform } from './platform.js'
import type { Own } from './served.js'
import { type Scope, serveOn } from './serving.js'

export type { Inside, Own } from './served.js'

/**
 * Serves the sessions of a page from the worker that calls it, at its start; with rules and data sets of the page's own
 * beside Onward's. The page names the worker when it opens a session.
 */
export function serve(own: Own = {}): void {
  serveOn(globalThis as unknown as Scope, own, workerPlatform)
}
