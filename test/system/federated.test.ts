// At most 60 s: many processes, of a federation over NATS whose clients, server and coordinator are killed.
import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { whyNot } from './broker/start.js'

const PROGRAM = join(process.cwd(), 'dist/cli/main.js')
const ROUNDS = 6

function onward(...given: string[]): { child: ChildProcess; lines: string[]; ended: Promise<number | null> } {
  const child = spawn(process.execPath, [PROGRAM, ...given], { stdio: ['ignore', 'pipe', 'pipe'] })
  const lines: string[] = []
  const take = (chunk: Buffer): void => void lines.push(...chunk.toString().split('\n').filter(Boolean))
  child.stdout!.on('data', take)
  child.stderr!.on('data', take)
  return { child, lines, ended: new Promise((resolve) => child.once('exit', resolve)) }
}

const rounds = (lines: readonly string[]): number => lines.filter((line) => line.includes('"event":"round"')).length

async function until(what: () => boolean, lines: readonly string[]): Promise<void> {
  for (let tries = 0; !what(); tries++) {
    if (tries > 600) throw new Error(`it never came: ${lines.slice(-3).join('\n')}`)
    await wait(100)
  }
}

/** Processes of clients that a coordinator started. */
const clientsOf = (parent: number): number[] =>
  execFileSync('ps', ['-o', 'pid=,args=', '--ppid', `${parent}`], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes('client-process'))
    .map((line) => Number(line.trim().split(' ')[0]))

test('killed clients and a killed server are started again, a killed coordinator is replaced, and all rounds are made', {
  skip: whyNot,
}, async () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'onward-federated-')), 'run')
  try {
    const first = onward(
      ...['up', 'federated', 'backprop', '--data', 'glyphs', '--set', 'units=16', '--limit', '900', '--json'],
      ...['--clients', '3', '--rounds', `${ROUNDS}`, '--out', folder],
    )
    await until(() => rounds(first.lines) >= 1, first.lines)
    const [client] = clientsOf(first.child.pid!)
    process.kill(client!, 'SIGKILL')
    await until(() => rounds(first.lines) >= 2, first.lines)
    process.kill(
      JSON.parse(readFileSync(join(folder, 'federated/nats/nats-server.process'), 'utf8')).process,
      'SIGKILL',
    )
    await until(() => rounds(first.lines) >= 3, first.lines)
    first.child.kill('SIGKILL')
    await first.ended
    const second = onward('up', 'federated', '--resume', folder, '--json')
    assert.equal(await second.ended, 0, second.lines.slice(-3).join('\n'))
    const events = readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const turns = events.filter(({ event }) => event === 'round').map(({ turn }) => turn)
    assert.deepEqual(
      [...new Set(turns)].sort(),
      Array.from({ length: ROUNDS }, (_, i) => i + 1),
    )
    assert.equal(events.at(-1).event, 'done')
    const models = new Map(events.filter(({ event }) => event === 'round').map(({ turn, model }) => [turn, model]))
    assert.equal(new Set(models.values()).size, ROUNDS)
    const evaluated = onward('evaluate', folder, '--json')
    assert.equal(await evaluated.ended, 0)
  } finally {
    rmSync(join(folder, '..'), { recursive: true, force: true })
  }
})
