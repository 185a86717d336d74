import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { labelledImages, makeDataSet, type Samples } from '../../src/data/index.js'
import { hashOf } from '../../src/files.node.js'
import { metricOf } from '../../src/judge/features.js'
import { isInception } from '../../src/judge/inception.js'
import { onnxFeatures } from '../../src/judge/onnx-features.node.js'
import { modelImages, modelInput } from '../../src/judge/onnx-input.js'
import { type Chain, chain, inception } from './models.js'
import { normals } from './vectors.js'

const folder = mkdtempSync(join(tmpdir(), 'onward-judge-'))
const samplesOf = (shape: readonly [number, number, number]): Samples => ({
  ...labelledImages(shape, ['a', 'b'], 256),
})
const grey = samplesOf([1, 4, 4])
const colour = samplesOf([3, 4, 4])

function saved(name: string, own: Chain): string {
  const file = join(folder, `${name}.onnx`)
  writeFileSync(file, chain(own))
  return file
}

/** The mean of each channel. */
const MEANS = (input: Chain['input']): Chain => ({
  input,
  output: ['N', 'C', 1, 1],
  nodes: [{ op: 'GlobalAveragePool' }],
})

test('the features of a file are what it gives, whatever the batch, by a name with its hash', async () => {
  const images = normals('images', 70 * 48).map((x) => Math.min(1, Math.abs(x)))
  for (const batch of ['N', 16]) {
    const bytes = chain(MEANS([batch, 3, 'H', 'W']))
    const file = saved(`means-${batch}`, MEANS([batch, 3, 'H', 'W']))
    const features = await onnxFeatures(file, colour)
    const made = await features.of(images, 70)
    await features.close()
    assert.equal(features.size, 3)
    assert.equal(metricOf(features), `FD-means-${batch}@${hashOf(bytes).slice(0, 8)}`)
    assert.equal(made.length, 210)
    for (let i = 0; i < 70; i++)
      for (let c = 0; c < 3; c++) {
        const mean = images.subarray(i * 48 + c * 16, i * 48 + (c + 1) * 16).reduce((sum, x) => sum + x / 16, 0)
        assert.ok(Math.abs(made[i * 3 + c]! - mean) < 1e-6)
      }
  }
})

test('grey images in three channels, channels last, other sizes', async () => {
  const file = saved('colour', MEANS(['N', 3, 8, 8]))
  const features = await onnxFeatures(file, grey)
  const one = Float32Array.from({ length: 16 }, (_, i) => (i === 5 ? 1 : 0))
  const [a, b, c] = await features.of(one, 1)
  await features.close()
  assert.ok(a === b && b === c && Math.abs(a! - 1 / 16) < 1e-6, 'a pixel inside keeps its share of the area')
  // Twice as large, pixels as areas: the values that linear interpolation with half-pixel centres has.
  const wanted = modelInput(['N', 1, 1, 4], [1, 1, 2], { where: 'f' })
  assert.deepEqual([...modelImages(Float32Array.of(0, 1), 1, [1, 1, 2], wanted)], [0, 0.25, 0.75, 1])
  const last = modelInput([7, 2, 2, 3], [3, 2, 2], { where: 'f' })
  assert.deepEqual([last.batch, last.isLast, last.shape], [7, true, [3, 2, 2]])
  const pixels = Float32Array.from({ length: 12 }, (_, i) => i)
  assert.deepEqual([...modelImages(pixels, 1, [3, 2, 2], last)], [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11])
})

test('FID is the name of the distance by the Inception of 2015 alone, known by its structure', async () => {
  assert.ok(isInception(chain(inception())))
  const others = {
    'averages that count the margin, as those of torchvision': { countsMargin: 1 },
    'an average in the place of the last maximum': { last: 'AveragePool' },
    'another number of layers': { convolutions: 95 },
    'pixels that are not brought to -1 to 1': { scale: 1 },
    'or by another shift': { shift: 0.5 },
  }
  for (const [what, own] of Object.entries(others)) assert.ok(!isInception(chain(inception(own))), what)

  const glyphs = makeDataSet('glyphs')
  const features = await onnxFeatures(saved('inception', inception()), glyphs)
  assert.deepEqual([features.size, metricOf(features)], [2048, 'FID'])
  assert.match(features.says, /known by its structure/)
  assert.equal((await features.of(new Float32Array(2 * 784).fill(0.5), 2)).length, 4096)
  await features.close()
  const other = await onnxFeatures(saved('torchvision', inception({ countsMargin: 1 })), glyphs)
  assert.match(metricOf(other), /^FD-torchvision@[0-9a-f]{8}$/)
  await other.close()
})

test('a file that is no network of features is refused in words', async () => {
  const refused = async (file: string, samples: Samples, wanted: RegExp) =>
    await assert.rejects(onnxFeatures(file, samples), { name: 'UserError', message: wanted })
  writeFileSync(join(folder, 'text.onnx'), 'no model')
  await refused(join(folder, 'text.onnx'), grey, /text\.onnx is no ONNX model that runs here: /)
  await refused(
    join(folder, 'none.onnx'),
    grey,
    /there is no file .*none\.onnx: --features takes an ONNX model, or a run/,
  )
  const flat: Chain = { input: ['N', 16], output: ['N', 16], nodes: [{ op: 'Relu' }] }
  await refused(saved('flat', flat), grey, /reads \[N, 16\]: a network of features reads images \[N, C, H, W\] or/)
  await refused(saved('grey', MEANS(['N', 1, 4, 4])), colour, /reads grey images, and what is judged has colours/)
  await refused(saved('four', MEANS(['N', 4, 8, 8])), colour, /reads \[N, 4, 8, 8\]: .* with 1 or 3 channels/)
  const wide: Chain = { input: ['N', 3, 64, 64], output: ['N', 3, 64, 64], nodes: [{ op: 'Relu' }] }
  await refused(saved('wide', wide), colour, /gives 12288 numbers for an image; features are 4096 at most/)
})
