import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadDataSet } from '../../src/data/load.node.js'
import { findDataSet } from '../../src/data/registry.js'
import { scaleOf } from '../../src/data/scale.js'
import { sizeOf } from '../../src/graph/types.js'

/** What is known of the published files: first labels, images per class, and moments of the training images. */
const facts = {
  mnist: {
    train: '5 0 4 1 9 2 1 3 1 4',
    test: '7 2 1 0 4 1 4 9 5 9',
    trainCounts: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    testCounts: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
    mean: [0.1307],
    deviation: [0.3081],
  },
  'fashion-mnist': {
    train: '9 0 0 3 0 2 7 2 5 5',
    test: '9 2 1 1 6 1 4 6 5 7',
    trainCounts: new Array<number>(10).fill(6000),
    testCounts: new Array<number>(10).fill(1000),
    mean: [0.286],
    deviation: [0.353],
  },
  'cifar-10': {
    train: '6 9 9 4 1 1 2 7 8 3',
    test: '3 8 8 0 6 6 1 6 3 1',
    trainCounts: new Array<number>(10).fill(5000),
    testCounts: new Array<number>(10).fill(1000),
    mean: [0.4914, 0.4822, 0.4465],
    deviation: [0.247, 0.2435, 0.2616],
  },
  optdigits: {
    train: '0 0 7 4 6 2 5 5 0 8',
    test: '0 1 2 3 4 5 6 7 8 9',
    trainCounts: [376, 389, 380, 389, 387, 376, 377, 387, 380, 382],
    testCounts: [178, 182, 177, 183, 181, 182, 181, 179, 174, 180],
    mean: [],
    deviation: [],
  },
}

for (const [name, fact] of Object.entries(facts)) {
  const directory = process.env.ONWARD_DATA
  const { from, counts } = findDataSet(name)
  const here =
    directory !== undefined &&
    'source' in from &&
    from.source.folders.some((folder) => existsSync(join(directory, folder)))
  const skip = here
    ? false
    : `${name} is not checked against its published files: ONWARD_DATA does not name their folder`
  test(`${name} is the published data set`, { skip }, async () => {
    const set = await loadDataSet(name, { dataDir: directory! })
    assert.equal(set.train.count, counts.train)
    assert.equal(set.test.count, counts.test)
    for (const [split, first, perClass] of [
      [set.train, fact.train, fact.trainCounts],
      [set.test, fact.test, fact.testCounts],
    ] as const) {
      assert.equal(split.targets!.subarray(0, 10).join(' '), first)
      assert.equal(split.inputs.length, split.count * sizeOf(set.input.shape))
      const found = new Array<number>(10).fill(0)
      for (const label of split.targets!) found[label]!++
      assert.deepEqual(found, perClass)
    }
    let largest = 0
    for (let i = 0; i < set.train.inputs.length; i++) largest = Math.max(largest, set.train.inputs[i]!)
    assert.equal(largest, set.input.levels! - 1)
    const scale = scaleOf(set.train.inputs, set.input.shape[0]!, sizeOf(set.input.shape))
    for (const [channel, mean] of fact.mean.entries()) assert.ok(Math.abs(scale.mean[channel]! / largest - mean) < 6e-5)
    for (const [channel, one] of fact.deviation.entries())
      assert.ok(Math.abs(scale.deviation[channel]! / largest - one) < 6e-5)
  })
}

/** The smallest and the largest of each target, as the repository tells them. */
const tables = {
  concrete: { strength: [2.33, 82.6] },
  energy: { heating_load: [6.01, 43.1], cooling_load: [10.9, 48.03] },
  'power-plant': { output: [420.26, 495.76] },
  'wine-white': { quality: [3, 9] },
}
for (const [name, ranges] of Object.entries(tables)) {
  const directory = process.env.ONWARD_DATA
  const here = directory !== undefined && existsSync(join(directory, 'tables'))
  test(`${name} is the published table`, { skip: here ? false : 'ONWARD_DATA does not name its folder' }, async () => {
    const { train, test: tested, names } = await loadDataSet(name, { dataDir: directory! })
    const { counts } = findDataSet(name)
    assert.deepEqual({ train: train.count, test: tested.count }, counts)
    assert.deepEqual(names, Object.keys(ranges))
    const all = [...train.targets!, ...tested.targets!]
    for (const [k, range] of Object.values(ranges).entries()) {
      const own: number[] = all.filter((_, i) => i % names.length === k)
      assert.deepEqual([Math.min(...own), Math.max(...own)], range.map(Math.fround))
    }
  })
}
