import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { UserError } from '../../src/errors.js'
import { compile } from '../../src/runtime/compile.node.js'
import { lastEpoch, toleranceOf } from '../runtime/training.js'

// A driver in software, slow and correct, comes with Debian's Chromium. Named before the first session is made.
const SOFTWARE_DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json'
if (existsSync(SOFTWARE_DRIVER) && !process.env.VK_DRIVER_FILES)
  Object.assign(process.env, { VK_DRIVER_FILES: SOFTWARE_DRIVER, VK_ICD_FILENAMES: SOFTWARE_DRIVER })

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
  assert.ok(wanted.validationAccuracy! > 0.5)
  for (const [name, value] of Object.entries(wanted))
    assert.ok(
      Math.abs(actual[name]! - value) < toleranceOf(name),
      `${name}: ${actual[name]} on webgpu, ${value} on cpu`,
    )
})
