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

// docs/decisions/0024-local-heads.md says these numbers: forward, a head of nets S and M is at most half of its layer.
test('what a head costs beside its layer, in every preset', () => {
  const colour = [3, 32, 32]
  const grey = [1, 28, 28]
  assert.deepEqual(shares('s', colour), {
    forward: [8.71, 27.27, 20.85, 41.71, 41.7, 7.84],
    learning: [13.41, 41.04, 31.33, 62.66, 62.62, 11.78],
  })
  assert.deepEqual(shares('m', colour), {
    forward: [19.56, 29.97, 22.93, 45.85, 45.85, 8.61],
    learning: [29.73, 45.03, 34.42, 68.84, 68.81, 12.92],
  })
  assert.deepEqual(shares('mnist', grey), {
    forward: [26.34, 26.7, 20.86, 41.72, 41.71, 7.84],
    learning: [39.8, 40.04, 31.29, 62.58, 62.56, 11.78],
  })
  assert.deepEqual(shares('quick', grey).forward, [1.28, 3.33])
  assert.deepEqual(shares('predsim', grey).forward, [131.89, 100.98, 100.98])
})
