// Kills trainings with SIGKILL at random moments, resumes them each time, and compares their last checkpoint, bit for bit,
// with that of the same training undisturbed. Every rule, jointly and, where it can, layer after layer.
//   node scripts/kill-and-resume.mjs [--times 12] [--seed 0] [--main dist/cli/main.js] [rule...]
// Exit code 1: a checkpoint differed, or a run could not be resumed.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({
  options: {
    times: { type: 'string', default: '12' },
    seed: { type: 'string', default: '0' },
    main: { type: 'string', default: 'dist/cli/main.js' },
  },
  allowPositionals: true,
})
const times = Number(values.times)
const main = resolve(values.main)
const { RULES } = await import(pathToFileURL(join(main, '../../rules/index.js')).href)
const folder = mkdtempSync(join(tmpdir(), 'onward-killed-'))
const SIZE = ['--limit', '500', '--validation', '100', '--epochs', '6', '--checkpoint-every', '2']
// One thread: two may round a sum otherwise than one, and the two runs would be chosen theirs apart.
const SHAPE = ['--data', 'glyphs', '--preset', 'quick', '--threads', '1', ...SIZE]

/** Numbers in [0, 1) that are the same for the same seed: kills come at other moments, but by the same plan. */
function* numbers(seed) {
  for (let state = (seed * 2654435761 + 1) >>> 0; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    yield state / 2 ** 32
  }
}
const random = numbers(Number(values.seed))
const draw = (most) => random.next().value * most

/** Starts the command; `started` comes with its first event, `ended` with its exit code and what it said. */
function onward(args) {
  const begin = performance.now()
  const child = spawn(process.execPath, [main, ...args, '--json'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text
  })
  const started = new Promise((done) => child.stdout.once('data', () => done(performance.now() - begin)))
  const ended = new Promise((done) =>
    child.on('close', (code) => done({ code, said, took: performance.now() - begin })),
  )
  return { started: Promise.race([started, ended]), ended, kill: () => child.kill('SIGKILL') }
}

const checkpointOf = (run) => join(folder, run, 'checkpoint.safetensors')

/** One life of a run: resumed where it has a checkpoint, else begun. */
function live(run, args) {
  if (existsSync(checkpointOf(run))) return onward(['train', '--resume', run, '--threads', '1'])
  rmSync(join(folder, run), { recursive: true, force: true })
  return onward([...args, '--out', run])
}

/** What a rule says that cannot be trained layer after layer by its preset. */
const GREEDY = /^onward: greedy training is not possible here/
const failed = (verdict) => ({ verdict, failed: true })

/** Whether a training that is killed again and again ends as the undisturbed one. */
async function survives(name, args) {
  const whole = onward([...args, '--out', `${name}-whole`])
  const startup = await whole.started
  const { code, said, took } = await whole.ended
  if (code !== 0 && GREEDY.test(said)) return { verdict: said.replace('onward: ', '').trim(), failed: false }
  if (code !== 0) return failed(`the undisturbed run ended with ${code}: ${said.trim()}`)
  const run = `${name}-killed`
  const moments = []
  for (let k = 0; k < times; k++) {
    const life = live(run, args)
    // Three of four while it trains, spread so that the training lasts for all of them; the others while it starts.
    const early = draw(4) < 1
    const delay = early ? draw(startup) : draw((2 * (took - startup)) / times)
    if (!early) await life.started
    await wait(delay)
    life.kill()
    const { code, said } = await life.ended
    // null: killed. 0: it was done before. What else there is, is an error.
    if (code !== null && code !== 0) return failed(`life ${k + 1} ended with ${code}: ${said.trim()}`)
    moments.push(`${early ? 'start' : 'train'}+${delay.toFixed(0)}${code === 0 ? ' (done)' : ''}`)
  }
  const last = await live(run, args).ended
  if (last.code !== 0) return failed(`the last life ended with ${last.code}: ${last.said.trim()}; killed at ${moments}`)
  const [one, two] = [`${name}-whole`, run].map((own) => readFileSync(checkpointOf(own)))
  if (!one.equals(two)) return failed(`other bits than undisturbed; killed at ${moments.join(', ')} ms`)
  return { verdict: `the same bits after ${times} kills`, failed: false }
}

let failures = 0
try {
  for (const rule of RULES.filter(({ id }) => positionals.length === 0 || positionals.includes(id)))
    for (const schedule of rule.greedy ? ['joint', 'greedy'] : ['joint']) {
      const name = `${rule.id}-${schedule}`
      const { verdict, failed } = await survives(name, ['train', rule.id, ...SHAPE, '--schedule', schedule])
      console.log(`${name}: ${verdict}`)
      if (failed) failures++
    }
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
}
process.exit(failures > 0 ? 1 : 0)
