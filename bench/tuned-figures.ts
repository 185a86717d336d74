import type { RunJudgement } from '../src/node.js'
import type { Scores } from '../src/train/events.js'
import type { Choice } from '../src/tune/distribution.js'
import type { TunedJob } from './job.js'
import type { Record } from './records.js'

/** What a search was asked for, and what it found; the first result of its record. */
export type Searched = {
  readonly what: 'study'
  readonly command: string
  /** The name of the distance that was to be small, with the hash of what measures it. */
  readonly metric: string
  /** The numbers of the best trial, and of the one with the preset's own settings. */
  readonly best: number
  readonly preset: number
}

/** A trial that came to its end, judged by images that were held out. */
export type SearchedTrial = {
  readonly what: 'trial'
  readonly trial: number
  readonly state: string
  readonly params: { readonly [option: string]: Choice }
  /** Absent where its numbers blew up. */
  readonly distance?: number
}

/** Whose settings a training has: the preset's, or those of the best trial. */
export type Form = 'preset' | 'best'

/** A training that was judged once by the test images. */
export type Final = {
  readonly what: Form
  readonly seed: number
  readonly threads: number
  readonly seconds: number
  readonly test: Scores
  readonly judged: Required<Pick<RunJudgement, 'metric' | 'count' | 'floor' | 'samples' | 'reconstructions'>>
}

type Results = Pick<Record, 'results'>

export const searchedOf = ({ results }: Results): Searched | undefined =>
  results.find(({ what }) => what === 'study') as Searched | undefined

export const trialsOf = ({ results }: Results): SearchedTrial[] =>
  results.filter(({ what }) => what === 'trial') as SearchedTrial[]

/** Where the preset's own settings are the best, there is nothing else to train. */
export const formsOf = ({ best, preset }: Searched): Form[] => (best === preset ? ['preset'] : ['preset', 'best'])

/** By seed. Where the preset's own settings are the best, its trainings are those of the best, too. */
export function finalsOf(record: Results, form: Form): Final[] {
  const searched = searchedOf(record)
  const what = searched && formsOf(searched).includes(form) ? form : 'preset'
  const own = record.results.filter((result) => result.what === what) as Final[]
  return own.toSorted((a, b) => a.seed - b.seed)
}

/** Frechet distances of samples of noise to test images, by seed. */
export const distancesOf = (record: Results, form: Form): number[] =>
  finalsOf(record, form).map(({ judged }) => judged.samples.distance)

/** By how much tuning made the distance to test images smaller, of each seed that was trained in both forms. */
export function gainsOf(record: Results): number[] {
  const before = new Map(finalsOf(record, 'preset').map(({ seed, judged }) => [seed, judged.samples.distance]))
  return finalsOf(record, 'best').flatMap(({ seed, judged }) =>
    before.has(seed) ? [before.get(seed)! - judged.samples.distance] : [],
  )
}

/** The distance to held-out images of the trial with that number. */
export const heldOutOf = (record: Results, number: number): number | undefined =>
  trialsOf(record).find(({ trial }) => trial === number)?.distance

/** What makes the figures again. CLASSIFIER is the run whose features measure, BEST the settings that the search wrote. */
export const commandsOf = ({ base, search, final, judged }: Omit<TunedJob, 'kind'>): readonly string[] => [
  `onward tune ${[...base, ...search].join(' ')} --features CLASSIFIER`,
  `onward train ${[...base, ...final].join(' ')} --seed S`,
  `onward train --config BEST ${final.join(' ')} --seed S`,
  `onward samples RUN prior --judge CLASSIFIER ${judged.join(' ')}`,
]

/** All of them: a record that was made by others is of another job. */
export const commandOf = (job: Omit<TunedJob, 'kind'>): string => commandsOf(job).join('; ')

/** Set once for variant F too, which does not settle: refused today, and then it changed no figure. */
const IN_VAIN = ' --set nudge=0.2 --set encoderNudge=0.1'

/** Why the record does not hold what the job would give today; undefined where it does, or there is none. */
export function changedFrom(record: Results, job: Omit<TunedJob, 'kind'>): string | undefined {
  const command = searchedOf(record)?.command
  return [command, command?.replace(IN_VAIN, '')].includes(commandOf(job)) ? undefined : `it was made by ${command}`
}
