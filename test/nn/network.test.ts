import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant, maxPool2d, type Tensor } from '../../src/graph/index.js'
import {
  affine,
  convolve,
  hiddenLayers,
  leaves,
  mapTree,
  type NetworkOptions,
  ones,
  type Random,
  rebuild,
} from '../../src/nn/index.js'
import { close, normals, numbers } from './evaluate.js'

const random: Random = { uniform: (_, shape) => ones(shape), normal: normals }
const CONVOLUTIONAL: NetworkOptions = { network: 'convolutional', units: [3, 4, 5], kernel: 3, poolAfter: [0, 2] }

test('affine maps: x W + b by hand, dense and over places', () => {
  const layer = { weight: constant([1, 2, 3, 4, 5, 6], [2, 3]), bias: constant([10, 20, 30]) }
  assert.deepEqual(numbers(affine(layer, constant([1, -1], [1, 2]))), [7, 17, 27])
  const kernels = { weight: constant([2, -1], [2, 1, 1, 1]), bias: constant([0.5, 1]) }
  assert.deepEqual(numbers(convolve(kernels, constant([1, 2], [1, 1, 1, 2]))), [2.5, 4.5, 0, -1])
})

test('8-bit products lie within the rounding of both operands, dense and over places', () => {
  const largest = (t: Tensor): number => Math.max(...numbers(t).map(Math.abs))
  const [dense] = hiddenLayers({ ...CONVOLUTIONAL, network: 'dense' }, [2, 4, 4])
  const [convolutional] = hiddenLayers(CONVOLUTIONAL, [2, 4, 4])
  const x = normals('images', [3, 2, 4, 4])
  for (const [layer, terms, shape] of [
    [dense!, 32, [32, 3]],
    [convolutional!, 18, [3, 2, 3, 3]],
  ] as const) {
    const weight = normals('weight', shape)
    const exact = numbers(layer.linear(weight, x))
    const rounded = numbers(layer.linear(weight, x, { bits: 8, levels: 127 }))
    assert.notDeepEqual(rounded, exact)
    // Each term is off by half a step of one operand times the other one, and the other way round.
    const bound = terms * 1.1 * largest(weight) * largest(x) * (1 / 255 + 1 / 254)
    exact.forEach((value, i) => {
      assert.ok(Math.abs(value - rounded[i]!) < bound)
    })
  }
})

test('a pooling in front of what it is to follow reads the same map, whose last odd row and column it leaves out', () => {
  for (const kernel of [1, 2, 3])
    for (const side of [4, 5]) {
      const [layer] = hiddenLayers({ ...CONVOLUTIONAL, kernel }, [2, side, side + 1])
      const weight = normals('weight', [3, 2, kernel, kernel])
      const x = normals('images', [2, 2, side, side + 1])
      close(numbers(layer!.pooledLinear(weight, x)), numbers(layer!.pool(layer!.linear(weight, x))))
    }
})

describe('the layers of a network', () => {
  test('dense: each reads all that the one below put out', () => {
    const layers = hiddenLayers({ ...CONVOLUTIONAL, network: 'dense' }, [2, 4, 4])
    assert.deepEqual(
      layers.map(({ inputShape, outputShape }) => [inputShape, outputShape]),
      [
        [[32], [3]],
        [[3], [4]],
        [[4], [5]],
      ],
    )
  })

  test('convolutional: sizes halve where pooling was asked for, and the shapes are what comes out', () => {
    const layers = hiddenLayers(CONVOLUTIONAL, [2, 9, 6])
    assert.deepEqual(
      layers.map(({ outputShape }) => outputShape),
      [
        [3, 4, 3],
        [4, 4, 3],
        [5, 2, 1],
      ],
    )
    let x = normals('images', [2, 2, 9, 6])
    for (const [i, layer] of layers.entries()) {
      const { weight, bias } = layer.init(random, `layers.${i}`, 'he')
      assert.deepEqual(x.shape.slice(1), layer.inputShape)
      x = layer.pool(layer.linear(weight, x).add(layer.offset(bias)).relu())
    }
    assert.deepEqual(x.shape, [2, 5, 2, 1])
  })

  test('their parts put together are the convolution, its bias and the pooling', () => {
    const [layer] = hiddenLayers({ ...CONVOLUTIONAL, units: [3] }, [2, 4, 4])
    const x = normals('images', [2, 2, 4, 4])
    const weight = normals('weight', [3, 2, 3, 3])
    const bias = constant([1, 2, 3])
    const whole = layer!.pool(layer!.linear(weight, x).add(layer!.offset(bias)))
    close(numbers(whole), numbers(maxPool2d(convolve({ weight, bias }, x, { padding: 'same' }), 2)), 1e-15)
  })
})

test('trees: dotted names in the order of writing; the same shape with other leaves', () => {
  const [a, b, c] = [constant(1), constant(2), constant(3)] as const
  const tree = { layers: [{ w: a }, { w: b }], count: c }
  assert.deepEqual(
    leaves(tree).map(([name]) => name),
    ['layers.0.w', 'layers.1.w', 'count'],
  )
  assert.deepEqual(leaves(rebuild(tree, [c, b, a])), [
    ['layers.0.w', c],
    ['layers.1.w', b],
    ['count', a],
  ])
  const names: string[] = []
  const copy = mapTree(tree, (leaf, name) => {
    names.push(name)
    return leaf
  })
  assert.deepEqual(copy, tree)
  assert.deepEqual(names, ['layers.0.w', 'layers.1.w', 'count'])
})
