import { type CommandEntry, collect, flag, ruleFlags, wholeNumber } from '../command-flags.js'
import { ownFlags } from '../own-data.js'
import { trainingFlags } from '../train/flags.js'

/** `onward tune`, as its help shows it. */
export function tuneCommand(): CommandEntry {
  return {
    name: 'tune',
    does: 'search the settings with which a rule learns a data set best, by held-out samples alone',
    takes: { '[rule]': 'a learning rule, or a file that exports one; none goes on with the study of --study' },
    flags: [
      flag('--data <name>', 'the data set, or the path of your own'),
      flag('--data-dir <dir>', 'the folder that holds its files; default: ONWARD_DATA, the cache, or a download'),
      flag('--trials <n>', 'trials to finish in the study, those of earlier calls included')
        .argParser(wholeNumber('--trials', 1))
        .default(40),
      flag('--sampler <name>', 'what suggests settings: tpe, gp (a Gaussian process), random; default: tpe'),
      flag('--pruner <name>', 'what ends poor trials early: median, asha, hyperband, none; default: median'),
      flag('--workers <n>', 'processes that train at the same time').argParser(wholeNumber('--workers', 1)).default(1),
      flag('--timeout <seconds>', 'stop after this time; the study goes on later').argParser(
        wholeNumber('--timeout', 1),
      ),
      flag('--study <file>', 'the journal of the study; default: studies/RULE-DATA-NUMBER.jsonl'),
      flag(
        '--objective <key>',
        'a held-out figure; seconds, parameters, activationBytes, stateBytes; of drawn samples frechet, samplePrecision, ' +
          'sampleRecall; KEY:min, KEY:max; several: the best compromises',
      ).argParser(collect),
      flag(
        '--features <what>',
        'judge drawn samples by pixels (default), the folder of a run that classifies, or FILE.onnx',
      ),
      flag(
        '--space <key=range>',
        'search an option: rate=1e-4..1e-1:log, units=64,128, batch=32..256:step=32; may be given more than once',
      ).argParser(collect),
      flag('--enqueue <key=value,...>', 'settings to try first; may be given more than once').argParser(collect),
      ...ruleFlags(),
      flag('--config <file>', 'settings from a JSON file, as of train'),
      flag('--json', 'print JSON, one object a line'),
      ...ownFlags().map((own) => own.helpGroup('Your own data:')),
      ...trainingFlags(['layer', 'checkpointEvery']).map((own) => own.helpGroup('Training:')),
    ],
    load: () => import('./command.js'),
  }
}
