import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../src/errors.js'
import { compile } from '../../src/runtime/compile.node.js'
import { lastEpoch, toleranceOf } from '../runtime/training.js'
import { DRIVER_VARIABLES } from '../software-driver.js'

// Named before the first session is made.
Object.assign(process.env, DRIVER_VARIABLES)

test('a training on webgpu learns what it learns on the CPU', async (t) => {
  let actual: Record<string, number>
  try {
    actual = await lastEpoch({ compile: (graph, options) => compile(graph, { ...options, device: 'webgpu' }) })
  } catch (error) {
    if (!(error instanceof UserError && error.message.includes('no graphics adapter was found'))) throw error
    t.skip('this machine has no graphics adapter, and no software driver for one')
    return
  }
  const wanted = await lastEpoch({ compile })
  assert.deepEqual(Object.keys(actual), Object.keys(wanted))
  assert.ok(wanted['validation accuracy']! > 0.5)
  for (const [name, value] of Object.entries(wanted))
    assert.ok(
      Math.abs(actual[name]! - value) < toleranceOf(name),
      `${name}: ${actual[name]} on webgpu, ${value} on cpu`,
    )
})
