import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UserError } from '../../../src/errors.js'
import { traceRule } from '../../../src/rules/trace.js'
import { trifecta } from '../../../src/rules/trifecta/trifecta.js'
import { taskOf } from '../harness.js'
import { BLOCKS, given } from './network.js'

describe('sizes', () => {
  for (const [size, shape, count] of [
    ['small', [3, 32, 32], 2_818_568],
    ['small', [1, 28, 28], 2_813_860],
    ['large', [3, 32, 32], 8_496_520],
    ['large', [1, 28, 28], 8_492_964],
  ] as const)
    test(`the ${size} network has ${count} parameters for images of ${shape.join(' x ')}`, () => {
      const own = taskOf({ shape, classes: 10, batch: 1 })
      const hyper = trifecta.hyper.parse({ size, width: 1 })
      const { metrics } = traceRule(trifecta, own, hyper).init
      const learned = trifecta.locality(own, hyper).blocks.flatMap(({ parameters }) => parameters)
      const sizes = metrics
        .filter(({ name }) => learned.some((path) => name === path || name.startsWith(`${path}.`)))
        .map(({ output }) => output.size)
      assert.equal(
        sizes.reduce((a, b) => a + b),
        count,
      )
    })

  test('the width is a factor on channels, rounded, and leaves the image alone', () => {
    for (const width of [0.5, 0.25, 0.03]) {
      const { metrics } = traceRule(trifecta, taskOf({ shape: [1, 8, 8] }), trifecta.hyper.parse({ width })).init
      const shapes = BLOCKS.map((i) => metrics.find(({ name }) => name === `layers.${i}.weight`)!.output.shape)
      const outputs = [128, 128, 256, 256, 256, 512].map((channels) => Math.round(channels * width))
      assert.deepEqual(
        shapes,
        outputs.map((out, i) => [out, outputs[i - 1] ?? 2, 3, 3]),
      )
    }
  })

  test('layer normalisation has a gain and a bias for each number that a block reads', () => {
    const { init } = traceRule(
      trifecta,
      taskOf({ shape: [1, 9, 8] }),
      trifecta.hyper.parse({ normalization: 'layer', width: 0.02 }),
    )
    const shapes = BLOCKS.map((i) => init.metrics.find(({ name }) => name === `layers.${i}.bias`)!.output.shape)
    const [widths, sides] = [
      [2, 3, 3, 5, 5, 5],
      [
        [9, 8],
        [4, 4],
        [4, 4],
        [2, 2],
        [2, 2],
        [2, 2],
      ],
    ]
    assert.deepEqual(
      shapes,
      widths.map((channels, i) => [channels, ...sides[i]!]),
    )
  })

  test('a network that halves images away is refused', () => {
    for (const shape of [
      [1, 4, 4],
      [1, 28, 7],
    ] as const)
      assert.throws(
        () => traceRule(trifecta, taskOf({ shape }), trifecta.hyper.parse({})),
        (error) => error instanceof UserError && error.exitCode === 2 && /at least 8 x 8 pixels/.test(error.message),
      )
  })

  test('the pixels have one mean and deviation, or one for each channel', () => {
    given({ pixelMean: [0.4], pixelDeviation: [0.2, 0.3] })
    assert.throws(() => given({ pixelMean: [0.1, 0.2, 0.3] }), /pixelMean has 3 numbers for images of 2 channels/)
    for (const [size, blocks] of [
      ['small', 6],
      ['large', 12],
    ]) {
      const asked = (goodnessFrom: unknown) => trifecta.hyper.safeParse({ size, goodnessFrom })
      assert.ok(asked(Number(blocks) - 1).success)
      assert.deepEqual(
        asked(blocks).error?.issues.map(({ path }) => path),
        [['goodnessFrom']],
      )
    }
  })
})
