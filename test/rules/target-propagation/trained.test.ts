// Short runs on glyphs: what learns, and what collapses.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { makeDataSet } from '../../../src/data/index.js'
import { targetPropagation } from '../../../src/rules/target-propagation/target-propagation.js'
import { compile } from '../../../src/runtime/compile.node.js'
import { train } from '../../../src/train/train.js'
import { accuracyOf, collect, keeper, numbersOf, ofKind } from '../../train/fixtures.js'
import { rowsOf } from '../harness.js'
import { transpose } from '../matrices.js'
import type { Options } from './given.js'

describe('trained on glyphs', () => {
  const data = makeDataSet('glyphs')
  /** The accuracy on test images, and the cosines of the angles between inverses and transposed forward weights. */
  async function trained(hyper: Options, epochs: number): Promise<{ accuracy: number; cosines: number[] }> {
    const { saved, saveCheckpoint, last } = keeper()
    const options = { epochs, batch: 100, threads: 1, validation: 0 }
    const platform = { compile, saveCheckpoint }
    const wishes = { rate: 0.003, outputRate: 0.003, inverseRate: 0.003, ...hyper }
    const events = await collect(train({ rule: targetPropagation, data, platform, hyper: wishes, options }))
    assert.ok(saved.length > 0)
    const state = numbersOf(last())
    const cosines = hyper.units!.slice(1).map((size, i) => {
      const V = state[`inverses.${i}.weight`]!
      const W = transpose(rowsOf(state[`layers.${i + 1}.weight`]!, hyper.units![i]!)).flat()
      assert.equal(V.length, size * hyper.units![i]!)
      const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, k) => sum + v * b[k]!, 0)
      return dot(V, W) / Math.sqrt(dot(V, V) * dot(W, W))
    })
    return { accuracy: accuracyOf(ofKind(events, 'done')[0]!.test)!, cosines }
  }

  test('difference targets reach 93 %, their inverses lie below 60 degrees from the transposed weights', async () => {
    const { accuracy, cosines } = await trained({ units: [128, 128] }, 6)
    assert.ok(accuracy > 0.93, `${accuracy}`)
    for (const cosine of cosines) assert.ok(cosine > Math.cos(Math.PI / 3), `${cosine}`)
  })

  test('the plain form fails where the difference form learns: four layers', async () => {
    const units = [64, 64, 64, 64]
    const [plain, difference] = [await trained({ units, form: 'plain' }, 3), await trained({ units }, 3)]
    assert.ok(plain.accuracy < 0.5, `${plain.accuracy}`)
    assert.ok(difference.accuracy > 0.88, `${difference.accuracy}`)
  })

  test('label auto-encoder: the plain form collapses, the difference form passes 92 %', async () => {
    const own: Options = { units: [128, 128], topTarget: 'label-autoencoder', autoencoderUnits: 128 }
    const [plain, difference] = [await trained({ ...own, form: 'plain' }, 2), await trained(own, 6)]
    assert.ok(plain.accuracy < 0.3, `${plain.accuracy}`)
    assert.ok(difference.accuracy > 0.92, `${difference.accuracy}`)
  })
})
