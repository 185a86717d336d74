// docs/reference/commands.md: every command with its flags, exit codes, environment variables.
import { anchor, code, sentence, table } from './markdown.mjs'

/** Groups of flags that several commands take; each is told once. */
const SHARED = ['Your own data:', 'Training:']

const WHEN = {
  done: 'Done.',
  failed: 'Failed. What went wrong stands on standard error.',
  usage: 'Wrong usage: an unknown flag, an option out of its range.',
  interrupted: 'Interrupted. All that was trained is saved, and `--resume` goes on.',
}

const ENVIRONMENT = {
  ONWARD_DATA: 'The folder that holds data sets. `--data-dir` comes before it.',
  ONWARD_CACHE:
    'The folder for downloads and for pictures that were decoded once; else the place that the system has for caches.',
  ONWARD_MEMORY: 'The most memory for a data set of your own, in megabytes; else nine tenths of what there is.',
  NATS_SERVER: 'The file of the NATS server that `onward up` starts; else the one on the path.',
  'HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY':
    'The proxy that downloads go through, and the hosts for which there is none.',
  NODE_EXTRA_CA_CERTS: 'A file of certificates that Node trusts besides its own.',
  ORT_DISABLE_TELEMETRY: 'Onward sets it to 1 unless it is set, so that ONNX Runtime reports nothing.',
}

/** The page, as lines. `load` gives a module of the program by its path. */
export async function commandsPage(load) {
  const [{ commands }, { EXIT }] = [await load('cli/commands.js'), await load('cli/failure.js')]
  const all = commands().flatMap((entry) => flatten(entry, []))
  const shared = new Map(SHARED.map((group) => [group, all[0].flags.filter((own) => own.helpGroupHeading === group)]))
  const titles = new Map(all.map((entry) => [entry, code(`onward ${entry.path.join(' ')}`)]))
  return [
    '# Every command and its flags',
    'Each is called as `npx onward COMMAND`; `npx onward COMMAND --help` shows the same. What is in angle brackets must be',
    'given, what is in square brackets may be left out. [The command line](../command-line.md) explains how commands work together.',
    '',
    ...table(
      ['command', 'what it does'],
      all.map((entry) => [`[${titles.get(entry)}](#${anchor(titles.get(entry))})`, sentence(entry.does)]),
    ),
    '',
    ...all.flatMap((entry) => describe(entry, titles.get(entry), shared)),
    '## Flags that several commands share',
    '',
    ...SHARED.flatMap((group) => [`### ${group.slice(0, -1)}`, '', ...flagTable(shared.get(group)), '']),
    '## Exit codes',
    '',
    ...table(
      ['code', 'when'],
      Object.entries(EXIT).map(([name, number]) => [number, WHEN[name]]),
    ),
    '',
    '## Environment variables',
    '',
    ...table(
      ['variable', 'what it is for'],
      Object.entries(ENVIRONMENT).map(([names, what]) => [names.split(', ').map(code).join(', '), what]),
    ),
  ]
}

/** A command and those below it, each with its path. */
function flatten(entry, above) {
  const path = [...above, entry.name]
  const below = (entry.commands ?? []).flatMap((own) => flatten(own, path))
  return entry.load ? [{ ...entry, path }, ...below] : below
}

function describe({ does, takes, flags }, title, shared) {
  const isShared = (own) =>
    shared.get(own.helpGroupHeading)?.some((one) => one.flags === own.flags && one.description === own.description)
  const [own, others] = [flags.filter((one) => !isShared(one)), flags.filter(isShared)]
  const main = own.filter(({ helpGroupHeading }) => helpGroupHeading === undefined)
  const groups = [...new Set(own.flatMap(({ helpGroupHeading = [] }) => helpGroupHeading))]
  return [
    `## ${title}`,
    '',
    sentence(does),
    '',
    ...(Object.keys(takes).length > 0
      ? [
          ...table(
            ['argument', 'what it is'],
            Object.entries(takes).map(([name, what]) => [code(name), sentence(what)]),
          ),
          '',
        ]
      : []),
    ...(main.length > 0 ? [...flagTable(main), ''] : []),
    ...groups.flatMap((group) => [
      `**${group.replace(/:$/, '')}**`,
      '',
      ...flagTable(own.filter(({ helpGroupHeading }) => helpGroupHeading === group)),
      '',
    ]),
    ...alsoTakes(others, shared),
  ]
}

/** A sentence that names the shared groups of which a command takes all flags, or all but a few. */
function alsoTakes(flags, shared) {
  const told = [...shared].flatMap(([group, all]) => {
    const own = flags.filter((one) => one.helpGroupHeading === group)
    if (own.length === 0) return []
    const missing = all.filter((one) => !own.some((other) => other.flags === one.flags)).map(({ long }) => code(long))
    const link = `[${group.slice(0, -1).toLowerCase()}](#${anchor(group)})`
    return [missing.length > 0 ? `${link} but for ${missing.join(', ')}` : link]
  })
  return told.length > 0 ? [`It also takes the flags of ${told.join(' and of ')}.`, ''] : []
}

const flagTable = (flags) =>
  table(
    ['flag', 'what it is'],
    flags.map(({ flags: text, description, defaultValue }) => [
      code(text),
      sentence(description) + (defaultValue === undefined ? '' : ` Default: ${code(defaultValue)}.`),
    ]),
  )
