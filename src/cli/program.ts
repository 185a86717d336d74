import { Command, CommanderError } from 'commander'
import { packageVersion } from '../own-files.node.js'
import type { CommandEntry } from './command-flags.js'
import { commands } from './commands.js'
import { EXIT } from './failure.js'
import { textWidth } from './output/text.js'
import { named } from './to-type.js'
import { ruleHelp } from './train/flags.js'

const EXIT_CODES =
  `Exit codes: ${EXIT.done} done, ${EXIT.failed} failed, ${EXIT.usage} wrong usage, ` +
  `${EXIT.interrupted} interrupted with the checkpoint saved.`

/** Runs the command line and gives its exit code. Throws what the command throws. */
export async function run(given: readonly string[]): Promise<number> {
  const argv = asFlags(given)
  let code: number = EXIT.done
  const program = new Command('onward')
    .description('Trains deep networks without end-to-end backpropagation: every layer learns from what it can see.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .showSuggestionAfterError()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'onward: ') + ruleOptionHint(text, argv)),
      getOutHelpWidth: textWidth,
      getErrHelpWidth: textWidth,
    })
    .addHelpText('after', `\n${named('help', 'COMMAND')} shows the flags of a command.\n${EXIT_CODES}`)
    .exitOverride()
  const entries = commands()
  const add = async (
    parent: Command,
    { name, does, takes, flags, load, commands: own }: CommandEntry,
  ): Promise<void> => {
    const command = parent.command(name).description(does)
    const path = parent === program ? [name] : [parent.name(), name]
    for (const [argument, description] of Object.entries(takes)) command.argument(argument, description)
    for (const flag of flags) command.addOption(flag)
    command.helpCommand(false).showHelpAfterError(`${named('help', ...path)} shows how it is used.`)
    for (const entry of own ?? []) await add(command, entry)
    if (!load) return
    command.action(async (...words) => {
      const loaded = await load()
      const ended = await loaded.command(...(words as never[]))
      if (typeof ended === 'number') code = ended
    })
    if (trains(path)) command.addHelpText('after', asksHelp(argv) ? await ruleHelp(argv) : '')
  }
  for (const entry of entries) await add(program, entry)
  // With --help, Commander would take no notice of a command that it does not know.
  const [name = ''] = argv
  const isKnown = name === '' || name.startsWith('-') || entries.some((entry) => entry.name === name)
  try {
    await program.parseAsync(isKnown ? argv : [name], { from: 'user' })
  } catch (error) {
    // Commander has printed what is wrong, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    throw error
  }
  return code
}

/** Commands that take options of a rule. */
const trains = ([command, what]: readonly string[]): boolean =>
  command === 'train' || (command === 'up' && what !== undefined)

const asksHelp = (argv: readonly string[]): boolean =>
  trains(argv) && argv.some((word) => word === '-h' || word === '--help')

/** `onward help`, `onward help train` and `onward version` in flags. */
function asFlags([command, ...rest]: readonly string[]): readonly string[] {
  if (command === 'help') return [...rest, '--help']
  return command === 'version' ? ['--version', ...rest] : [command, ...rest].filter((word) => word !== undefined)
}

/** Options of a rule are no flags. */
function ruleOptionHint(text: string, argv: readonly string[]): string {
  const [, name] = text.match(/unknown option '--([^'=]*)/) ?? []
  if (!trains(argv) || name === undefined) return ''
  return `An option of the rule is given as --set ${name}=VALUE; ${named('rules', 'RULE')} lists them.\n`
}
