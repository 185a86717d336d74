// How much faster a pipeline is with one and two workers, and how much it would be with more; JSON on standard output.
//   node bench/pipeline.mjs [--units 2000,2000,2000,2000] [--batch 64] [--steps 96] [--rounds 2] [--data glyphs]
// One process (`onward train`), one worker and two workers take turns, so that whatever else the machine does meets all
// of them. The simulation knows only the measured times of a step, of what a worker does besides, and of the way up.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    units: { type: 'string', default: '2000,2000,2000,2000' },
    batch: { type: 'string', default: '64' },
    steps: { type: 'string', default: '96' },
    rounds: { type: 'string', default: '2' },
    data: { type: 'string', default: 'glyphs' },
  },
})
const [batch, steps, rounds] = [values.batch, values.steps, values.rounds].map(Number)
const folder = mkdtempSync(join(os.tmpdir(), 'onward-bench-'))

/** Runs the command line; every event with the second at which it came. */
function events(args) {
  const out = join(folder, `${Math.random()}`)
  const common = ['--data', values.data, '--set', 'negatives=uniform', '--set', `units=${values.units}`]
  const size = ['--batch', `${batch}`, '--limit', `${batch * steps + batch}`, '--validation', `${batch}`]
  const run = [...args, ...common, ...size, '--epochs', '1', '--threads', '1', '--json', '--out', out]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['dist/cli/main.js', ...run], { stdio: ['ignore', 'pipe', 'inherit'] })
    const all = []
    let rest = ''
    child.stdout.on('data', (text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()
      for (const line of lines) all.push({ at: performance.now() / 1000, ...JSON.parse(line) })
    })
    child.on('exit', (code) => (code === 0 ? resolve(all) : reject(new Error(`${run.join(' ')} ended with ${code}`))))
  })
}

/** Seconds a step, from the first event that tells of steps to the last: the start of processes does not count. */
function pace(all) {
  const told = all.filter(({ event, step }) => (event === 'workers' || event === 'progress') && step > 0)
  const [first, last] = [told[0], told.at(-1)]
  return (last.at - first.at) / (last.step - first.step)
}

/** Of each worker, from below: seconds a step that it computed, and that it did something besides. */
function costs(all) {
  const told = all.filter(({ event }) => event === 'workers').map(({ workers }) => workers)
  return told.at(-1).map((_, i) => {
    const own = told.map((workers) => workers[i]).filter(({ rowsPerSecond }) => rowsPerSecond > 0)
    const sum = (of) => own.reduce((total, one) => total + of(one), 0) / own.length
    const perStep = ({ rowsPerSecond }) => batch / rowsPerSecond
    return {
      computing: sum((one) => perStep(one) * one.busy),
      besides: sum((one) => perStep(one) * Math.max(0, 1 - one.busy - one.held - one.starved)),
    }
  })
}

/**
 * Seconds for so many messages through workers in a row, each with a time of its own for one. A message goes up when all
 * of its steps are done, and takes `way` seconds.
 */
function simulate(times, messages, way) {
  let below = new Array(messages).fill(0)
  for (const [i, time] of times.entries()) {
    let free = 0
    below = below.map((came) => (free = Math.max(free, came + (i > 0 ? way : 0)) + time))
  }
  return below.at(-1)
}

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)]
const measured = { alone: [], one: [], two: [] }
let last
for (let round = 0; round < rounds; round++) {
  measured.alone.push(pace(await events(['train', 'forward-forward'])))
  measured.one.push(pace(await events(['up', 'pipeline', 'forward-forward', '--workers', '1'])))
  last = await events(['up', 'pipeline', 'forward-forward', '--workers', '2'])
  measured.two.push(pace(last))
}
rmSync(folder, { recursive: true, force: true })

const two = costs(last)
const layers = values.units.split(',').length
const [alone, one, both] = [measured.alone, measured.one, measured.two].map(median)
/** A layer's share of a whole step, and what a worker does besides in a step, as measured with two. */
const layer = alone / layers
const besides = two.reduce((sum, own) => sum + own.besides, 0) / two.length
/** As the coordinator chooses them: 20 messages for each worker at the least, 16 steps or 1 MiB in one at the most. */
const stepsInMessage = (workers) => {
  const mebibyte = 2 ** 20 / (4 * 2 * batch * Math.max(...values.units.split(',').map(Number)))
  return Math.max(1, Math.min(16, Math.floor(steps / (20 * workers)), Math.floor(mebibyte)))
}
const simulated = (workers) => {
  const each = Math.max(layers, workers) / workers
  const size = stepsInMessage(workers)
  const messages = Math.ceil(steps / size)
  const time = size * (Math.ceil(each) * layer + besides)
  return (steps * Math.max(layers, workers) * layer) / simulate(new Array(workers).fill(time), messages, size * besides)
}
const { bound } = last.find(({ event }) => event === 'start').over
console.log(
  JSON.stringify(
    {
      what: { rule: 'forward-forward', units: values.units, batch, steps, rounds, data: values.data, engine: 'nats' },
      machine: { cores: os.availableParallelism(), load: os.loadavg()[0], shared: os.loadavg()[0] > 2.5 },
      secondsPerStep: { alone, oneWorker: one, twoWorkers: both, all: measured },
      overheadOfOneWorker: one / alone - 1,
      stepsInMessage: Object.fromEntries([1, 2, 4, 16].map((workers) => [workers, stepsInMessage(workers)])),
      workers: two,
      speedUp: {
        measured: { 1: alone / one, 2: alone / both },
        ideal: { 1: 1, 2: bound.speedUp },
        simulated: Object.fromEntries([1, 2, 4, 16].map((workers) => [workers, simulated(workers)])),
      },
    },
    null,
    2,
  ),
)
