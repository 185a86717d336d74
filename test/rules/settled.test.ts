// Energy networks trained on glyphs by their presets `quick`: what the specification accepts them by.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeDataSet, type Split } from '../../src/data/index.js'
import type { AnyRule } from '../../src/rules/contract.js'
import { equilibriumPropagation } from '../../src/rules/equilibrium-propagation/equilibrium-propagation.js'
import { hopfieldVae } from '../../src/rules/hopfield-vae/hopfield-vae.js'
import { compile } from '../../src/runtime/compile.node.js'
import type { Checkpoint } from '../../src/train/checkpoint.js'
import { draw } from '../../src/train/drawing.js'
import { openNetwork } from '../../src/train/network.js'
import { train } from '../../src/train/train.js'
import { collect, keeper, ofKind } from '../train/fixtures.js'

const data = makeDataSet('glyphs')
const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0) / values.length

async function trained(rule: AnyRule, hyper: Record<string, unknown>, limit: number, epochs: number) {
  const { saveCheckpoint, last } = keeper()
  const platform = { compile, saveCheckpoint }
  const options = { limit, epochs, validation: 300, threads: 1 }
  const events = await collect(train({ rule, data, preset: 'quick', hyper, options, platform }))
  return { checkpoint: last(), figures: ofKind(events, 'epoch').at(-1)!.validation?.network ?? {} }
}

test('equilibrium propagation: twice as many free sweeps change no prediction on 1,000 images', async () => {
  const { checkpoint } = await trained(equilibriumPropagation as AnyRule, {}, 3000, 2)
  const size = data.test.inputs.length / data.test.count
  const images = Array.from({ length: 1000 }, (_, i) => data.test.inputs.subarray(i * size, (i + 1) * size))
  const said = async (from: Checkpoint): Promise<number[]> => {
    const network = await openNetwork(equilibriumPropagation as AnyRule, from, { compile }, 'memory')
    const predictions = await network.predict(images)
    await network.close()
    return predictions.map((one) => ('label' in one ? one.label : -1))
  }
  const { hyper, options } = checkpoint.settings
  const freeSweeps = 2 * (hyper.freeSweeps as number)
  const longer = { ...checkpoint, settings: { hyper: { ...hyper, freeSweeps }, options } }
  const once = await said(checkpoint)
  assert.ok(new Set(once).size > 5)
  assert.deepEqual(await said(longer), once)
})

test('the Hopfield VAE halves the squared error with which it begins, and samples as bright as the images', async () => {
  // Steps too small to learn anything.
  const { figures: first } = await trained(hopfieldVae as AnyRule, { rate: 1e-9 }, 400, 1)
  const { figures, checkpoint } = await trained(hopfieldVae as AnyRule, {}, 4000, 2)
  assert.ok(figures.SE! < 0.5 * first.SE!, `${figures.SE} of ${first.SE}`)
  assert.ok(figures.unsettled! < 0.02, `${figures.unsettled}`)
  const split: Split = data.test
  const wishes = { names: ['prior'], count: 100, seed: 1, where: 'memory' }
  const noImages = (): never => assert.fail('samples of noise ask for no images')
  const [prior] = await draw(hopfieldVae as AnyRule, checkpoint, noImages, { compile }, wishes)
  assert.equal(prior!.count, 100)
  const ratio = mean(prior!.images) / (mean(split.inputs) / 255)
  assert.ok(Math.abs(ratio - 1) < 0.2, `${ratio}`)
})
