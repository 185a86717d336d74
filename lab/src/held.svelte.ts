import type { Session } from '../../src/browser/session.js'

/** The session that a training has, where it has one; `lost` is told of one that is lost while it is held. */
export function openHeld(lost: (session: Session, message: string) => void) {
  let session = $state.raw<Session | undefined>()
  /** Ends the worker of a session that is being opened, where it is left: it may never come to its end by itself. */
  let leaving = new AbortController()

  return {
    get session() {
      return session
    },
    /**
     * Holds the session that is made. Undefined where it was left meanwhile: the new session is closed then, and what
     * went wrong with it concerns nobody.
     */
    async take(make: (signal: AbortSignal) => Promise<Session>): Promise<Session | undefined> {
      const { signal } = leaving
      try {
        const own = await make(signal)
        if (signal.aborted) {
          await own.close()
          return undefined
        }
        session = own
        void own.lost.then((message) => own === session && lost(own, message))
        return own
      } catch (error) {
        if (!signal.aborted) throw error
        return undefined
      }
    },
    leave(): void {
      void session?.close().catch(() => undefined)
      session = undefined
      leaving.abort()
      leaving = new AbortController()
    },
  }
}
