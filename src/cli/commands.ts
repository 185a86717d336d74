import { type CommandEntry, flag, JSON_FLAG, ruleFlags, trainFlags, wholeNumber } from './command-flags.js'
import { joinCommand, upCommand } from './commands/up/entry.js'
import { compareCommand, meterCommand } from './compare/entry.js'
import { judgeFlags } from './judge/flags.js'
import { labCommand } from './lab/entry.js'
import { ownFlags } from './own-data.js'
import { reportCommand } from './report/entry.js'
import { runsCommand } from './runs/entry.js'
import { named } from './to-type.js'
import { tuneCommand } from './tune/entry.js'

const RUN = { '<run>': 'the folder of the run' }

/** Of the commands that use a run: where its rule is. */
const RUN_FLAGS = [
  flag('--rule <file>', "the file of its rule, where that is none of Onward's; the code in it runs"),
  flag('--changed-rule', 'take that file although it has changed since the training'),
  JSON_FLAG,
]

/** Of the commands that read the data of a run, too. */
const DATA_RUN_FLAGS = [
  flag('--data <path>', "where the data of the run are now, if they are one's own and have moved"),
  flag('--data-dir <dir>', 'the folder that holds the files of its data set'),
  ...RUN_FLAGS,
]

/** The commands. What each needs is loaded when it runs: `onward rules` and `--help` must not wait for the runtime. */
export function commands(): CommandEntry[] {
  return [
    {
      name: 'train',
      does: 'train a network by a rule and keep the run in a folder',
      takes: { '[rule]': `a learning rule, which ${named('rules')} lists, or a file that exports one: ./my-rule.js` },
      flags: trainFlags({ alone: true }),
      load: () => import('./train/command.js'),
    },
    upCommand(),
    joinCommand(),
    tuneCommand(),
    compareCommand(),
    meterCommand(),
    runsCommand(),
    reportCommand(),
    {
      name: 'evaluate',
      does: 'measure a trained network on the test samples',
      takes: RUN,
      flags: [...DATA_RUN_FLAGS, ...judgeFlags()],
      load: () => import('./commands/evaluate.js'),
    },
    {
      name: 'predict',
      does: 'say what a trained network says of pictures, rows of a table, or arrays',
      takes: {
        ...RUN,
        '<image...>':
          'picture files (PNG, JPEG, WebP, GIF, TIFF, BMP, AVIF), folders of them, tables (CSV, TSV, Parquet), or ' +
          'arrays as in training (NPY, NPZ)',
      },
      flags: [
        flag(
          '--fit <how>',
          'ink: cut out, centred, light or dark as in training; contain, cover, stretch: the whole picture; ' +
            'default: ink where the training images show ink on a plain ground, else contain',
        ),
        flag('--invert', 'the ink is dark (ink), or swap light and dark (the other ways to fit)'),
        flag('--show <path>', 'write what the network saw: a PNG file, or a folder for several pictures'),
        ...RUN_FLAGS,
      ],
      load: () => import('./commands/predict/command.js'),
    },
    {
      name: 'samples',
      does: 'write what a trained network draws as PNG grids: reconstructions, samples, filters',
      takes: { ...RUN, '[picture...]': 'which pictures; default: all that its rule has' },
      flags: [
        flag('--count <n>', 'images that a picture starts from').argParser(wholeNumber('--count', 1)).default(20),
        flag('--seed <n>', 'seed of the noise').argParser(wholeNumber('--seed', 0)).default(0),
        flag(
          '--scale <n>',
          'pixels of each pixel of an image, in both directions; default: so many that it is easily seen',
        ).argParser(wholeNumber('--scale', 1)),
        flag('--out <dir>', 'the folder of the pictures; default: samples in the folder of the run'),
        ...judgeFlags(),
        ...DATA_RUN_FLAGS,
      ],
      load: () => import('./commands/samples.js'),
    },
    {
      name: 'certify',
      does: "show what each layer's update reads, found in the graph of the training step",
      takes: { '[rule...]': 'learning rules, or files that export one; default: all' },
      flags: [...ruleFlags(), flag('--data <name>', 'the data set whose shapes are used').default('glyphs'), JSON_FLAG],
      load: () => import('./commands/certify.js'),
    },
    {
      name: 'rules',
      does: 'list the learning rules, or show the options, presets and figures of one',
      takes: { '[rule]': 'a learning rule, or a file that exports one' },
      flags: [JSON_FLAG],
      load: () => import('./commands/rules.js'),
    },
    {
      name: 'data',
      does: 'list the data sets and where they are, or show one, or what a file or folder holds',
      takes: { '[name]': 'a data set, or the path of your own' },
      flags: [
        flag('--data-dir <dir>', 'a folder to look in'),
        flag('--download', 'get the data set, unless it is here, and check it'),
        JSON_FLAG,
        ...ownFlags().map((own) => own.helpGroup('Your own data:')),
      ],
      load: () => import('./commands/data.js'),
    },
    {
      name: 'export',
      does: 'write a trained network for other programs',
      takes: { '<run>': 'the folder of the run; samples of its data set check the file' },
      flags: [
        flag(
          '--format <format>',
          'onnx: the whole network as one file that runs; safetensors: its weights; huggingface: a folder with a card, ' +
            'settings, weights and the ONNX file',
        ).default('onnx'),
        flag('--out <path>', 'the file or folder; default: model.onnx, model.safetensors or huggingface in the run'),
        ...DATA_RUN_FLAGS,
      ],
      load: () => import('./commands/export.js'),
    },
    labCommand(),
    {
      name: 'doctor',
      does: 'show what runs on this machine: devices, threads, memory',
      takes: {},
      flags: [JSON_FLAG],
      load: () => import('./commands/doctor.js'),
    },
  ]
}
