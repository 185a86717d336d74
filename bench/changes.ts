import type { Record } from './records.js'

/** A change that no setting tells of: records made before it hold what today's command does not give. */
interface Change {
  /** The ids of the jobs that it concerns. */
  readonly jobs: RegExp
  /** The first day on which records are made with it. */
  readonly since: string
  /** What the older records are from before. */
  readonly what: string
}

const CHANGES: readonly Change[] = [
  { jobs: /^start$/, since: '2026-11-29', what: "the certificate's words of today" },
  {
    jobs: /^cifar-10-trifecta-(plain|layer-norm)$/,
    since: '2026-11-29',
    what: 'a gain and a bias for each number in layer normalisation',
  },
  {
    jobs: /^mnist-uff-(denoising(?!-untrained)|variational)/,
    since: '2026-11-29',
    what: 'noise by layer: other draws',
  },
  {
    jobs: /^(speed|layer-times|memory)-local-heads-[sm](-int8)?(-2)?$/,
    since: '2026-12-01',
    what: 'heads with at most half of the operations of their layer',
  },
  // Auto-encoders draw no noise.
  { jobs: /-vae-layer(?!.*-ae$)/, since: '2026-11-29', what: 'noise by layer: other draws' },
]

/** What a record is from before; undefined where what it holds is still so. */
export const changeAfter = ({ id, date }: Pick<Record, 'id' | 'date'>): string | undefined =>
  CHANGES.filter(({ jobs, since }) => jobs.test(id) && date < since)
    .map(({ what }) => `from before ${what}`)
    .at(0)
