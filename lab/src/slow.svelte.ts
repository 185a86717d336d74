/** Milliseconds that a phase is shown. */
const PHASE = 2200

/** What slow motion goes through. */
interface Motion {
  /** Holds what runs, and opens it; false where that cannot be. */
  begin(): Promise<boolean>
  /** The number of phases of a step. */
  phases(): number
  step(): Promise<void>
  /** Whether there is something to show. */
  goesOn(): boolean
}

/**
 * A step after the other, each phase by phase, until it is turned off. Of a network that is trained, whose `step` makes
 * none, the same one again and again.
 */
export function slowMotion(motion: Motion) {
  let on = $state(false)
  let phase = $state(0)
  let last = 0

  async function run(): Promise<void> {
    const mine = ++last
    const goesOn = (): boolean => on && mine === last && motion.goesOn()
    if (!(await motion.begin()) && mine === last) on = false
    while (goesOn()) {
      for (let i = 0; i < motion.phases() && goesOn(); i++) {
        phase = i
        await new Promise((resolve) => setTimeout(resolve, PHASE))
      }
      if (goesOn()) await motion.step()
    }
    if (mine === last) on = false
  }

  return {
    get on() {
      return on
    },
    /** The number of the phase that is shown. */
    get phase() {
      return phase
    },
    toggle(): void {
      on = !on
      phase = 0
      if (on) void run()
    },
    off(): void {
      on = false
    },
  }
}
