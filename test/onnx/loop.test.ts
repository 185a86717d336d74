import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compile } from '../../src/runtime/compile.node.js'
import { batches, initialState, network, part } from '../runtime/network.js'

test('steps in one call are the steps one by one, bit for bit, however many a call has', async () => {
  const step = network(8, [64, 50, 10])
  const program = await compile(step, { device: 'cpu' })
  const all = batches(step, 9)
  const run = async (lengths: readonly number[]) => {
    await program.load(initialState(step))
    const counts: number[] = []
    const losses: number[] = []
    for (const steps of lengths) {
      const from = counts.length
      const { metrics } = await program.run(steps, part(step, all, from, from + steps))
      counts.push(...metrics.count!)
      losses.push(...metrics.loss!)
    }
    return { counts, losses, state: await program.read() }
  }
  for (const steps of [1, 2, 9]) {
    const [together, apart] = [await run([steps]), await run(Array<number>(steps).fill(1))]
    assert.equal(new Set(together.losses).size, steps)
    assert.deepEqual(together, apart, `${steps} steps`)
  }
  await program.dispose()
})
