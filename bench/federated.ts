// The table of federated trainings, arm by arm: `node build/bench/federated.js --arm WORD...` runs the arms whose id holds
// all of the words, and goes on with one that was stopped; `--list` names them; `--report` writes the table in
// docs/federated.md. What is recorded is skipped. `--small` runs them on few glyphs, to see that they work.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { RoundEvent, Scores } from '../src/train/events.js'
import { describeMachine } from './machine.js'

const { values } = parseArgs({
  options: {
    arm: { type: 'string', multiple: true, default: [] },
    list: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    small: { type: 'boolean', default: false },
  },
})

/** What few glyphs give is no result: it is kept apart. */
const RESULTS = values.small ? 'bench/results/federated/work/small' : 'bench/results/federated'
const PAGE = 'docs/federated.md'
const MARKS = ['<!-- federated: written by bench/federated.ts -->', '<!-- end of federated -->'] as const

interface Arm {
  readonly id: string
  readonly rule: string
  readonly data: string
  readonly alpha: string
  /** `whole` networks, one `layer` a round, or whole ones in `8 bits`. */
  readonly travel: string
  readonly arguments: readonly string[]
}

const RULES: Readonly<Record<string, readonly string[]>> = {
  backprop: ['backprop', '--set', 'units=500,500', '--set', 'rate=0.002'],
  'forward-forward': ['forward-forward'],
  'local-heads': ['local-heads', '--preset', 'quick'],
  uff: ['uff', '--set', 'readOut=solved'],
}
const TRAVEL: Readonly<Record<string, readonly string[]>> = {
  whole: [],
  layer: ['--layerwise'],
  '8 bits': ['--bits', '8'],
}
const ALPHAS = ['even', '1', '0.1', '0.01']

/** A network that no layer of learns alone has no rounds of one layer. */
const hasLayers = (rule: string): boolean => rule !== 'backprop'

const arms = (data: readonly string[]): Arm[] =>
  data.flatMap((set) =>
    Object.entries(RULES).flatMap(([rule, own]) =>
      Object.entries(TRAVEL)
        .filter(([travel]) => travel !== 'layer' || hasLayers(rule))
        .flatMap(([travel, how]) =>
          // What travels is compared at one alpha.
          (travel === 'whole' ? ALPHAS : ['1']).map((alpha) => ({
            id: [set, rule, travel.replace(' ', '-'), `alpha-${alpha}`].join('-'),
            ...{ rule, data: set, alpha, travel },
            arguments: [...own, '--data', set, ...how, '--alpha', alpha],
          })),
        ),
    ),
  )

interface Made {
  readonly id: string
  readonly command: string
  readonly accuracy: number | undefined
  readonly rounds: number
  /** Of all clients together in a round, means. */
  readonly bytesUp: number
  readonly bytesDown: number
  readonly seconds: number
}

const recordOf = ({ id }: Arm): string => join(RESULTS, `${id}.json`)

async function run(arm: Arm, common: readonly string[]): Promise<void> {
  const folder = join(RESULTS, 'work', arm.id)
  const hasBegun = existsSync(join(folder, 'checkpoint.safetensors'))
  if (!hasBegun) rmSync(folder, { recursive: true, force: true })
  const given = ['up', 'federated', ...arm.arguments, ...common]
  const line = hasBegun ? ['up', 'federated', '--resume', folder, '--engine', 'memory'] : [...given, '--out', folder]
  const program = 'dist/cli/main.js'
  await new Promise<void>((resolve, reject) => {
    const child = spawn('nice', ['-n', '15', process.execPath, program, ...line, '--json'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${arm.id} ended with exit code ${code}`))))
  })
  const events = readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text) as { event: string })
  // A round that was told twice, after a stop, counts once.
  const rounds = new Map(
    events.flatMap((event) =>
      event.event === 'round' ? [[(event as RoundEvent).turn, event as RoundEvent] as const] : [],
    ),
  )
  const mean = (of: (event: RoundEvent) => number): number =>
    [...rounds.values()].reduce((sum, event) => sum + of(event), 0) / rounds.size
  const test = (events.at(-1) as { test?: Scores } | undefined)?.test
  const made: Made & { machine: unknown } = {
    ...{ id: arm.id, command: `onward ${given.join(' ')}`, accuracy: test?.network?.accuracy, rounds: rounds.size },
    ...{ bytesUp: mean(({ bytesUp }) => bytesUp), bytesDown: mean(({ bytesDown }) => bytesDown) },
    seconds: mean(({ seconds }) => seconds),
    machine: await describeMachine(),
  }
  writeFileSync(`${recordOf(arm)}.part`, `${JSON.stringify(made, null, 2)}\n`)
  renameSync(`${recordOf(arm)}.part`, recordOf(arm))
  rmSync(folder, { recursive: true, force: true })
  console.error(`${arm.id}: ${made.accuracy}`)
}

function report(all: readonly Arm[]): void {
  const rows = all.flatMap((arm) => {
    if (!existsSync(recordOf(arm))) return []
    const { accuracy, rounds, bytesUp, bytesDown, seconds } = JSON.parse(readFileSync(recordOf(arm), 'utf8')) as Made
    const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(2)
    const cells = [arm.data, arm.rule, arm.travel, arm.alpha, `${rounds}`, ((accuracy ?? Number.NaN) * 100).toFixed(2)]
    return [`| ${[...cells, mib(bytesUp), mib(bytesDown), seconds.toFixed(1)].join(' | ')} |`]
  })
  const head = [
    '| data | rule | what travels | alpha | rounds | test accuracy, % | MiB up a round | MiB down a round | seconds a round |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ]
  const text = readFileSync(PAGE, 'utf8')
  const [from, to] = MARKS.map((mark) => text.indexOf(mark)) as [number, number]
  const table = rows.length === 0 ? ['Nothing is recorded yet.'] : [...head, ...rows]
  writeFileSync(PAGE, `${text.slice(0, from + MARKS[0].length)}\n${table.join('\n')}\n${text.slice(to)}`)
}

const all = [...arms(['mnist', 'cifar-10']), ...arms(['glyphs'])]
mkdirSync(RESULTS, { recursive: true })
if (values.list) for (const arm of all) console.log(`${existsSync(recordOf(arm)) ? 'recorded' : 'open    '}  ${arm.id}`)
else if (values.arm.length > 0) {
  const many = ['--clients', '10', '--rounds', '20', '--threads', '1', '--engine', 'memory']
  const few = [
    '--clients',
    '4',
    '--rounds',
    '2',
    '--limit',
    '3000',
    '--few-samples',
    '--threads',
    '1',
    '--engine',
    'memory',
  ]
  for (const arm of all)
    if (values.arm.every((word) => arm.id.includes(word)) && !existsSync(recordOf(arm)))
      await run(arm, values.small ? few : many)
}
if (!values.list && !values.small && readdirSync('docs').includes('federated.md')) report(all)
