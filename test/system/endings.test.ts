// At most 60 s: a process of its own for every way in which one ends.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { readCheckpoint } from '../../src/train/run-folder.node.js'
import { type Ended, onward, start, workFolder } from '../cli/onward.js'

// Found before any test changes the folder of this process.
const MAIN = resolve('build/src/cli/main.js')
const PROGRAM = resolve('build/src/cli/program.js')
const folder = workFolder()
const training = (out: string, ...more: string[]): string[] => [
  ...['train', 'backprop', '--data', 'glyphs', '--limit', '2000', '--set', 'units=16', '--threads', '1'],
  ...['--epochs', '500', '--out', out, ...more],
]
/** What this shell line does with the command line: its streams are those that the line gives it. */
const shell = (line: string): Promise<Ended> =>
  promisify(execFile)('bash', ['-c', line.replaceAll('onward', `'${process.execPath}' '${MAIN}'`)], {
    cwd: folder,
  }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  )
const unix = { skip: process.platform === 'win32' ? 'signals and /dev/full are not of Windows' : false }
const linux = { skip: existsSync('/dev/full') ? false : 'there is no /dev/full here' }

/** The step of the last event that was told, and that of the checkpoint that was kept last. */
function steps(out: string): { told: number; kept: number } {
  const events = readFileSync(join(folder, out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const last = (name: string) => events.findLast(({ event }) => event === name)?.step
  return { told: last('progress'), kept: last('checkpoint') }
}

for (const name of ['SIGHUP', 'SIGTERM', 'SIGQUIT', 'SIGUSR2', 'SIGXCPU'] as const)
  test(`${name} ends a training where it is, with a checkpoint`, unix, async () => {
    const run = start(folder, training(name, '--json'))
    let sent = false
    run.onOutput((stdout) => {
      if (sent || !/"event":"progress","step":[3-9]/.test(stdout)) return
      sent = true
      run.signal(name)
    })
    const { code, stderr } = await run.ended
    assert.equal(code, 130, stderr)
    assert.match(stderr, /Go on with: onward train --resume/)
    const { told, kept } = steps(name)
    assert.equal(kept, told)
    assert.ok(!existsSync(join(folder, name, 'lock')))
  })

test('a log on a full disk: a training saves and ends with one sentence', linux, async () => {
  const { code, stderr } = await shell(`onward ${training('full').join(' ')} > /dev/full`)
  assert.equal(code, 1)
  assert.match(
    stderr,
    /^onward: the output could not be written: ENOSPC: no space left on device, write\nonward: stopped .*\nGo on with: /,
  )
  assert.equal(stderr.trimEnd().split('\n').length, 3)
  assert.ok(existsSync(join(folder, 'full', 'checkpoint.safetensors')))
  assert.ok(!existsSync(join(folder, 'full', 'lock')))
})

test('notes that nobody can hear change nothing', linux, async () => {
  const short = training('deaf').with(11, '1').join(' ')
  const { code, stdout } = await shell(`onward ${short} 2> /dev/full`)
  assert.equal(code, 0)
  assert.match(stdout, /Kept in deaf/)
  assert.deepEqual(await shell('onward rules nosuch 2> /dev/full'), { code: 2, stdout: '', stderr: '' })
})

test('an answer that a full disk does not take whole is a failure, told in one sentence', linux, async () => {
  for (const command of ['rules', 'rules --json', 'data', 'certify backprop', '--help', 'train --help']) {
    const { code, stderr } = await shell(`onward ${command} > /dev/full`)
    assert.equal(code, 1, command)
    assert.equal(stderr, 'onward: the output could not be written: ENOSPC: no space left on device, write\n', command)
  }
  // Room for a part of it: 8 blocks of 1024 bytes.
  const { code, stderr } = await shell('ulimit -f 8; onward rules --json > part')
  assert.equal(code, 1)
  assert.match(stderr, /^onward: the output could not be written: EFBIG: .*\n$/)
  assert.equal(statSync(join(folder, 'part')).size, 8192)
})

test('a reader that goes away ends nothing but the reading', unix, async () => {
  assert.deepEqual(await shell('set -o pipefail; onward rules | head -1 > /dev/null'), {
    code: 0,
    stdout: '',
    stderr: '',
  })
  const { code, stderr } = await shell(
    `onward ${training('gone', '--json').join(' ')} | head -9 > /dev/null; exit \${PIPESTATUS[0]}`,
  )
  assert.equal(code, 130, stderr)
  const { told, kept } = steps('gone')
  assert.equal(kept, told)
})

test(
  'a disk that is full under a run leaves the last checkpoint whole, and the run goes on when there is room',
  linux,
  async () => {
    // A limit for each file of the run, which the first checkpoint keeps and the journal soon passes.
    const { code, stderr } = await shell(`ulimit -f 160; onward ${training('small').join(' ')}`)
    assert.equal(code, 1)
    assert.match(
      stderr,
      /^onward: small.metrics\.jsonl could not be written: files may not grow that large here: .*; stopped .*; it can go on from its checkpoint, small.checkpoint\.safetensors\n$/,
    )
    const { told } = steps('small')
    const { position, settings } = readCheckpoint(join(folder, 'small')).checkpoint
    const { limit, validation, batch } = settings.options
    assert.ok(position.epoch * Math.floor((limit - validation) / batch) + position.batch >= told)
    const again = await onward(folder, 'evaluate', 'small')
    assert.equal(again.code, 0, again.stderr)
  },
)

test('an error that nobody caught ends a training with its checkpoint, and is told', async () => {
  const code = `
    import { run } from ${JSON.stringify(PROGRAM)}
    import { existsSync, readFileSync } from 'node:fs'
    const path = 'astray/metrics.jsonl'
    const look = setInterval(() => {
      if (!existsSync(path) || !readFileSync(path, 'utf8').includes('"progress"')) return
      clearInterval(look)
      throw new Error('astray')
    }, 50)
    run(${JSON.stringify(training('astray', '--json'))}).catch((error) => {
      console.error(error.message)
      process.exitCode = 1
    })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.resume()
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text
  })
  assert.equal(await new Promise((ended) => child.on('close', ended)), 1)
  assert.match(stderr, /astray/)
  const { told, kept } = steps('astray')
  assert.equal(kept, told)
})
