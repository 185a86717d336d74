import type { Scores } from '../src/train/events.js'
import { idOf } from './jobs/predictive-coding.js'
import { deviation, mean, type Record, readRecord } from './records.js'
import { figures, meanAndDeviation, present, table, tested, verdict } from './tables.js'
import { accuraciesByEpoch, percent } from './training-table.js'
import { distancesOf } from './tuned-figures.js'

/** Something that records are compared for. `reached` is undefined where there are too few seeds to say. */
interface Outcome {
  readonly figures: string
  readonly reached: boolean | undefined
}

interface Claim {
  readonly what: string
  /** Undefined where a record is missing. */
  check(): Outcome | undefined
}

const errors = (record: Record): number[] => percent(tested(record))

/** Checks two records by one list of values of each. */
const between =
  (first: string, second: string, values: (record: Record) => number[], holds: (a: number[], b: number[]) => Outcome) =>
  (): Outcome | undefined => {
    const [a, b] = [first, second].map((id) => {
      const record = readRecord(id)
      return record ? values(record) : []
    }) as [number[], number[]]
    return a.length > 0 && b.length > 0 ? holds(a, b) : undefined
  }

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
function wholeAgainstParts(id: string, parts: RegExp): Outcome | undefined {
  const record = readRecord(id)
  if (!record) return undefined
  const blocks = record.results.map(({ test }) => (test as Scores).blocks ?? {})
  const alone = Object.keys(blocks[0] ?? {})
    .filter((name) => parts.test(name))
    .map((name) => percent(blocks.map((own) => own[name]!.accuracy!)))
  const best = alone.reduce((a, b) => (mean(b) < mean(a) ? b : a))
  const whole = errors(record)
  return { figures: both(whole, best), reached: whole.length < 3 ? undefined : mean(whole) <= mean(best) }
}

/** How far the last epoch lies behind the best one, in points of accuracy on held-out images. */
function lastEpoch(id: string, most: number): Outcome | undefined {
  const record = readRecord(id)
  if (!record) return undefined
  const lost = record.results.map(({ validationByEpoch }) => {
    const accuracies = accuraciesByEpoch(validationByEpoch)
    return 100 * (Math.max(...accuracies) - accuracies.at(-1)!)
  })
  return { figures: meanAndDeviation(lost), reached: mean(lost) <= most }
}

/** The first error is larger than the second by at most so many points. */
const atMostMore = (first: string, second: string, points: number): Outcome | undefined =>
  between(first, second, errors, (a, b) => ({ figures: both(a, b), reached: mean(a) - mean(b) <= points }))()

/** By the section of docs/results.md in which they stand. */
export const CLAIMS: Readonly<{ [section: string]: readonly Claim[] }> = {
  trifecta: [
    {
      what: 'CIFAR-10: error of the Trifecta and of plain Forward-Forward, at least 10 points apart',
      check: between('cifar-10-trifecta', 'cifar-10-trifecta-plain', errors, (a, b) => ({
        figures: both(a, b),
        reached: mean(b) - mean(a) >= 10,
      })),
    },
    ...['threshold', 'layer-norm', 'no-overlap', 'fixed-label'].map((ablation) => ({
      what: `CIFAR-10: error with all techniques, and with ${ablation}: lower (one seed)`,
      check: between('cifar-10-trifecta', `cifar-10-trifecta-${ablation}`, errors, lower),
    })),
    {
      what: 'CIFAR-10: minutes of the Trifecta and of plain Forward-Forward',
      check: between(
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
        check: between(`${data}-vae-layer`, `${data}-vae-layer-${control}`, errors, lowerThanSpread),
      })),
    ),
    {
      what: 'cifar-10: error with the cosine embedding loss (IFFCL), and that of random encoders without noise: lower (one seed)',
      check: between('cifar-10-vae-layer-cosine', 'cifar-10-vae-layer-random-ae', errors, lower),
    },
    {
      what: 'cifar-10, three times as long: points by which the last epoch lies behind the best, at most 1',
      check: () => lastEpoch('cifar-10-vae-layer-long', 1),
    },
  ],
  uff: [
    ...['dense', 'denoising', 'convolutional'].map((preset) => ({
      what: `${preset} cells: error by all latents and by the best single one, not larger`,
      check: () => wholeAgainstParts(`mnist-uff-${preset}`, /^layer /),
    })),
    ...(
      [
        ['', 'all the time'],
        ['-rest', 'for as many epochs, then at rest'],
      ] as const
    ).map(([suffix, how]) => ({
      what: `denoising cells: error trained together ${how}, and one after the other, apart by no more than two deviations of the seeds`,
      check: between(`mnist-uff-denoising${suffix}`, 'mnist-uff-denoising-greedy', errors, (a, b) => ({
        figures: both(a, b),
        reached:
          a.length < 3 || b.length < 3
            ? undefined
            : Math.abs(mean(a) - mean(b)) <= 2 * Math.max(deviation(a), deviation(b)),
      })),
    })),
    ...(['denoising', 'convolutional'] as const).map((preset) => ({
      what: `${preset} cells: error, and that on untrained cells, apart by more than the seeds spread`,
      check: between(`mnist-uff-${preset}`, `mnist-uff-${preset}-untrained`, errors, lowerThanSpread),
    })),
  ],
  'predictive-coding': [
    {
      what: '32 layers: error of PC-ALM and of backpropagation, at most 1.5 points more',
      check: () => atMostMore(idOf('pc-alm', 32), idOf('backprop', 32), 1.5),
    },
    {
      what: '32 layers: error of predictive coding and of backpropagation, at least 5 points more',
      check: between(idOf('pc', 32), idOf('backprop', 32), errors, (a, b) => ({
        figures: both(a, b),
        reached: mean(a) - mean(b) >= 5,
      })),
    },
    {
      what: '128 layers: error of PC-ALM and of backpropagation, at most 3 points more',
      check: () => atMostMore(idOf('pc-alm', 128), idOf('backprop', 128), 3),
    },
  ],
  'hopfield-vae': [
    {
      what: 'J of DH and of H, apart by more than the seeds spread',
      check: between('mnist-hopfield-vae-dh', 'mnist-hopfield-vae-h', J, lowerThanSpread),
    },
    {
      what: 'J of TDH and of F, at most 15 % more',
      check: between('mnist-hopfield-vae-tdh', 'mnist-hopfield-vae-f', J, (a, b) => ({
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
      check: (): Outcome | undefined => {
        const values = readRecord(`mnist-hopfield-vae-${variant}-small`)
        return values && { figures: meanAndDeviation(J(values)), reached: mean(J(values)) < most }
      },
    })),
    {
      what: 'J of DH and of H after 5 epochs of 8,000 images, the first lower (one seed)',
      check: between('mnist-hopfield-vae-dh-small', 'mnist-hopfield-vae-h-small', J, lower),
    },
    ...['h', 'th', 'dh', 'tdh'].map((variant) => ({
      what: `${variant.toUpperCase()} has settled: twice the sweeps change SE by less than 2 %`,
      check: (): Outcome | undefined => {
        const record = readRecord(`mnist-hopfield-vae-${variant}`)
        const moved = record && tested(record, 'unsettled').map((part) => 100 * part)
        return moved && { figures: `${meanAndDeviation(moved)} %`, reached: mean(moved) < 2 }
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
    check: between(`tuned-hopfield-vae-${dense}`, `tuned-hopfield-vae-${layered}`, tunedDistances, lowerThanSpread),
  })),
  'spike-alignment': [
    {
      what: 'MNIST: error with aligned and with fixed feedback, apart by more than the seeds spread',
      check: between('mnist-spike-alignment', 'mnist-spike-alignment-fixed', errors, lowerThanSpread),
    },
    {
      what: 'MNIST: error with aligned feedback and of backpropagation, at most 0.5 points more',
      check: () => atMostMore('mnist-spike-alignment', 'mnist-spike-alignment-backprop', 0.5),
    },
    {
      what: 'glyphs: error with aligned and with fixed feedback, apart by more than the seeds spread',
      check: between('glyphs-spike-alignment', 'glyphs-spike-alignment-fixed', errors, lowerThanSpread),
    },
  ],
  nice: [
    {
      what: "test images of MNIST, at least 1900 nats within 60 minutes (the paper's figure is 1980.5)",
      check: (): Outcome | undefined => {
        const record = readRecord('mnist-nice')
        if (!record) return undefined
        const [nats, minutes] = [tested(record, 'nats'), figures(record, 'seconds').map((s) => s / 60)]
        return {
          figures: `${meanAndDeviation(nats)} nats in ${mean(minutes).toFixed(0)} minutes`,
          reached: mean(nats) >= 1900 && Math.max(...minutes) <= 60,
        }
      },
    },
    {
      what: 'bits per dimension of joint and of greedy training, the first lower (one seed)',
      check: between('mnist-nice', 'mnist-nice-greedy', (record) => tested(record, 'bits'), lower),
    },
  ],
}

/** What the records of a section were compared for; empty where nothing can be said yet. */
export function claimTable(section: string): string {
  const rows = (CLAIMS[section] ?? []).map(({ what, check }) => {
    const outcome = check()
    return outcome && [what, outcome.figures, verdict(outcome.reached)]
  })
  const known = present(rows)
  return known.length === 0 ? '' : table(['compared', 'figures', 'holds'], known)
}
