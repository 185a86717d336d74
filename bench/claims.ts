import type { Scores } from '../src/train/events.js'
import { idOf } from './jobs/predictive-coding.js'
import { noteOf } from './notes.js'
import { deviation, divergedOf, finished, mean, type Record, readRecord } from './records.js'
import { figures, meanAndDeviation, notedTable, present, tested, verdict } from './tables.js'
import { accuraciesByEpoch, percent } from './training-table.js'
import { distancesOf } from './tuned-figures.js'

/** Something that records are compared for. `reached` is undefined where there are too few seeds to say. */
interface Outcome {
  readonly figures: string
  readonly reached: boolean | undefined
}

/** The ids of records, and what they say where none of them is missing; undefined where one has no values yet. */
interface Check {
  readonly of: readonly string[]
  check(...records: readonly Record[]): Outcome | undefined
}

interface Claim extends Check {
  readonly what: string
}

const errors = (record: Record): number[] => percent(tested(record))

/** Checks two records by one list of values of each. */
const between = (
  first: string,
  second: string,
  values: (record: Record) => number[],
  holds: (a: number[], b: number[]) => Outcome,
): Check => ({
  of: [first, second],
  check: (...records) => {
    const [a, b] = records.map(values) as [number[], number[]]
    return a.length > 0 && b.length > 0 ? holds(a, b) : undefined
  },
})

const both = (a: number[], b: number[]): string => `${meanAndDeviation(a)} and ${meanAndDeviation(b)}`

/** The first is lower by more than the seeds spread, whichever of the two spreads more. */
const lowerThanSpread = (a: number[], b: number[]): Outcome => ({
  figures: both(a, b),
  reached: a.length < 2 || b.length < 2 ? undefined : mean(b) - mean(a) > Math.max(deviation(a), deviation(b)),
})

/** The first is lower, by the mean: of one seed, or where the spread is not asked for. */
const lower = (a: number[], b: number[]): Outcome => ({ figures: both(a, b), reached: mean(a) < mean(b) })

const tunedDistances = (record: Record): number[] => distancesOf(record, 'best')

const J = (record: Record): number[] => tested(record, 'J')

/** Errors of the whole network and of its best part alone, by the mean over the seeds. */
function wholeAgainstParts(record: Record, parts: RegExp): Outcome {
  const blocks = finished(record).map(({ test }) => (test as Scores).blocks ?? {})
  const alone = Object.keys(blocks[0] ?? {})
    .filter((name) => parts.test(name))
    .map((name) => percent(blocks.map((own) => own[name]!.accuracy!)))
  const best = alone.reduce((a, b) => (mean(b) < mean(a) ? b : a))
  const whole = errors(record)
  return { figures: both(whole, best), reached: whole.length < 3 ? undefined : mean(whole) <= mean(best) }
}

/** How far the last epoch lies behind the best one, in points of accuracy on held-out images. */
function lastEpoch(record: Record, most: number): Outcome {
  const lost = finished(record).map(({ validationByEpoch }) => {
    const accuracies = accuraciesByEpoch(validationByEpoch)
    return 100 * (Math.max(...accuracies) - accuracies.at(-1)!)
  })
  return { figures: meanAndDeviation(lost), reached: mean(lost) <= most }
}

/** The first error is larger than the second by at most so many points. */
const atMostMore = (first: string, second: string, points: number): Check =>
  between(first, second, errors, (a, b) => ({ figures: both(a, b), reached: mean(a) - mean(b) <= points }))

/** By the section of docs/results.md in which they stand. */
export const CLAIMS: Readonly<{ [section: string]: readonly Claim[] }> = {
  trifecta: [
    {
      what: 'CIFAR-10: error of the Trifecta and of plain Forward-Forward, at least 10 points apart',
      ...between('cifar-10-trifecta', 'cifar-10-trifecta-plain', errors, (a, b) => ({
        figures: both(a, b),
        reached: mean(b) - mean(a) >= 10,
      })),
    },
    ...['threshold', 'layer-norm', 'no-overlap', 'fixed-label'].map((ablation) => ({
      what: `CIFAR-10: error with all techniques, and with ${ablation}: lower (one seed)`,
      ...between('cifar-10-trifecta', `cifar-10-trifecta-${ablation}`, errors, lower),
    })),
    {
      what: 'CIFAR-10: minutes of the Trifecta and of plain Forward-Forward',
      ...between(
        'cifar-10-trifecta',
        'cifar-10-trifecta-plain',
        (record) => figures(record, 'seconds').map((seconds) => seconds / 60),
        (a, b) => ({ figures: both(a, b), reached: undefined }),
      ),
    },
  ],
  'vae-layer': [
    ...(['mnist', 'cifar-10'] as const).flatMap((data): Claim[] =>
      (['random', 'random-ae'] as const).map((control) => ({
        what: `${data}: error, and that of random encoders${control === 'random' ? '' : ' without noise'}, apart by more than the seeds spread`,
        ...between(`${data}-vae-layer`, `${data}-vae-layer-${control}`, errors, lowerThanSpread),
      })),
    ),
    {
      what: 'cifar-10: error with the cosine embedding loss (IFFCL), and that of random encoders without noise: lower (one seed)',
      ...between('cifar-10-vae-layer-cosine', 'cifar-10-vae-layer-random-ae', errors, lower),
    },
    {
      what: 'cifar-10, three times as long: points by which the last epoch lies behind the best, at most 1',
      of: ['cifar-10-vae-layer-long'],
      check: (record) => lastEpoch(record!, 1),
    },
  ],
  uff: [
    ...['dense', 'denoising', 'convolutional'].map((preset) => ({
      what: `${preset} cells: error by all latents and by the best single one, not larger`,
      of: [`mnist-uff-${preset}`],
      check: (record?: Record) => wholeAgainstParts(record!, /^layer /),
    })),
    ...(
      [
        ['', 'all the time'],
        ['-rest', 'for as many epochs, then at rest'],
      ] as const
    ).map(([suffix, how]) => ({
      what: `denoising cells: error trained together ${how}, and one after the other, apart by no more than two deviations of the seeds`,
      ...between(`mnist-uff-denoising${suffix}`, 'mnist-uff-denoising-greedy', errors, (a, b) => ({
        figures: both(a, b),
        reached:
          a.length < 3 || b.length < 3
            ? undefined
            : Math.abs(mean(a) - mean(b)) <= 2 * Math.max(deviation(a), deviation(b)),
      })),
    })),
    ...(['denoising', 'convolutional'] as const).map((preset) => ({
      what: `${preset} cells: error, and that on untrained cells, apart by more than the seeds spread`,
      ...between(`mnist-uff-${preset}`, `mnist-uff-${preset}-untrained`, errors, lowerThanSpread),
    })),
  ],
  'predictive-coding': [
    {
      what: '32 layers: error of PC-ALM and of backpropagation, at most 1.5 points more',
      ...atMostMore(idOf('pc-alm', 32), idOf('backprop', 32), 1.5),
    },
    {
      what: '32 layers: error of predictive coding and of backpropagation, at least 5 points more',
      ...between(idOf('pc', 32), idOf('backprop', 32), errors, (a, b) => ({
        figures: both(a, b),
        reached: mean(a) - mean(b) >= 5,
      })),
    },
    {
      what: '128 layers: error of PC-ALM and of backpropagation, at most 3 points more',
      ...atMostMore(idOf('pc-alm', 128), idOf('backprop', 128), 3),
    },
  ],
  'hopfield-vae': [
    {
      what: 'J of DH and of H, apart by more than the seeds spread',
      ...between('mnist-hopfield-vae-dh', 'mnist-hopfield-vae-h', J, lowerThanSpread),
    },
    {
      what: 'J of TDH and of F, at most 15 % more',
      ...between('mnist-hopfield-vae-tdh', 'mnist-hopfield-vae-f', J, (a, b) => ({
        figures: both(a, b),
        reached: mean(a) <= 1.15 * mean(b),
      })),
    },
    ...(
      [
        ['f', 140],
        ['h', 165],
      ] as const
    ).map(([variant, most]) => ({
      what: `J of ${variant.toUpperCase()} after 5 epochs of 8,000 images, below ${most}`,
      of: [`mnist-hopfield-vae-${variant}-small`],
      check: (record?: Record): Outcome => {
        const values = J(record!)
        return { figures: meanAndDeviation(values), reached: mean(values) < most }
      },
    })),
    {
      what: 'J of DH and of H after 5 epochs of 8,000 images, the first lower (one seed)',
      ...between('mnist-hopfield-vae-dh-small', 'mnist-hopfield-vae-h-small', J, lower),
    },
    ...['h', 'th', 'dh', 'tdh'].map((variant) => ({
      what: `${variant.toUpperCase()} has settled: twice the sweeps change SE by less than 2 %`,
      of: [`mnist-hopfield-vae-${variant}`],
      check: (record?: Record): Outcome => {
        const moved = tested(record!, 'unsettled').map((part) => 100 * part)
        return { figures: `${meanAndDeviation(moved)} %`, reached: mean(moved) < 2 }
      },
    })),
  ],
  // What a digest of the paper claims: dense networks better than layered ones.
  tuned: (
    [
      ['dh', 'h'],
      ['tdh', 'th'],
      ['tdh', 'h'],
    ] as const
  ).map(([dense, layered]) => ({
    what: `distance of samples, tuned: ${dense.toUpperCase()} below ${layered.toUpperCase()} by more than the seeds spread`,
    ...between(`tuned-hopfield-vae-${dense}`, `tuned-hopfield-vae-${layered}`, tunedDistances, lowerThanSpread),
  })),
  'spike-alignment': [
    {
      what: 'MNIST: error with aligned and with fixed feedback, apart by more than the seeds spread',
      ...between('mnist-spike-alignment', 'mnist-spike-alignment-fixed', errors, lowerThanSpread),
    },
    {
      what: 'MNIST: error with aligned feedback and of backpropagation, at most 0.5 points more',
      ...atMostMore('mnist-spike-alignment', 'mnist-spike-alignment-backprop', 0.5),
    },
    {
      what: 'glyphs: error with aligned and with fixed feedback, apart by more than the seeds spread',
      ...between('glyphs-spike-alignment', 'glyphs-spike-alignment-fixed', errors, lowerThanSpread),
    },
  ],
  nice: [
    {
      what: "test images of MNIST, at least 1900 nats within 60 minutes (the paper's figure is 1980.5)",
      of: ['mnist-nice'],
      check: (record) => {
        const [nats, minutes] = [tested(record!, 'nats'), figures(record!, 'seconds').map((s) => s / 60)]
        return {
          figures: `${meanAndDeviation(nats)} nats in ${mean(minutes).toFixed(0)} minutes`,
          reached: mean(nats) >= 1900 && Math.max(...minutes) <= 60,
        }
      },
    },
    {
      what: 'bits per dimension of joint and of greedy training, the first lower (one seed)',
      ...between('mnist-nice', 'mnist-nice-greedy', (record) => tested(record, 'bits'), lower),
    },
  ],
}

/**
 * What the records of a section were compared for; empty where nothing can be said yet. By a stale record, or one with
 * seeds that diverged, nothing holds, and nothing fails.
 */
export function claimTable(section: string): string {
  const rows = (CLAIMS[section] ?? []).map(({ what, of, check }) => {
    const records = present(of.map(readRecord))
    if (records.length < of.length) return undefined
    const outcome = records.every((record) => finished(record).length > 0) ? check(...records) : undefined
    const diverged = records.filter((own) => divergedOf(own) !== '').map((own) => `${own.id}: ${divergedOf(own)}`)
    if (!outcome && diverged.length === 0) return undefined
    const said = [outcome?.figures, ...diverged].filter((part) => part !== undefined).join('; ')
    const note = present(of.map((id) => (noteOf(id) ? `${id}: ${noteOf(id)}` : undefined))).join('; ')
    return [what, said, verdict(diverged.length > 0 ? undefined : outcome?.reached, note), note]
  })
  const known = present(rows)
  return known.length === 0 ? '' : notedTable(['compared', 'figures', 'holds'], known)
}
