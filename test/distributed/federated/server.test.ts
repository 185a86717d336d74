// What the server's optimiser keeps from turn to turn.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Standing } from '../../../src/distributed/federated/round/work.js'
import { workOf } from './fixtures.js'

const SIZE = 6
/** Two layers of one size. */
const LAYOUT = [0, 1].map((k) => ({ name: `layers.${k}.weight`, shape: [2, 3], block: `layer ${k}` }))
const at = { phase: 0, epoch: 0, between: 0, batch: 0 }
const oneLayerEach = [0, 0, 1, 1].map((layer) => ({ kind: 'learn' as const, at, steps: 1, layer }))
const together = [0, 1].map(() => ({ kind: 'learn' as const, at, steps: 1 }))

/** How far each turn moves the first number of each layer, where all clients always send ones. */
function moves(aggregate: 'momentum' | 'adam', turns: typeof oneLayerEach | typeof together): number[][] {
  const work = workOf({ turns, layout: LAYOUT, aggregate })
  let standing: Standing = {
    tensors: Object.fromEntries(LAYOUT.map(({ name }) => [name, new Float32Array(SIZE)])),
    server: {},
  }
  return turns.map((turn, number) => {
    const delta = new Float32Array('layer' in turn ? SIZE : 2 * SIZE).fill(1)
    const uploads = [{ client: 'client-0', samples: 1, contribution: { delta } }]
    const after = work.merge(number, standing, uploads, { round: number + 1, asked: 1, norms: [] })
    const moved = LAYOUT.map(({ name }) => after.tensors[name]![0]! - standing.tensors[name]![0]!)
    standing = after
    return moved
  })
}

test('where one layer learns at a time, the momentum of one is not given to the next, though it has the same size', () => {
  for (const aggregate of ['momentum', 'adam'] as const) {
    const [first, second, third, fourth] = moves(aggregate, oneLayerEach)
    assert.ok(second![0]! > first![0]! && first![0]! > 0, aggregate)
    assert.deepEqual([third, fourth], [first!.toReversed(), second!.toReversed()], aggregate)
  }
})

test('where all layers learn, momentum goes on from turn to turn', () => {
  const [first, second] = moves('momentum', together)
  assert.deepEqual(first, [1, 1])
  assert.ok(second!.every((move) => Math.abs(move - 1.9) < 1e-6))
})
