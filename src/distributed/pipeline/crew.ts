/** The workers of a run as a whole. */
export interface Crew {
  /** Throws what made them fail. */
  check(): void
  /** Resolves when all have ended. */
  settled(): Promise<void>
}

export function crewOf(work: Promise<void>): Crew {
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
