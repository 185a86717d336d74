import type { KilledStudyJob } from '../job.js'

/**
 * A study of 40 short trainings that is killed twice, with one worker and with two; and what pruning saves. To be
 * reached: the same trials and values with one worker, none lost and none twice with two; 40 % of the epochs saved at an
 * equal best.
 */
export const STUDY: Omit<KilledStudyJob, 'kind'> = {
  id: 'killed-study',
  title: 'a study of 40 trials on glyphs, killed twice',
  arguments: [
    ...['backprop', '--data', 'glyphs', '--limit', '2000', '--validation', '1000', '--epochs', '8'],
    ...['--set', 'units=64', '--threads', '1'],
  ],
  trials: 40,
  killedAfter: [13, 27],
  pruners: ['none', 'median', 'hyperband'],
  seeds: [0, 1, 2, 3, 4],
}
