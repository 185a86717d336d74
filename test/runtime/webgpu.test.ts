import assert from 'node:assert/strict'
import test from 'node:test'
import { compile } from '../../src/runtime/compile.node.js'
import type { Program } from '../../src/runtime/program.js'
import { DRIVER_VARIABLES } from '../software-driver.js'
import { batches, difference, initialState, interpretSteps, network, part } from './network.js'

// Named before the first session is made.
Object.assign(process.env, DRIVER_VARIABLES)

const graph = network()
const start = initialState(graph)

test('webgpu: the state stays on the device, and is the interpreter’s', async (t) => {
  let program: Program
  try {
    program = await compile(graph, { device: 'webgpu' })
  } catch (error) {
    assert.equal((error as Error).name, 'UserError')
    assert.match((error as Error).message, /no graphics adapter was found; install .* or take the device cpu/)
    t.skip('this machine has no graphics adapter, and no software driver for one')
    return
  }
  await program.load(start)
  const all = batches(graph, 6)
  const expected = interpretSteps(graph, start, all, 6)
  const first = await program.run(4, part(graph, all, 0, 4))
  const second = await program.run(2, part(graph, all, 4, 6))
  const metrics = Object.fromEntries(
    Object.entries(first.metrics).map(([name, data]) => [name, [...data, ...second.metrics[name]!]]),
  )
  assert.ok(difference(metrics, expected.metrics) < 1e-5)
  assert.ok(difference(await program.read(), expected.state) < 1e-5)
  assert.deepEqual([first.notFinite, second.notFinite], [[], []])

  const evaluation = { ...graph, state: graph.state.map(({ name, input }) => ({ name, input, output: input })) }
  const evaluate = await compile(evaluation, { device: 'webgpu', stateOf: program })
  const state = await program.read()
  const given = batches(graph, 1, 99)
  const wanted = interpretSteps(evaluation, state, given, 1)
  assert.ok(difference((await evaluate.run(1, given)).metrics, wanted.metrics) < 1e-5)
  assert.deepEqual(await evaluate.read(), state)
  await assert.rejects(compile(graph, { device: 'cpu', stateOf: program }), /lies on webgpu and cannot be shared/)

  await program.dispose()
  const spoiled = start.w2!.slice()
  spoiled[3] = Number.NaN
  await evaluate.load({ w2: spoiled })
  assert.deepEqual((await evaluate.run(1, batches(graph, 1))).notFinite, ['w2'])
  await evaluate.dispose()
})
