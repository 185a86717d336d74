import assert from 'node:assert/strict'
import test from 'node:test'
import { input, type Tensor } from '../../src/graph/index.js'
import type { StepGraph } from '../../src/onnx/program.js'
import { type Host, openProgram } from '../../src/runtime/client.js'
import type { Program } from '../../src/runtime/program.js'
import type { StagedEngine } from '../../src/runtime/stages.js'

/** Two layers that do not wait for each other. */
function layers(): StepGraph {
  const x = input({ name: 'x', kind: 'data', shape: [4, 520], dtype: 'float32' })
  let h = x
  const state = ['w0', 'w1'].map((name) => {
    const w: Tensor = input({ name, kind: 'state', shape: [520, 520], dtype: 'float32' })
    const y = h.matmul(w).tanh()
    const output = w.sub(h.matmul(y, { transposeA: true }).mul(0.001))
    h = y
    return { name, input: w, output }
  })
  return { state, batch: [{ name: 'x', input: x }], metrics: [] }
}

/** A program over an engine that only notes what it is asked; runs take the seconds that `seconds` gives. */
async function noted(seconds: (id: number) => number, step = layers()): Promise<{ program: Program; calls: string[] }> {
  const calls: string[] = []
  let first: number | undefined
  const note = (what: string, id: number): void => {
    first ??= id
    calls.push(`${what} ${id === first ? 'whole' : 'stages'}`)
  }
  const engine: StagedEngine = {
    async open({ id }) {
      note('open', id)
      return true
    },
    async openStages({ id }) {
      note('open', id)
      return true
    },
    async load() {},
    async run(id) {
      note('run', id)
      return { metrics: {}, notFinite: [], seconds: seconds(id === first ? 0 : 1) }
    },
    async read() {
      return {}
    },
    async undo() {},
    async close(id) {
      note('close', id)
    },
  }
  const host: Host = { engine, stages: engine, remote: true, inOnePass: false }
  return { program: await openProgram(host, step, { device: 'cpu' }, 2), calls }
}

const run = async (program: Program, times: number): Promise<void> => {
  for (let i = 0; i < times; i++) await program.run(1, { x: new Float32Array(4 * 520) })
}

const turns = ['run whole', 'open stages', 'run stages', ...Array(3).fill(['run whole', 'run stages']).flat()]

test('stages are opened when a call was long, and closed again where they are slower', async () => {
  const { program, calls } = await noted((way) => (way === 0 ? 1 : 2))
  await run(program, 10)
  await program.dispose()
  assert.deepEqual(calls, ['open whole', ...turns, 'close stages', 'run whole', 'run whole', 'close whole'])
})

test('stages that are faster go on, and are closed with the program', async () => {
  const { program, calls } = await noted((way) => (way === 0 ? 2 : 1))
  await run(program, 10)
  await program.dispose()
  assert.deepEqual(calls, ['open whole', ...turns, 'run stages', 'run stages', 'close stages', 'close whole'])
})

test('calls that are too short to compare open no stages', async () => {
  const { program, calls } = await noted(() => 0.01)
  await run(program, 3)
  await program.dispose()
  assert.deepEqual(calls, ['open whole', ...Array(3).fill('run whole'), 'close whole'])
})

test('queued calls all come before the stages that they asked for are closed', async () => {
  const { program, calls } = await noted((way) => (way === 0 ? 1 : 2))
  await run(program, 7)
  const queued = [1, 2, 3].map(() => run(program, 1))
  await Promise.all(queued)
  await run(program, 1)
  await program.dispose()
  const last = calls.indexOf('close stages')
  assert.ok(last > 0 && !calls.slice(last).includes('run stages'))
  assert.equal(calls.filter((call) => call === 'close stages').length, 1)
})
