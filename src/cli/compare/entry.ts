import { type CommandEntry, collect, flag, JSON_FLAG, wholeNumber } from '../command-flags.js'
import { ownFlags } from '../own-data.js'
import { trainingFlags } from '../train/flags.js'

/** What these commands take for a rule. */
const ARM = 'RULE[@PRESET][:KEY=VALUE,...]: a learning rule or a file that exports one, a preset of it, options'

const setFlag = (what: string) => flag('--set <key=value>', `${what}; may be given more than once`).argParser(collect)

/** `onward compare`, as its help shows it. */
export const compareCommand = (): CommandEntry => ({
  name: 'compare',
  does: 'train rules on equal terms, by turns and with several seeds, and say which differences are real',
  takes: { '<arm...>': ARM },
  flags: [
    flag('--data <name>', 'the data set, or the path of your own'),
    flag('--data-dir <dir>', 'the folder that holds its files; default: ONWARD_DATA, the cache, or a download'),
    flag('--seeds <n>', 'runs of each arm, with the seeds 0 to n - 1').argParser(wholeNumber('--seeds', 1)).default(3),
    flag(
      '--budget <budget>',
      'how long each arm learns: epochs=E, images=I or seconds=S; default: as many epochs as the first arm, but ' +
        'those of its preset where an arm has one',
    ),
    flag('--weights <whose>', 'first weights, where names and shapes are equal: shared, own').default('shared'),
    flag(
      '--tune <trials>',
      'first search the options that an arm leaves open, by so many trials for each arm',
    ).argParser(wholeNumber('--tune', 1)),
    setFlag('an option of all arms'),
    flag('--out <dir>', 'its folder, or that of one to go on with; default: runs/compare-DATA-NUMBER'),
    flag('--format <format>', 'text, json, csv, markdown, latex; default: text'),
    flag('--json', 'the same as --format json'),
    ...ownFlags().map((own) => own.helpGroup('Your own data:')),
    ...trainingFlags(['seed', 'epochs', 'layer']).map((own) => own.helpGroup('Training, of all arms:')),
  ],
  load: () => import('./command.js'),
})

/** `onward meter`, as its help shows it. */
export const meterCommand = (): CommandEntry => ({
  name: 'meter',
  does: 'count what training takes in memory, by depth and beside backpropagation; nothing is trained',
  takes: { '<arm>': ARM },
  flags: [
    flag('--data <name>', 'the data set whose shapes are used').default('glyphs'),
    flag('--input <shape>', 'the shape of an input in place of a data set: 1x28x28'),
    flag('--classes <n>', 'with --input: the number of classes; default: 10').argParser(wholeNumber('--classes', 2)),
    flag('--batch <n>', "samples a step; default: the rule's own").argParser(wholeNumber('--batch', 1)),
    flag('--micro <n>', 'samples of a micro-batch where backpropagation accumulates gradients')
      .argParser(wholeNumber('--micro', 1))
      .default(1),
    flag('--depth <list>', 'numbers of layers, each as wide as the last one; default: 1,2,4,...,128').argParser(
      collect,
    ),
    setFlag('an option of the rule'),
    JSON_FLAG,
  ],
  load: () => import('../commands/meter.js'),
})
