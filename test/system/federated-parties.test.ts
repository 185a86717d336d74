// At most 60 s: three parties with folders of their own join a federation over NATS; one leaves and comes again.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { makeGlyphs } from '../../src/data/glyphs/glyphs.js'
import { writePng } from '../../src/data/images.node.js'
import { whyNot } from './broker/start.js'

const PROGRAM = join(process.cwd(), 'dist/cli/main.js')
const PARTIES = ['clinic-a', 'clinic-b', 'clinic-c']
/** Kept few, for the pictures are files. */
const CLASSES = 3

function onward(folder: string, ...given: string[]) {
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, ...given], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  const take = (chunk: Buffer): void => {
    text += chunk
  }
  child.stdout!.on('data', take)
  child.stderr!.on('data', take)
  return { child, said: () => text, ended: new Promise<number | null>((end) => child.once('exit', end)) }
}

/** Pictures in folders by class, from the first ones on. */
async function pictures(folder: string, seed: number, count: number): Promise<void> {
  const { train } = makeGlyphs({ train: 10 * count, test: 1, seed })
  for (let label = 0; label < CLASSES; label++) mkdirSync(join(folder, `${label}`), { recursive: true })
  for (let i = 0; i < train.count; i++) {
    const label = train.targets![i]!
    const data = (train.inputs as Uint8Array).slice(i * 784, (i + 1) * 784)
    if (label < CLASSES)
      await writePng(join(folder, `${label}`, `${i}.png`), { width: 28, height: 28, channels: 1, data })
  }
}

async function until(what: () => boolean, said: () => string): Promise<void> {
  for (let tries = 0; !what(); tries++) {
    if (tries > 300) throw new Error(`it never came: ${said()}`)
    await wait(100)
  }
}

/** Enough that a party which leaves in the first one is back before the last. */
const ROUNDS = 60

test('three parties with folders of their own train together; one that leaves comes again', {
  skip: whyNot,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'onward-parties-'))
  const begun: ChildProcess[] = []
  const start = (...given: string[]) => {
    const own = onward(folder, ...given)
    begun.push(own.child)
    return own
  }
  try {
    await pictures(join(folder, 'reference'), 0, 8)
    for (const [k, party] of PARTIES.entries()) await pictures(join(folder, party), k + 1, 8)
    const up = start(
      ...['up', 'federated', 'backprop', '--data', 'reference', '--set', 'units=16', '--batch', '6', '--json'],
      ...['--parties', PARTIES.join(), '--rounds', `${ROUNDS}`, '--threads', '1', '--out', 'run'],
    )
    await until(() => /nats:\/\/\S+/.test(up.said()), up.said)
    const [url] = /nats:\/\/[\w.:]+/.exec(up.said())!
    const credentials = (party: string): string => join('run', 'federated', 'nats', 'credentials', `${party}.json`)
    const joining = (party: string) => start('join', url, '--credentials', credentials(party), '--data', party)
    const parties = PARTIES.map(joining)
    await until(
      () => up.said().includes('"event":"round"'),
      () => up.said() + parties.map(({ said }) => said()),
    )
    parties[0]!.child.kill('SIGINT')
    await parties[0]!.ended
    assert.match(parties[0]!.said(), /takes part again/)
    parties[0] = joining(PARTIES[0]!)
    assert.equal(await up.ended, 0, up.said())
    for (const { ended, said } of parties) assert.equal(await ended, 0, said())
    const events = readFileSync(join(folder, 'run', 'metrics.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const rounds = events.filter(({ event }) => event === 'round')
    assert.deepEqual(
      rounds.map(({ turn }) => turn),
      Array.from({ length: ROUNDS }, (_, i) => i + 1),
    )
    assert.deepEqual(new Set(rounds.flatMap(({ answered }) => answered)), new Set(PARTIES))
    assert.equal(events.at(-1).event, 'done')
    const used = start('evaluate', 'run', '--json')
    assert.equal(await used.ended, 0, used.said())
  } finally {
    for (const child of begun) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
})
