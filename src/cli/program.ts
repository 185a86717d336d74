import { Command, CommanderError } from 'commander'
import { packageVersion } from '../train/environment.node.js'
import { EXIT } from './failure.js'
import { wholeNumber } from './number.js'
import { addTrainingFlags, ruleHelp } from './train/flags.js'

const SETTING = 'an option of the rule; may be given more than once'

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** Options of a rule are no flags. */
function ruleOptionHint(text: string, [command]: readonly string[]): string {
  const [, name] = text.match(/unknown option '--([^']*)'/) ?? []
  if (command !== 'train' || name === undefined) return ''
  return `An option of the rule is given as --set ${text.includes('Did you mean') ? name : 'KEY'}=VALUE; \`onward rules RULE\` lists them.\n`
}

const HELP = ['-h', '--help']

/** `onward help`, `onward help train` and `onward version` in flags. */
function asFlags([command, ...rest]: readonly string[]): readonly string[] {
  if (command === 'help') return [...rest, '--help']
  return command === 'version' ? ['--version', ...rest] : [command, ...rest].filter((word) => word !== undefined)
}

/** The flags of the commands that use a run: where its data and its rule are. */
const addRunFlags = (command: Command, data = 'the folder that holds the files of its data set'): Command =>
  command
    .option('--rule <file>', "the file of its rule, where that is none of Onward's: its code runs")
    .option('--changed-rule', 'take that file although it is not as it was in training')
    .option('--data-dir <dir>', data)
    .option('--json', 'print JSON')

/**
 * Runs the command line and gives its exit code. What a command needs is loaded when it runs: `onward rules` and
 * `--help` must not wait for the runtime. Throws what the command throws.
 */
export async function run(given: readonly string[]): Promise<number> {
  const argv = asFlags(given)
  const help = argv[0] === 'train' && argv.some((word) => HELP.includes(word)) ? await ruleHelp(argv) : ''
  let code: number = EXIT.done
  const program = new Command('onward')
    .description('Trains deep networks without end-to-end backpropagation: every layer learns from what it can see.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .showSuggestionAfterError()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'onward: ') + ruleOptionHint(text, argv)),
      getOutHelpWidth: () => Math.min(process.stdout.columns || 100, 120),
    })
    .addHelpText(
      'after',
      `\nonward help COMMAND shows the flags of a command.\nExit codes: ${EXIT.done} done, ${EXIT.failed} failed, ${EXIT.usage} wrong usage, ${EXIT.interrupted} interrupted with the checkpoint saved.`,
    )
    .exitOverride()

  addTrainingFlags(
    program
      .command('train')
      .description('train a network by a rule and keep the run in a folder')
      .argument('[rule]', 'the learning rule, which `onward rules` lists, or a file that exports one: ./my-rule.js')
      .optionsGroup('What and where:')
      .option('--data <name>', 'the data set; `onward data` lists them')
      .option('--data-dir <dir>', 'the folder that holds its files (else ONWARD_DATA, the cache, a download)')
      .option('--preset <name>', 'settings with a name; `onward rules RULE` lists them')
      .option('--config <file>', 'settings from a JSON file: the flags below by name, the options of the rule in "set"')
      .option('--set <key=value>', SETTING, collect)
      .option('--out <dir>', 'the folder of the run; default: runs/RULE-DATA-NUMBER')
      .option('--resume <dir>', 'go on with the run in this folder; with --epochs, a new total: longer')
      .option('--changed-rule', 'with --resume: take the file of the rule although it is not as it was')
      .option('--from <run>', 'begin with the weights of this run where names and shapes are equal')
      .option('--below <run>', 'with --layer: the run that trained the layers below it')
      .option('--json', 'print one JSON object per line')
      .helpOption('-h, --help', 'show help, with a RULE that of its options too')
      .optionsGroup('Training:'),
  )
    .addHelpText('after', help)
    .action(async (rule: string | undefined, flags) => {
      const { trainCommand } = await import('./train/command.js')
      code = await trainCommand(rule, flags)
    })

  addRunFlags(
    program
      .command('evaluate')
      .description('measure a trained network on the test images')
      .argument('<run>', 'the folder of the run'),
  ).action(async (folder: string, flags) => {
    const { evaluateCommand } = await import('./commands/evaluate.js')
    await evaluateCommand(folder, flags)
  })

  addRunFlags(
    program
      .command('predict')
      .description('classify pictures with a trained network')
      .argument('<run>', 'the folder of the run')
      .argument('<image...>', 'PNG or JPEG files')
      .option('--invert', 'swap light and dark: for dark ink on light paper, where the network learned light on dark'),
  ).action(async (folder: string, images: readonly string[], flags) => {
    const { predictCommand } = await import('./commands/predict.js')
    await predictCommand(folder, images, flags)
  })

  addRunFlags(
    program
      .command('samples')
      .description('write what a trained network draws as PNG grids: reconstructions, samples, filters')
      .argument('<run>', 'the folder of the run')
      .argument('[picture...]', 'which pictures; default: all that its rule has')
      .option('--count <n>', 'images that a picture starts from', wholeNumber('--count', 1), 20)
      .option('--seed <n>', 'of the noise', wholeNumber('--seed', 0), 0)
      .option('--out <dir>', 'the folder of the pictures; default: samples in the folder of the run')
      .option(
        '--judge <run>',
        'a trained classifier with probabilities (backprop, say): of how many samples from the prior (hopfield-vae) is it sure?',
      ),
  ).action(async (folder: string, pictures: readonly string[], flags) => {
    const { samplesCommand } = await import('./commands/samples.js')
    await samplesCommand(folder, pictures, flags)
  })

  program
    .command('certify')
    .description("show what each layer's update reads, found in the graph of the training step")
    .argument('[rule...]', 'learning rules, or files that export one; default: all')
    .option('--set <key=value>', SETTING, collect)
    .option('--preset <name>', 'settings with a name')
    .option('--data <name>', 'the data set whose shapes are used', 'glyphs')
    .option('--json', 'print JSON')
    .action(async (rules: readonly string[], flags) => {
      const { certifyCommand } = await import('./commands/certify.js')
      await certifyCommand(rules, flags)
    })

  program
    .command('rules')
    .description('list the learning rules, or show the options, presets and figures of one')
    .argument('[rule]', 'a learning rule, or a file that exports one')
    .option('--json', 'print JSON')
    .action(async (rule: string | undefined, flags) => {
      const { rulesCommand } = await import('./commands/rules.js')
      await rulesCommand(rule, flags)
    })

  program
    .command('data')
    .description('list the data sets and where they are, or show one')
    .argument('[name]', 'a data set')
    .option('--data-dir <dir>', 'a folder to look in')
    .option('--download', 'get the data set, unless it is here, and check it')
    .option('--json', 'print JSON')
    .action(async (name: string | undefined, flags) => {
      const { dataCommand } = await import('./commands/data.js')
      await dataCommand(name, flags)
    })

  addRunFlags(
    program
      .command('export')
      .description('write a trained network as one file that other programs run')
      .argument('<run>', 'the folder of the run')
      .option('--format <format>', 'the format of the file: onnx', 'onnx')
      .option('--out <file>', 'the file; default: model.onnx in the folder of the run'),
    'the folder that holds the files of its data set, to check the file on test images',
  ).action(async (folder: string, flags) => {
    const { exportCommand } = await import('./commands/export.js')
    await exportCommand(folder, flags)
  })

  program
    .command('doctor')
    .description('show what runs on this machine: devices, threads, memory')
    .option('--json', 'print JSON')
    .action(async (flags) => {
      const { doctorCommand } = await import('./commands/doctor.js')
      code = await doctorCommand(flags)
    })

  try {
    // With --help, Commander takes no notice of a command that it does not know.
    const isKnown =
      given[0] !== 'help' || argv.length === 1 || program.commands.some((command) => command.name() === argv[0])
    await program.parseAsync(isKnown ? argv : argv.filter((word) => !HELP.includes(word)), { from: 'user' })
  } catch (error) {
    // Commander has printed what is wrong, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    throw error
  }
  return code
}
