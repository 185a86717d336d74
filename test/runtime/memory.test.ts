import assert from 'node:assert/strict'
import test from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { compile } from '../../src/runtime/compile.node.js'
import { splitStep } from '../../src/update/index.js'
import { batches, initialState, network, part } from './network.js'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

/** What this process has in memory, garbage apart. The programs run in this thread, so that it can be collected. */
function memory(): number {
  collect()
  return process.memoryUsage().rss
}

/** Inputs of a network whose steps are a loop, and of one whose steps are calls that renew the state in place. */
const INPUTS = { 'in a loop': 500, 'in place': 1400 }

for (const [how, inputs] of Object.entries(INPUTS))
  test(`memory is flat over 4,000 steps ${how}, in calls of one step and of many`, async () => {
    // A loop's state of 0.2 MB comes back from every call: one call in twenty that is not let go would show.
    const graph = network(4, [inputs, 100, 10])
    assert.equal(splitStep(graph, 1) !== undefined, how === 'in place')
    const program = await compile(graph, { device: 'cpu', threads: 1, worker: false })
    await program.load(initialState(graph))
    const all = batches(graph, 40)
    const run = async (steps: number, perCall: number): Promise<void> => {
      for (let done = 0; done < steps; done += perCall) await program.run(perCall, part(graph, all, 0, perCall))
    }
    await run(1_000, 10)
    await run(200, 1)
    const before = memory()
    await run(1_000, 1)
    await run(3_000, 40)
    const growth = memory() - before
    assert.ok(growth < 13e6, `the process grew by ${(growth / 1e6).toFixed(1)} MB`)
    await program.dispose()
  })

test('programs that renew their state in place, alone and over the same state, leave no memory behind', async () => {
  const graph = network(4, [INPUTS['in place'], 100, 10])
  const open = async (): Promise<void> => {
    const owner = await compile(graph, { device: 'cpu', threads: 1, worker: false })
    const other = await compile(graph, { device: 'cpu', threads: 1, worker: false, stateOf: owner })
    await owner.load(initialState(graph))
    const all = batches(graph, 2)
    for (const program of [owner, other]) await program.run(1, part(graph, all, 0, 1))
    for (const program of [owner, other]) await program.dispose()
  }
  for (let i = 0; i < 20; i++) await open()
  const before = memory()
  for (let i = 0; i < 40; i++) await open()
  const growth = memory() - before
  assert.ok(growth < 60e6, `the process grew by ${(growth / 1e6).toFixed(1)} MB`)
})
