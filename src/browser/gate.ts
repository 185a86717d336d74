import type { Stands } from '../train/config.js'

type Job = () => Promise<void>

/**
 * Where a training waits between its calls: while it is held, and while something is asked of its network. What is
 * asked while nothing is trained is done at once, one after the other.
 */
export interface Gate {
  /** For `train`: resolves when the next call may be made, with the most steps that it takes. */
  turn(standing: Stands): Promise<number | undefined>
  /** Does something between two calls. */
  between<T>(job: () => Promise<T>): Promise<T>
  /** Begins a training; resolves when what was asked before is done. From its call on it can be held. `end` when it is over. */
  begin(paused: boolean): Promise<void>
  end(): Promise<void>
  /** Holds the training; resolves when it is held, or over. */
  hold(): Promise<void>
  go(): void
  /** Lets one step pass; resolves when the training is held again, or over. */
  step(): Promise<void>
  /** Looks again whether the training may go on: it was aborted, or its reader has read. */
  open(): void
  look(): void
}

interface Around {
  /** Lets messages come first. */
  breath(): Promise<void>
  /** Told where the training stands. */
  stands(standing: Stands): void
  /** Whether its reader has so much to read that it waits. */
  isFull(): boolean
}

export function gate({ breath, stands, isFull }: Around): Gate {
  const jobs: Job[] = []
  let running = false
  let held = false
  let steps = 0
  let isOpen = false
  let wake: () => void = () => undefined
  let waiting: (() => void)[] = []
  let working: Promise<void> = Promise.resolve()

  const work = async (): Promise<void> => {
    for (let job = jobs.shift(); job; job = jobs.shift()) await job()
  }
  const tellHeld = (): void => {
    for (const resolve of waiting) resolve()
    waiting = []
  }
  const whenHeld = (): Promise<void> =>
    new Promise((resolve) => {
      waiting.push(resolve)
      wake()
    })
  return {
    async turn(standing) {
      stands(standing)
      await breath()
      await work()
      while (((held && steps === 0) || isFull()) && !isOpen) {
        if (held) tellHeld()
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        await work()
      }
      if (!held || isOpen) return undefined
      steps--
      return 1
    },
    between: (job) =>
      new Promise((resolve, reject) => {
        jobs.push(() => job().then(resolve, reject))
        if (running) wake()
        else working = working.then(work)
      }),
    async begin(paused) {
      running = true
      held = paused
      steps = 0
      isOpen = false
      await working
    },
    async end() {
      await work()
      running = false
      tellHeld()
    },
    async hold() {
      held = true
      if (running) await whenHeld()
    },
    go() {
      held = false
      wake()
    },
    async step() {
      await this.hold()
      if (!running) return
      steps = 1
      await whenHeld()
    },
    open() {
      isOpen = true
      wake()
    },
    look: () => wake(),
  }
}
