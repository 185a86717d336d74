import { Option as Flag } from 'commander'
import { RUN_STATES } from '../../kept/states.js'
import { type CommandEntry, flag, JSON_FLAG } from '../command-flags.js'
import { SORT_KEYS } from './sort.js'

/** `onward runs`: the runs on this machine. */
export const runsCommand = (): CommandEntry => ({
  name: 'runs',
  does: 'list the runs in folders: what was trained, how, and what came of it',
  takes: { '[folder...]': 'folders of runs, or folders that hold some; default: runs' },
  flags: [
    flag('--rule <name>', 'only runs of this rule'),
    flag('--data <name>', 'only runs on this data set'),
    new Flag('--state <state>', 'only runs in this state').choices(RUN_STATES),
    new Flag('--sort <key>', 'what to sort by; of figures the best come first').choices(SORT_KEYS).default('date'),
    flag('--reverse', 'the other way round'),
    JSON_FLAG,
  ],
  load: () => import('./command.js'),
  commands: [
    {
      name: 'delete',
      does: 'delete runs, after a question',
      takes: { '<run...>': 'folders of runs; other files in them stay' },
      flags: [flag('--yes', 'do not ask'), JSON_FLAG],
      load: () => import('./delete.js'),
    },
  ],
})
