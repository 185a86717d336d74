import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

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
}

/** A folder of its own for runs, downloads and files of a test. */
export const workFolder = (): string => mkdtempSync(join(tmpdir(), 'onward-cli-'))

/** Starts the command line in `folder`, with no data but what lies there. */
export function start(folder: string, args: readonly string[], nodeArgs: readonly string[] = []): Started {
  const { ONWARD_DATA: _, npm_command: __, ...env } = process.env
  const child = spawn(process.execPath, [...nodeArgs, MAIN, ...args], {
    cwd: folder,
    env: { ...env, ONWARD_CACHE: join(folder, 'cache'), NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  const listeners: ((stdout: string) => void)[] = []
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text
    for (const listener of listeners) listener(stdout)
  })
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr })))
  return {
    ended,
    signal: (name) => child.kill(name),
    closeOutput: () => child.stdout.destroy(),
    onOutput: (listener) => listeners.push(listener),
  }
}

/** Runs the command line to its end. */
export const onward = (folder: string, ...args: readonly string[]): Promise<Ended> => start(folder, args).ended

/** The events that a run with --json printed; throws where a line is no JSON. */
// biome-ignore lint/suspicious/noExplicitAny: events of all kinds
export const events = ({ stdout }: Ended): any[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
