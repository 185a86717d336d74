import assert from 'node:assert/strict'
import { test } from 'node:test'
import { grad, input, type Shape, type Tensor } from '../../src/graph/index.js'
import { flopOf } from '../../src/meter/flop.js'
import type { Random } from '../../src/nn/random.js'
import { tensorsOf } from '../../src/nn/tree.js'
import { layersOf } from '../../src/rules/local-heads/layer.js'
import { localHeads } from '../../src/rules/local-heads/local-heads.js'
import { taskOf } from './harness.js'

const BATCH = 2
const given = (shape: Shape): Tensor => input({ name: 'x', kind: 'data', shape, dtype: 'float32' })
const random: Random = { normal: (_, shape) => given(shape), uniform: (_, shape) => given(shape) }
const flop = (...outputs: readonly Tensor[]): number =>
  flopOf({ state: [], metrics: outputs.map((output, i) => ({ name: `${i}`, output })) })

/**
 * FLOP of the head of each layer in parts of those of the layer, in per cent: forward, and with all gradients that a step
 * takes, of which those by the head's input are the head's.
 */
function shares(preset: string, shape: Shape): { readonly forward: number[]; readonly learning: number[] } {
  const task = taskOf({ shape, classes: 10, batch: BATCH })
  let x = given([BATCH, ...shape])
  const each = layersOf(task, localHeads.hyper.parse(localHeads.presets![preset]!.hyper)).map((layer, i) => {
    const parameters = layer.init(random, `layers.${i}`)
    const found = typeof layer.running === 'function' ? layer.running({ x, target: x }) : layer.running!
    // What makes the filters that whiten is no work of a step.
    const running = found.input
      ? { ...found, input: { ...found.input, filters: given(found.input.filters!.shape) } }
      : found
    const made = layer.forward(parameters, x, { training: true, learns: true, running, random, given: undefined })
    assert.ok('logits' in made)
    const { output, logits, features } = made
    const said = [logits!, ...(features ? [features] : [])]
    const loss = said.map((own) => own.square().sum()).reduce((a, b) => a.add(b))
    const own = { forward: flop(output), learning: flop(output, ...grad(output.square().sum(), [parameters.weight])) }
    const all = { forward: flop(output, ...said), learning: flop(loss, ...grad(loss, tensorsOf(parameters))) }
    x = given(output.shape)
    return { forward: 100 * (all.forward / own.forward - 1), learning: 100 * (all.learning / own.learning - 1) }
  })
  const rounded = (numbers: readonly number[]): number[] => numbers.map((own) => Math.round(own * 100) / 100)
  return {
    forward: rounded(each.map(({ forward }) => forward)),
    learning: rounded(each.map(({ learning }) => learning)),
  }
}

// Docs/decisions/0024-local-heads.md says these numbers: in layers 3 and 4 a head is more than half of its layer.
test('what a head costs beside its layer, in every preset', () => {
  const colour = [3, 32, 32]
  const grey = [1, 28, 28]
  assert.deepEqual(shares('s', colour), {
    forward: [13.94, 43.64, 33.36, 66.73, 66.71, 12.55],
    learning: [21.46, 65.66, 50.12, 100.25, 100.19, 18.84],
  })
  assert.deepEqual(shares('m', colour), {
    forward: [21.33, 32.7, 25.01, 50.02, 50.02, 9.39],
    learning: [32.43, 49.12, 37.55, 75.09, 75.07, 14.1],
  })
  assert.deepEqual(shares('mnist', grey), {
    forward: [42.14, 42.71, 33.38, 66.75, 66.73, 12.55],
    learning: [63.68, 64.07, 50.06, 100.13, 100.1, 18.84],
  })
  assert.deepEqual(shares('quick', grey).forward, [1.28, 3.33])
  assert.deepEqual(shares('predsim', grey).forward, [131.89, 100.98, 100.98])
})
