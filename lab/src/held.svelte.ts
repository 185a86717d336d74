import type { Session } from '../../src/browser/session.js'

/** The session that a training has, where it has one; `lost` is told of one that is lost while it is held. */
export function openHeld(lost: (session: Session, message: string) => void) {
  let session = $state.raw<Session | undefined>()
  /** How often a session was left: what was asked for before is wanted by nobody. */
  let left = 0

  return {
    get session() {
      return session
    },
    /**
     * Holds the session that is made. Undefined where it was left meanwhile: the new session is closed then, and what
     * went wrong with it concerns nobody.
     */
    async take(make: () => Promise<Session>): Promise<Session | undefined> {
      const before = left
      try {
        const own = await make()
        if (before !== left) {
          await own.close()
          return undefined
        }
        session = own
        void own.lost.then((message) => own === session && lost(own, message))
        return own
      } catch (error) {
        if (before === left) throw error
        return undefined
      }
    },
    leave(): void {
      left++
      void session?.close().catch(() => undefined)
      session = undefined
    },
  }
}
