import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gatherInputs } from '../../src/data/index.js'
import { classifierFeatures } from '../../src/judge/classifier.js'
import { metricOf, pixelFeatures } from '../../src/judge/features.js'
import { frechetDistance } from '../../src/judge/frechet.js'
import { type Drawn, type Generating, openGenerating } from '../../src/judge/generating.js'
import { judgeImages } from '../../src/judge/judging.js'
import { momentsOf } from '../../src/judge/moments.js'
import { backprop } from '../../src/rules/backprop.js'
import type { AnyRule } from '../../src/rules/contract.js'
import { forwardForward } from '../../src/rules/forward-forward/forward-forward.js'
import { hopfieldVae } from '../../src/rules/hopfield-vae/hopfield-vae.js'
import { node } from '../../src/runs.node.js'
import { train } from '../../src/train/train.js'
import { collect, keeper, lines } from '../train/fixtures.js'
import { exactNats, linear } from './linear.js'

const data = lines(400, 300)
const evidence = { samples: data, against: data.test, train: data.train }
const OPTIONS = { count: 200, seed: 0, draws: 0 }

async function trained(rule: AnyRule, hyper: Readonly<Record<string, unknown>>, options: object = {}) {
  const { saveCheckpoint, last } = keeper()
  const own = { epochs: 1, batch: 20, threads: 1, ...options }
  await collect(train({ rule, data, hyper, options: own, platform: { ...node(), saveCheckpoint } }))
  return last()
}

/** A network whose samples are these images, each [25] pixels. */
const drawing = (image: (i: number) => Float32Array): Generating => ({
  has: { samples: true, reconstructions: false, logWeight: false },
  async *samples(count): AsyncGenerator<Drawn> {
    for (let i = 0; i < count; i += 50)
      yield {
        count: 50,
        values: Float32Array.from({ length: 50 * 25 }, (_, k) => image(i + Math.floor(k / 25))[k % 25]!),
      }
  },
  reconstructions: async function* () {},
  logWeights: async function* () {},
  close: async () => {},
})

const pixelsOf = (row: number): Float32Array => {
  const out = new Float32Array(25)
  gatherInputs(data, data.test, [row], out)
  return out
}

describe('what is drawn, against real images', () => {
  test('drawing real images is as good as the floor; one image again and again, or noise, is not', async () => {
    const features = await pixelFeatures(data, data.train)
    assert.equal(metricOf(features), 'FD-pixelPCA25', 'no more components than pixels that vary')
    const judge = async (image: (i: number) => Float32Array) =>
      await judgeImages(drawing(image), features, evidence, OPTIONS)
    const real = await judge((i) => pixelsOf((i * 7) % 300))
    const [copies, noise] = [
      await judge((i) => pixelsOf(i % 2)),
      await judge((i) => Float32Array.from({ length: 25 }, (_, p) => ((i * 31 + p * 17) % 101) / 100)),
    ]
    assert.deepEqual([real.count, real.neighbours, real.metric], [200, 200, 'FD-pixelPCA25'])
    assert.ok(real.samples!.distance < 1.3 * real.floor.distance, JSON.stringify(real))
    assert.ok(real.samples!.precision > 0.9 && real.samples!.recall > 0.6, JSON.stringify(real))
    assert.ok(copies.samples!.distance > 10 * real.floor.distance, JSON.stringify(copies))
    assert.ok(copies.samples!.precision === 1 && copies.samples!.recall < 0.1, JSON.stringify(copies))
    assert.ok(noise.samples!.distance > 10 * real.floor.distance && noise.samples!.precision < 0.1)
    // Asked for more than there are: as many of each kind as of the scarcest.
    const all = await judgeImages(drawing(pixelsOf.bind(null, 0)), features, evidence, { ...OPTIONS, count: 10_000 })
    assert.equal(all.count, 300)
  })

  test('a network of its own: samples in levels, the same for the same seed; reconstructions apart', async () => {
    const checkpoint = await trained(
      hopfieldVae,
      { variant: 'F', hidden: 30, latent: 6, sigmaX: 0.1, rate: 0.01 },
      { epochs: 30 },
    )
    const network = await openGenerating(hopfieldVae, checkpoint, node(), { where: 'run', most: 90 })
    const draw = async (seed: number): Promise<number[]> => {
      const all: number[] = []
      for await (const { count, values } of network.samples(130, seed)) {
        assert.equal(values.length, 25 * count)
        all.push(...values)
      }
      return all
    }
    const first = await draw(0)
    assert.equal(first.length, 130 * 25, 'more than fit into one batch')
    assert.ok(first.every((pixel) => [0, 0.25, 0.5, 0.75, 1].includes(pixel)))
    assert.deepEqual(await draw(0), first)
    assert.notDeepEqual(await draw(1), first)
    const features = await pixelFeatures(data, data.train)
    const found = await judgeImages(network, features, evidence, { ...OPTIONS, draws: 3, likelihoods: 50 })
    assert.ok(found.reconstructions!.distance < found.samples!.distance, JSON.stringify(found))
    const { images, draws, nats, evidenceBound, bits } = found.likelihood!
    assert.deepEqual([images, draws], [50, 3])
    assert.ok(nats > evidenceBound, 'more draws, a tighter bound')
    assert.ok(Math.abs(bits! - (Math.log(4) - nats / 25) / Math.LN2) < 1e-12)
    await network.close()
  })
})

describe('a linear model, whose likelihood is known', () => {
  const likelihood = async (off: number, draws: number) => {
    const checkpoint = await trained(linear, { off })
    const network = await openGenerating(linear, checkpoint, node(), { where: 'run', most: 60 })
    const features = await pixelFeatures(data, data.train)
    const found = await judgeImages(network, features, evidence, { ...OPTIONS, count: 60, draws })
    await network.close()
    return found.likelihood!
  }
  test('with its exact posterior every weight is p(x); with another the bound rises to it', async () => {
    const [exact, one, many] = [await likelihood(1, 2), await likelihood(2, 1), await likelihood(2, 600)]
    // The first 60 images of the judged ones, in whatever order: the mean is over all that were measured.
    assert.ok(Math.abs(exact.nats - exact.evidenceBound) < 1e-4, `${exact.nats} ${exact.evidenceBound}`)
    assert.equal(exact.bits, undefined, 'no levels, no bits')
    assert.ok(one.nats < exact.nats - 0.3, `${one.nats} ${exact.nats}`)
    assert.ok(Math.abs(many.nats - exact.nats) < 0.03, `${many.nats} ${exact.nats}`)
    assert.ok(many.nats < exact.nats + 0.01 && many.evidenceBound < many.nats - 0.2)
  })
  test('p(x) is that of the closed form', async () => {
    const checkpoint = await trained(linear, { off: 1 })
    const network = await openGenerating(linear, checkpoint, node(), { where: 'run', most: 300 })
    const rows = Uint32Array.from({ length: 230 }, (_, i) => i)
    const weights: number[] = []
    for await (const { values } of network.logWeights(data.test, rows, 0, 0)) weights.push(...values)
    await network.close()
    assert.equal(weights.length, 230)
    for (const [i, weight] of weights.entries()) {
      const exact = exactNats([...pixelsOf(i)])
      assert.ok(Math.abs(weight - exact) < 2e-5 * Math.abs(exact), `${weight} is not ${exact}`)
    }
  })
  test('its samples have the moments of the model', async () => {
    const checkpoint = await trained(linear, { off: 1 })
    const network = await openGenerating(linear, checkpoint, node(), { where: 'run', most: 2000 })
    const all: number[] = []
    for await (const { values } of network.samples(2000, 5)) all.push(...values)
    await network.close()
    // Half of the pixels of mean 0 are cut off, and what is left is rounded to five levels.
    const zeros = all.filter((pixel) => pixel === 0).length / all.length
    assert.ok(zeros > 0.55 && zeros < 0.65, `${zeros}`)
    const fresh = all.slice(0, 1000 * 25)
    const distance = frechetDistance(momentsOf(fresh, 25), momentsOf(all.slice(1000 * 25), 25))
    assert.ok(distance < 0.05, `${distance}`)
  })
})

describe('features of a classifier', () => {
  const given = { where: 'run', sha256: 'abcdef0123456789', images: data }
  test('its read-out makes its scores of them', async () => {
    const checkpoint = await trained(backprop, { units: [12, 9] })
    const features = await classifierFeatures(backprop, checkpoint, node(), given)
    assert.deepEqual([features.size, metricOf(features)], [9, 'FD-backprop-lines@abcdef01'])
    const count = 230
    const x = new Float32Array(25 * count)
    gatherInputs(
      data,
      data.test,
      Uint32Array.from({ length: count }, (_, i) => i),
      x,
    )
    const seen = await features.of(x, count)
    await features.close()
    const tensor = (end: string) =>
      checkpoint.state.find(({ name, shape }) => name.endsWith(end) && shape.at(-1) === 3)!
    const [weight, bias] = [tensor('weight').data, tensor('bias').data]
    const { openNetwork } = await import('../../src/train/network.js')
    const network = await openNetwork(backprop, checkpoint, node(), 'run')
    const inputs = Array.from({ length: count }, (_, i) => data.test.inputs.subarray(25 * i, 25 * (i + 1)))
    const said = await network.predict(inputs)
    await network.close()
    for (const [i, { scores }] of said.entries())
      for (let k = 0; k < 3; k++) {
        let score = bias[k]!
        for (let d = 0; d < 9; d++) score += seen[i * 9 + d]! * weight[d * 3 + k]!
        assert.ok(Math.abs(score - scores[k]!) < 1e-4, `${score} is not ${scores[k]}`)
      }
  })

  test('other images, networks that only draw, and scores that are no read-out are refused in words', async () => {
    const [drawer, goodness] = [
      await trained(hopfieldVae, { variant: 'F', hidden: 5, latent: 2 }),
      await trained(forwardForward, { units: [8], predict: 'energy' }),
    ]
    await assert.rejects(classifierFeatures(hopfieldVae, drawer, node(), given), /hopfield-vae \(run\) only draws/)
    await assert.rejects(
      classifierFeatures(forwardForward, goodness, node(), given),
      /the scores of run are not read out of a layer of features: take a run of a classifier/,
    )
    const checkpoint = await trained(backprop, { units: [4] })
    const others = { ...data, input: { shape: [1, 5, 5], levels: 256 } }
    await assert.rejects(
      classifierFeatures(backprop, checkpoint, node(), { ...given, images: others }),
      /of images \[1, 5, 5\] in 5 levels, and what is judged is \[1, 5, 5\] in 256 levels/,
    )
    await assert.rejects(
      openGenerating(backprop, checkpoint, node(), { where: 'run', most: 10 }),
      /backprop makes no images, neither of noise nor of images/,
    )
  })
})
