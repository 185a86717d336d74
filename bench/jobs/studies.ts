import type { StudyJob } from '../job.js'

const SEARCH = ['backprop', '--data', 'glyphs', '--limit', '2000', '--validation', '1000', '--set', 'units=64']

/**
 * Studies of 40 short trainings. To be reached: of one that is killed twice the same trials and values with one worker,
 * none lost and none twice with two; 40 % of the epochs saved at an equal best.
 */
export const STUDIES: readonly Omit<StudyJob, 'kind'>[] = [
  {
    id: 'killed-study',
    title: 'trials of 8 epochs',
    arguments: [...SEARCH, '--epochs', '8', '--threads', '1'],
    trials: 40,
    killedAfter: [13, 27],
    pruners: ['none', 'median', 'hyperband'],
    seeds: [0, 1, 2, 3, 4],
  },
  // The median saved less than 40 % there: longer trials leave more to save, and halving ends most of them after the first epoch.
  {
    id: 'pruned-study',
    title: 'trials of 16 epochs',
    arguments: [...SEARCH, '--epochs', '16', '--threads', '1'],
    trials: 40,
    killedAfter: [],
    pruners: ['none', 'median', 'asha'],
    seeds: [0, 1, 2, 3, 4],
  },
]
