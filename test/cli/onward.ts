import { AsyncLocalStorage } from 'node:async_hooks'
import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeFailure } from '../../src/cli/failure.js'
import { printAside } from '../../src/cli/output/print.js'
import { run } from '../../src/cli/program.js'
import './no-colour.js'

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly ended: Promise<Ended>
  signal(name: NodeJS.Signals): void
  /** Ends the reading of standard output, as `| head -1` does. */
  closeOutput(): void
  /** Called with what standard output holds so far whenever there is more. */
  onOutput(listener: (stdout: string) => void): void
  /** The same of standard error. */
  onErrors(listener: (stderr: string) => void): void
}

/** A folder of its own for runs, downloads and files of a test. */
export const workFolder = (): string => mkdtempSync(join(tmpdir(), 'onward-cli-'))

// What the command line finds around it, here and in a process of its own: no data but drawn ones, no npm, no colour.
delete process.env.ONWARD_DATA
delete process.env.npm_command
process.env.ONWARD_CACHE ??= join(workFolder(), 'cache')

/** Starts the command line in `folder`, in a process of its own. */
export function start(folder: string, args: readonly string[], nodeArgs: readonly string[] = []): Started {
  const child = spawn(process.execPath, [...nodeArgs, MAIN, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const listeners: ((stdout: string) => void)[] = []
  const ofErrors: ((stderr: string) => void)[] = []
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text
    for (const listener of listeners) listener(stdout)
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
    for (const listener of ofErrors) listener(stderr)
  })
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
  return {
    ended,
    signal: (name) => child.kill(name),
    closeOutput: () => child.stdout.destroy(),
    onOutput: (listener) => listeners.push(listener),
    onErrors: (listener) => ofErrors.push(listener),
  }
}

/** Runs the command line to its end, in a process of its own. */
export const onwardAlone = (folder: string, ...args: readonly string[]): Promise<Ended> => start(folder, args).ended

/** What a call of the command line in this process has written. */
const written = new AsyncLocalStorage<{ stdout: string; stderr: string }>()

for (const name of ['stdout', 'stderr'] as const) {
  const write = process[name].write.bind(process[name])
  process[name].write = ((...given: Parameters<typeof write>) => {
    const own = written.getStore()
    if (!own) return write(...given)
    own[name] += given[0]
    return true
  }) as typeof write
}

/** Runs the command line to its end in this process, as main.ts does, which is what most of it is to be tested by. */
export async function onward(folder: string, ...args: readonly string[]): Promise<Ended> {
  process.chdir(folder)
  const own = { stdout: '', stderr: '' }
  const code = await written.run(own, async () => {
    try {
      return await run(args)
    } catch (error) {
      const { text, code } = describeFailure(error)
      printAside(text)
      return code
    }
  })
  return { code, ...own }
}

/** The events that a run with --json printed; throws where a line is no JSON. */
// biome-ignore lint/suspicious/noExplicitAny: events of all kinds
export const events = ({ stdout }: Ended): any[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
