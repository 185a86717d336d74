// Changed files of every format that Onward reads: refused in a sentence or read, in time and memory.
//   ONWARD_FUZZ=10000 npm run test:system fuzz     so many of each; ONWARD_FUZZ_SEED=7 makes others
// At most 120 s: a few hundred files of each of fifteen formats, each written and read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { FORMATS } from './fuzz/formats.js'
import type { Found, Work } from './fuzz/worker.js'

const count = Number(process.env.ONWARD_FUZZ ?? 300)
const seed = Number(process.env.ONWARD_FUZZ_SEED ?? process.env.ONWARD_ROTATION ?? 1)

/** A worker that begins no new file for so long hangs, on however busy a machine. */
const PATIENCE = 60_000
const MOST_MEMORY = 2 ** 30

function fuzz(format: string): Promise<Found> {
  const begun = new Int32Array(new SharedArrayBuffer(4))
  const workerData: Work = { format, seed, count, begun }
  const worker = new Worker(new URL('./fuzz/worker.js', import.meta.url), { workerData })
  return new Promise((resolve, reject) => {
    let last = -1
    const watch = setInterval(() => {
      const now = Atomics.load(begun, 0)
      if (now === last) {
        void worker.terminate()
        reject(new Error(`file ${now} of ${format} was not done in ${PATIENCE / 1000} s (seed ${seed})`))
      }
      last = now
    }, PATIENCE)
    worker.on('message', resolve)
    worker.on('error', (error) => reject(new Error(`file ${Atomics.load(begun, 0)} of ${format}`, { cause: error })))
    worker.on('exit', () => clearInterval(watch))
  })
}

for (const format of Object.keys(FORMATS))
  test(`${count} changed files of ${format}: no stack, no hang, little memory`, async (t) => {
    const { faults, read, longest, memory } = await fuzz(format)
    t.diagnostic(
      `seed ${seed}: ${read} read, ${count - read} refused; at most ${longest.toFixed(2)} s of processor time for one, ` +
        `${Math.round(memory / 2 ** 20)} MB`,
    )
    assert.deepEqual(faults, [])
    assert.ok(memory < MOST_MEMORY, `${memory} bytes`)
    assert.ok(read > 0 && read < count, 'the changes are too large, or too small, to find anything')
  })
