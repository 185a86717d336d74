// The table of federated trainings, arm by arm: `node build/bench/federated.js --arm WORD...` runs the arms whose id holds
// all of the words, and goes on with one that was stopped; `--list` names them; without either it writes the tables in
// docs/federated.md, as it does after every arm. What is recorded is skipped.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ARMS, type Arm } from './federated/arms.js'
import { figuresOf, type Made, RESULTS, recordOf } from './federated/records.js'
import { tables } from './federated/table.js'
import { describeMachine } from './machine.js'

const { values } = parseArgs({
  options: {
    arm: { type: 'string', multiple: true, default: [] },
    list: { type: 'boolean', default: false },
  },
})

const PAGE = 'docs/federated.md'
const MARKS = ['<!-- federated: written by bench/federated.ts -->', '<!-- end of federated -->'] as const

async function run(arm: Arm): Promise<void> {
  const folder = join(RESULTS, 'work', arm.id)
  const hasBegun = existsSync(join(folder, 'checkpoint.safetensors'))
  if (!hasBegun) rmSync(folder, { recursive: true, force: true })
  const given = ['up', 'federated', ...arm.arguments]
  const line = hasBegun ? ['up', 'federated', '--resume', folder, '--engine', 'memory'] : [...given, '--out', folder]
  await new Promise<void>((resolve, reject) => {
    const child = spawn('nice', ['-n', '5', process.execPath, 'dist/cli/main.js', ...line, '--json'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    // Ctrl-C reaches the child too; whoever ends this process alone (a limit of time) lets it keep what it has.
    const stop = (): void => void child.kill('SIGINT')
    process.once('SIGTERM', stop)
    child.on('close', (code) => {
      process.off('SIGTERM', stop)
      if (code === 0) resolve()
      else reject(new Error(`${arm.id} ended with exit code ${code}: run it again to go on`))
    })
  })
  const { accuracy, ...figures } = figuresOf(readFileSync(join(folder, 'metrics.jsonl'), 'utf8'))
  const made: Made = {
    ...{ id: arm.id, command: `onward ${given.join(' ')}` },
    ...(!arm.bytesOnly && { accuracy }),
    ...figures,
    machine: await describeMachine(1),
  }
  writeFileSync(`${recordOf(arm.id)}.part`, `${JSON.stringify(made, null, 2)}\n`)
  renameSync(`${recordOf(arm.id)}.part`, recordOf(arm.id))
  rmSync(folder, { recursive: true, force: true })
  console.error(`${arm.id}: ${arm.bytesOnly ? `${made.bytesUp} bytes up` : made.accuracy}`)
}

function report(): void {
  const text = readFileSync(PAGE, 'utf8')
  const [from, to] = MARKS.map((mark) => text.indexOf(mark)) as [number, number]
  writeFileSync(PAGE, `${text.slice(0, from + MARKS[0].length)}\n${tables().join('\n')}\n${text.slice(to)}`)
}

mkdirSync(RESULTS, { recursive: true })
if (values.list) for (const { id } of ARMS) console.log(`${existsSync(recordOf(id)) ? 'recorded' : 'open    '}  ${id}`)
else {
  for (const arm of values.arm.length === 0 ? [] : ARMS)
    if (values.arm.every((word) => arm.id.includes(word)) && !existsSync(recordOf(arm.id))) await run(arm)
  report()
}
