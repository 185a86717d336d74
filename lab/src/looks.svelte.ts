import type { Look } from './session/protocol.js'

/** Milliseconds between two looks at a network that trains. */
const EVERY = 700

/** Looks at a network: the last one, and when the next is due. */
export function openLooks(ask: () => Promise<Look>) {
  let look = $state.raw<Look | undefined>()
  let last = 0

  return {
    get look() {
      return look
    },
    isDue: (): boolean => performance.now() - last > EVERY,
    async glance(): Promise<void> {
      last = performance.now()
      try {
        look = await ask()
      } catch {
        // The training was closed meanwhile; whoever closed it knows.
      }
      last = performance.now()
    },
    forget(): void {
      look = undefined
    },
  }
}
