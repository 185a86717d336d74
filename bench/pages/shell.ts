import { spawn } from 'node:child_process'
import { resolve } from 'node:path'

/** What makes a command of a page small enough for a test: words that are put at its end. The last word of a kind counts. */
function small(command: string): string {
  // Images that are drawn are compared with more held-out ones than there are features.
  const trains = `--limit ${/frechet/.test(command) ? 2000 : 400} --epochs 1`
  if (/--resume/.test(command)) return ''
  if (/^npx onward (train|up pipeline)\b/.test(command)) return trains
  if (/^npx onward up federated\b/.test(command))
    return `--rounds 1 --limit 600 --batch 20 ${/readOut=solved/.test(command) ? '--few-samples' : ''}`
  // A study goes on with what it began with.
  if (/^npx onward tune --study\b/.test(command)) return '--trials 3'
  if (/^npx onward tune\b/.test(command)) return `--trials 2 ${trains}`
  if (/^npx onward compare\b/.test(command))
    return `--seeds 2 --budget epochs=1 --limit 400${/--tune/.test(command) ? ' --tune 1' : ''}`
  return /--judge/.test(command) ? '--samples 100 --draws 1' : ''
}

/** The commands of a block with what makes them small; without comments, and without the lab, which goes on until it is interrupted. */
export const smaller = (code: string): string =>
  code
    .replaceAll('\\\n', ' ')
    .split('\n')
    .map((line) => line.replace(/\s*#.*$/, ''))
    .filter((line) => line !== 'npx onward lab')
    .map((line) => {
      const [, command, redirected = ''] = /^(.*?)(\s>.*)?$/.exec(line)!
      return `${command} ${small(command!)}${redirected}`
    })
    .join('\n')

/** Commands of a page as a shell runs them in `folder`, where `npx onward` is the command line at `main`. */
export function runInShell(code: string, folder: string, main: string): Promise<{ stdout: string; stderr: string }> {
  const script = `set -e\nnpx() { shift; '${process.execPath}' '${resolve(main)}' "$@"; }\ndiff() { command diff "$@" || true; }\n${code}`
  const env = { ...process.env, npm_command: 'exec', NO_COLOR: '1' }
  const child = spawn('bash', ['-c', script], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text) => {
      said[name] += text
    })
  return new Promise((done, failed) => {
    child.once('error', failed)
    child.once('close', (status) => {
      if (status === 0) done(said)
      else failed(new Error(`These commands ended with ${status}:\n${code}\n${said.stdout}${said.stderr}`))
    })
  })
}
