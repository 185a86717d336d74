import type { EpochDone } from '../session/protocol.js'

export interface Racer {
  readonly title: string
  readonly epochs: readonly EpochDone[]
}

/** A racer's held-out accuracy, as a part of one. */
interface Standing {
  readonly title: string
  readonly accuracy: number
}

/** Which of the racers leads after the last epoch that all of them have. */
export interface Lead {
  readonly epoch: number
  /** The best, and the next one. */
  readonly first: Standing
  readonly second: Standing
  /** Held-out samples that all were measured on. */
  readonly samples: number
  /** Two accuracies that lie no farther apart may well differ by chance. */
  readonly chance: number
}

/**
 * Undefined before all have an epoch in common, or where one has no accuracy. `chance` is twice the standard error of
 * the difference of two proportions, as if each rule had samples of its own; each proportion is taken with one sample more
 * that is right and one that is wrong, so that it is not 0 at 100 %. What other first weights would change is not in it.
 */
export function leadOf(racers: readonly Racer[]): Lead | undefined {
  const epoch = Math.min(...racers.map(({ epochs }) => epochs.at(-1)?.epoch ?? 0))
  if (racers.length < 2 || epoch === 0) return undefined
  const measured = racers.map(({ title, epochs }) => ({ title, done: epochs.find((own) => own.epoch === epoch) }))
  const standings = measured.flatMap(({ title, done }): Standing[] => {
    const accuracy = done?.validation.network?.accuracy
    return accuracy === undefined ? [] : [{ title, accuracy }]
  })
  // All race on the same data: one of them tells how many samples are held out.
  const samples = measured[0]!.done?.confusion?.counts.reduce((sum, count) => sum + count, 0) ?? 0
  if (standings.length < racers.length || samples === 0) return undefined
  const [first, second] = standings.sort((a, b) => b.accuracy - a.accuracy) as [Standing, Standing]
  const variance = [first, second].reduce((sum, { accuracy }) => {
    const p = (accuracy * samples + 1) / (samples + 2)
    return sum + (p * (1 - p)) / samples
  }, 0)
  return { epoch, first, second, samples, chance: 2 * Math.sqrt(variance) }
}
