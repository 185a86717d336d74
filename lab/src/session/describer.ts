import { type Link, startLink } from '../../../src/browser/link.js'
import type { Place } from './place.js'
import type { About, Found, Samples, Wanted } from './protocol.js'

/** A worker that reads rules and runs, and trains nothing. */
export interface Describer {
  /** `module`: the text of a rule of one's own; `samples`: of data that no catalogue knows. */
  describe(wanted: Wanted, module?: string, samples?: Samples): Promise<About>
  read(checkpoint: Uint8Array, name: string): Promise<Found>
  close(): void
}

/** It is started when it is first asked. Where a rule of one's own never comes to its end, the next question ends it. */
export function openDescriber(place: Place): Describer {
  let link: Promise<Link> | undefined
  let asked = 0
  const end = (message: string): void => {
    void link?.then((own) => own.end(message)).catch(() => undefined)
    link = undefined
  }
  const ask = async <T>(method: string, ...given: readonly unknown[]): Promise<T> => {
    if (asked > 0 && place.isClosed) end('Another text took its place.')
    link ??= startLink(place)
    const own = link
    own.catch(() => end(''))
    asked++
    try {
      return await (await own).ask<T>(method, given)
    } finally {
      asked--
    }
  }
  return {
    describe: (...given) => ask('describe', ...given),
    read: (...given) => ask('readRun', ...given),
    close: () => end('The page has left it.'),
  }
}
