import type { Trainer } from '../train/trainer.js'

/** The workers of a run as a whole. */
export interface Crew {
  /** Throws what made them fail. */
  check(): void
  /** Resolves when all have ended. */
  settled(): Promise<void>
}

function crewOf(work: Promise<void>): Crew {
  let failure: { readonly error: unknown } | undefined
  const ended = work.catch((error) => {
    failure = { error }
  })
  return {
    settled: () => ended,
    check() {
      if (failure) throw failure.error
    },
  }
}

/** Sets the workers of a run to work. They leave with the signal. */
export type Begin = (start: (done: AbortSignal) => Promise<void>) => Crew

/**
 * A training whose steps are made by a crew: when `work` is over, however it ends, the crew hears of it and is waited for,
 * and the trainer is closed.
 */
export async function* withCrew<T>(
  trainer: Trainer,
  work: (begin: Begin, done: AbortSignal) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const done = new AbortController()
  let crew: Crew | undefined
  try {
    yield* work((start) => {
      crew = crewOf(start(done.signal))
      return crew
    }, done.signal)
  } finally {
    done.abort()
    await crew?.settled()
    await trainer.close()
  }
}
