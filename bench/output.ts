import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { OutputJob } from './job.js'
import { describeMachine } from './machine.js'
import { writeRecord } from './records.js'

/** Runs the command as it stands, with its run folder out of the way, and keeps what it prints. */
export async function runOutput(job: OutputJob): Promise<void> {
  const machine = await describeMachine()
  const folder = mkdtempSync(join(tmpdir(), 'onward-bench-'))
  const run = join(folder, 'run')
  try {
    const given = ['build/src/cli/main.js', ...job.arguments, '--out', run]
    // As npm starts it: the commands that it tells are to begin with npx.
    const env = { ...process.env, npm_command: 'run-script' }
    const { stdout } = await promisify(execFile)(process.execPath, given, { env })
    const output = stdout.replaceAll(run, `runs/${job.arguments[1]}-${job.arguments[3]}-1`).trim()
    const date = new Date().toISOString().slice(0, 10)
    writeRecord({ id: job.id, command: `onward ${job.arguments.join(' ')}`, date, machine, results: [{ output }] })
  } finally {
    rmSync(folder, { recursive: true })
  }
}
