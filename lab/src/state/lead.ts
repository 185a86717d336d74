import type { EpochDone } from '../session/protocol.js'

export interface Racer {
  readonly title: string
  readonly epochs: readonly EpochDone[]
}

/** Which of the racers leads after the last epoch that all of them have. */
export interface Lead {
  readonly epoch: number
  /** The two best ones, the better one first; accuracies as parts of one. */
  readonly first: { readonly title: string; readonly accuracy: number }
  readonly second: { readonly title: string; readonly accuracy: number }
  /** Held-out samples that both were measured on. */
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
  const standings = racers.map(({ title, epochs }) => {
    const own = epochs.find((done) => done.epoch === epoch)
    const counts = own?.confusion?.counts ?? new Uint32Array()
    return { title, accuracy: own?.validation.network?.accuracy, samples: counts.reduce((sum, n) => sum + n, 0) }
  })
  const measured = standings.flatMap(({ accuracy, ...own }) => (accuracy === undefined ? [] : [{ ...own, accuracy }]))
  const samples = Math.min(...measured.map((own) => own.samples))
  if (measured.length < racers.length || samples === 0) return undefined
  const [first, second] = measured.sort((a, b) => b.accuracy - a.accuracy)
  const variance = [first!, second!].reduce((sum, { accuracy }) => {
    const p = (accuracy * samples + 1) / (samples + 2)
    return sum + (p * (1 - p)) / samples
  }, 0)
  return { epoch, first: first!, second: second!, samples, chance: 2 * Math.sqrt(variance) }
}
