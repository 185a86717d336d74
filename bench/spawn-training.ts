import { spawn } from 'node:child_process'

/**
 * Runs the command line with `--json`, hands on each line of its events, with what ends it at once, and returns the exit
 * code; null where it was ended so.
 */
export function spawnTraining(
  given: readonly string[],
  line: (text: string, kill: () => void) => void,
): Promise<number | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['build/src/cli/main.js', ...given, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n')
      rest = parts.pop()!
      for (const part of parts) line(part, () => child.kill('SIGKILL'))
    })
    child.on('close', resolve)
  })
}
