import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import test from 'node:test'

const url = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href)

const PRODUCT = `
    const w = input({ name: 'w', kind: 'state', shape: [500, 500], dtype: 'float32' })
    const step = { state: [{ name: 'w', input: w, output: w.matmul(w).mul(0.002) }], batch: [], metrics: [] }
    const start = { w: new Float32Array(250000).fill(1) }`

/** Runs a script that has a program with steps of many milliseconds at hand. */
function script(body: string): Promise<{ code: number | null; signal: string | null; out: string; err: string }> {
  const source = `
    import { compile } from ${url('../../src/runtime/compile.node.js')}
    import { input } from ${url('../../src/graph/index.js')}
    ${PRODUCT}
    const program = await compile(step, { device: 'cpu', threads: 2 })
    await program.load(start)
    ${body}`
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', source])
    let [out, err] = ['', '']
    child.stdout.on('data', (data) => {
      out += data
    })
    child.stderr.on('data', (data) => {
      err += data
    })
    child.on('close', (code, signal) => resolve({ code, signal, out, err }))
  })
}

const clean = { code: 0, signal: null, out: 'ran\n', err: '' }

test('a process ends by itself once nothing is awaited, with and without disposal', async () => {
  const run = "await program.run(3, {}); console.log('ran')"
  assert.deepEqual(await script(`${run}; await program.dispose()`), clean)
  assert.deepEqual(await script(run), clean)
})

test('a process stays until a call that nobody awaits has come back', async () => {
  assert.deepEqual(await script("program.run(30, {}).then(() => console.log('ran'))"), clean)
})

test('process.exit during a run waits for the call in flight and does not abort', async () => {
  const queue = 'program.run(100, {}); program.run(100000, {}); setTimeout'
  assert.deepEqual(await script(`${queue}(() => { console.log('ran'); process.exit(0) }, 50)`), clean)
})

test('an error that nobody catches during a run is reported as such', async () => {
  const { code, signal, err } = await script("program.run(100, {}); setTimeout(() => { throw new Error('oh') }, 50)")
  assert.deepEqual({ code, signal }, { code: 1, signal: null })
  assert.match(err, /Error: oh/)
})
