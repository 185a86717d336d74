// What an alignment does to feedback weights: step by step, and over the experiments of the specification.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { input } from '../../../src/graph/index.js'
import { noiseInputs } from '../../../src/nn/random.js'
import { pairSums } from '../../../src/rules/spike-alignment/pairing.js'
import { align, alignmentPhase } from '../../../src/rules/spike-alignment/phase.js'
import { twoNeurons } from '../../../src/rules/spike-alignment/pictures.js'
import { record } from '../../../src/rules/spike-alignment/spiking.js'
import { compile } from '../../../src/runtime/compile.node.js'
import { stepNoise } from '../../../src/train/noise.js'
import { close, numbers } from '../../nn/evaluate.js'
import { anglesOf, computed, weights } from './given.js'

const SMALL = { alignSteps: 80, alignBatch: 3, alignRate: 0.04, refractory: 5 }
const SHAPE = [4, 3] as const
const PAIR = { forward: [weights('W', SHAPE)], feedback: weights('B', SHAPE) }

describe('one step', () => {
  test('adds the rate times the mean over copies of the sum, by twice the refractory period', () => {
    const { changed, sum, spiking, all } = computed((random) => {
      const { lower, upper } = record(PAIR, random, 'own', { refractory: 5, steps: 80, copies: 3 })
      const { causal, acausal } = pairSums(upper.spikes, lower.spikes, 5)
      // The same draws under another name: noise is keyed by it.
      const own = align(PAIR, random, 'other', SMALL)
      return {
        changed: own.feedback,
        sum: causal.add(acausal),
        spiking: own.figures.spiking,
        all: lower.spikes.mean().add(upper.spikes.mean()),
      }
    }, SAME)
    close(
      changed,
      numbers(PAIR.feedback).map((b, i) => b + (0.04 * sum[i]!) / (3 * 2 * 5)),
      1e-12,
    )
    close(spiking, [(all[0]! * 5) / 2], 1e-12)
  })

  test('a rate of 0 leaves the feedback as it is, and so does a network that does not spike', () => {
    const still = (rate: number, noise: typeof SAME) =>
      computed((random) => ({ b: align(PAIR, random, 'x', { ...SMALL, alignRate: rate }).feedback }), noise).b
    assert.deepEqual(still(0, SAME), numbers(PAIR.feedback))
    assert.deepEqual(
      still(0.04, (_, size) => new Float32Array(size).fill(1)),
      numbers(PAIR.feedback),
    )
    assert.notDeepEqual(still(0.04, SAME), numbers(PAIR.feedback))
  })
})

/** Noise that does not depend on the first part of its name. */
function SAME(name: string, size: number): Float32Array {
  const seed = name.endsWith('lower') ? 1 : 2
  return Float32Array.from({ length: size }, (_, i) => Math.abs(Math.sin(12.9898 * (i + 1) * seed) * 43758.5453) % 1)
}

describe('two neurons whose synapses both learn', () => {
  test('conserve the sum of their weights to rounding', () => {
    const { course } = computed((random) => ({ course: twoNeurons(random, 3, 200, 4, 0.5) }))
    for (let k = 0; k < 3; k++) close([course[2 * k]! + course[2 * k + 1]!], [2], 1e-14)
    assert.ok(Math.abs(course[4]! - 1.5) > 1e-3)
  })

  test('meet in the middle', async () => {
    const { random, inputs } = noiseInputs()
    const course = twoNeurons(random, 60, 500, 32, 0.5)
    const none = input({ name: 'none', kind: 'state', shape: [1], dtype: 'float32' })
    const graph = {
      state: [{ name: 'none', input: none, output: none }],
      batch: inputs.map((x) => ({ name: x.node.attributes.name, input: x })),
      metrics: [{ name: 'course', output: course }],
    }
    const program = await compile(graph, { device: 'cpu', threads: 1 })
    await program.load({ none: new Float32Array(1) })
    const { metrics } = await program.run(1, stepNoise(graph.batch, 1, 0, 1))
    await program.dispose()
    const [up, down] = metrics.course!.slice(-2)
    assert.ok(Math.abs(up! - 1) < 0.15, `${up}, ${down}`)
    close([up! + down!], [2], 1e-5)
  })
})

describe('50 x 50 units', () => {
  test('the angle falls from above 80 degrees to below 50 after 40 updates and below 20 after 100', async () => {
    const [start, ...rest] = await anglesOf(100, 1)
    assert.ok(start! > 80, `${start}`)
    assert.ok(rest[38]! < 50 && rest[38]! > 35, `${rest[38]}`)
    assert.ok(rest[98]! < 20, `${rest[98]}`)
  })

  test('reversed amplitudes push it above 90', async () => {
    const angles = await anglesOf(15, 1, { alignRate: -0.05 })
    assert.ok(angles.at(-1)! > 95, `${angles}`)
  })
})

test('the phase runs before every epoch, or not at all', () => {
  assert.deepEqual(alignmentPhase({ align: 'sal', alignTimes: 7 }), [{ step: 'align', times: 7 }])
  assert.deepEqual(alignmentPhase({ align: 'none', alignTimes: 7 }), [])
})
