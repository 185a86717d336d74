// What central differences cannot show: kinks and ties, loops in closed form, sums of bytes, and what is refused.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  concat,
  constant,
  conv2d,
  GraphError,
  grad,
  input,
  interpret,
  maxPool2d,
  quantizedConv2d,
  quantizedProduct,
  scan,
  type Tensor,
  topK,
  value,
  whileLoop,
} from '../../src/graph/index.js'
import type { DType } from '../../src/graph/types.js'

const x = (shape: number[], dtype: DType = 'float32'): Tensor => input({ name: 'x', kind: 'data', shape, dtype })

/** The gradient of `f` at `data`, from the interpreter. */
function slopes(f: (x: Tensor) => Tensor, data: number[], shape = [data.length]): number[] {
  const source = x(shape)
  const [slope] = grad(f(source), [source])
  return Array.from(interpret([slope!], new Map([[source, value(source, data)]]))[0]!.data)
}

describe('kinks and ties', () => {
  it('relu and abs have the slope 0 at 0', () => {
    assert.deepEqual(
      slopes((a) => a.relu().sum(), [-1, 0, 2]),
      [0, 0, 1],
    )
    assert.deepEqual(
      slopes((a) => a.abs().sum(), [-1, 0, 2]),
      [-1, 0, 1],
    )
  })

  it('of two equal operands the first one gets the cotangent', () => {
    const other = constant([1, 2, 3])
    assert.deepEqual(
      slopes((a) => a.maximum(other).sum(), [1, 1, 4]),
      [1, 0, 1],
    )
    assert.deepEqual(
      slopes((a) => other.maximum(a).sum(), [1, 1, 4]),
      [0, 0, 1],
    )
    assert.deepEqual(
      slopes((a) => a.minimum(other).sum(), [1, 1, 4]),
      [1, 1, 0],
    )
    assert.deepEqual(
      slopes((a) => other.minimum(a).sum(), [1, 1, 4]),
      [0, 1, 0],
    )
  })

  it('equal maxima share it, and in a pooling window the first one gets it', () => {
    assert.deepEqual(
      slopes((a) => a.max(), [3, 1, 3, 3]),
      [1 / 3, 0, 1 / 3, 1 / 3],
    )
    // Side by side: column by column. Rows and columns that fill no window get nothing.
    assert.deepEqual(
      slopes((a) => maxPool2d(a, 2).sum(), [1, 5, 9, 5, 5, 9, 9, 9, 9], [1, 1, 3, 3]),
      [0, 0, 0, 1, 0, 0, 0, 0, 0],
    )
    assert.deepEqual(
      slopes((a) => maxPool2d(a, 2).sum(), [5, 1, 5, 1], [1, 1, 2, 2]),
      [1, 0, 0, 0],
    )
    assert.deepEqual(
      slopes((a) => maxPool2d(a, 3).sum(), [1, 2, 7, 1, 7, 7, 7, 2, 7], [1, 1, 3, 3]),
      [0, 0, 0, 0, 0, 0, 1, 0, 0],
    )
    // Overlapping windows, all equal: the first cell of each.
    const ones = new Array<number>(9).fill(2)
    assert.deepEqual(
      slopes((a) => maxPool2d(a, 2, 1).sum(), ones, [1, 1, 3, 3]),
      [1, 1, 0, 1, 1, 0, 0, 0, 0],
    )
  })

  it('of equal elements topK gives the cotangent to those it named', () => {
    assert.deepEqual(
      slopes(
        (a) =>
          topK(a, 2)
            .values.mul(constant([1, 10]))
            .sum(),
        [4, 7, 4, 4],
      ),
      [10, 1, 0, 0],
    )
  })
})

describe('gradients', () => {
  it('of what the loss does not depend on is zero', () => {
    const [a, b] = [x([2]), x([3])]
    const [, slope] = grad(a.sum(), [a, b])
    assert.deepEqual(Array.from(interpret([slope!], new Map())[0]!.data), [0, 0, 0])
  })

  it('stop at stopGradient, casts and comparisons', () => {
    assert.deepEqual(
      slopes((a) => a.stopGradient().square().sum(), [1, 2]),
      [0, 0],
    )
    assert.deepEqual(
      slopes((a) => a.cast('int32').cast('float32').mul(a.greater(0).cast('float32')).sum(), [1, 2]),
      [0, 0],
    )
  })

  it('of gradients, in closed form: the third derivative of x^4 is 24 x', () => {
    const derivative = (f: (a: Tensor) => Tensor) => (a: Tensor) => grad(f(a).sum(), [a])[0]!
    const fourth = (a: Tensor): Tensor => a.square().square()
    assert.deepEqual(
      slopes((a) => derivative(derivative(fourth))(a).sum(), [1, -2]),
      [24, -48],
    )
  })

  it('through a loop in a loop, in closed form: x a^12', () => {
    const [a, start] = [x([]), x([])]
    const { carried } = scan(3, [start], ([h]) => ({
      carried: scan(4, [h!], ([k]) => ({ carried: [k!.mul(a)] })).carried,
    }))
    const bindings = new Map([
      [a, value(a, [1.1])],
      [start, value(start, [2])],
    ])
    const [ofA, ofStart] = grad(carried[0]!.sum(), [a, start])
    const [slopeA, slopeStart, curvature] = interpret([ofA!, ofStart!, grad(ofA!, [a])[0]!], bindings)
    const near = (actual: number, expected: number): void => assert.ok(Math.abs(actual / expected - 1) < 1e-12)
    near(slopeA!.data[0]!, 2 * 12 * 1.1 ** 11)
    near(slopeStart!.data[0]!, 1.1 ** 12)
    near(curvature!.data[0]!, 2 * 12 * 11 * 1.1 ** 10)
  })

  it('count a captured tensor once, though another captured tensor is made of it', () => {
    const a = x([])
    const doubled = a.mul(2)
    const { carried } = scan(3, [constant(0)], ([h]) => ({ carried: [h!.add(a).add(doubled)] }))
    const [slope] = grad(carried[0]!, [a])
    assert.equal(interpret([slope!], new Map([[a, value(a, [1])]]))[0]!.data[0], 9)
  })
})

describe('8 bits', () => {
  const run = (outputs: Tensor[], bindings: [Tensor, number[]][]): number[][] =>
    interpret(outputs, new Map(bindings.map(([tensor, data]) => [tensor, value(tensor, data)]))).map(({ data }) =>
      Array.from(data),
    )

  it('give the exact product where both operands lie on their grids', () => {
    const [a, b] = [x([2, 3]), x([3, 2])]
    const values: [Tensor, number[]][] = [
      [a, [0, 255, 7, 100, 31, 254]],
      [b, [63, -63, 1, 5, -40, 22]],
    ]
    const [eight, plain] = run([quantizedProduct(a, b), a.matmul(b)], values)
    assert.deepEqual(eight, plain)
  })

  it('round to the nearest level, half to even, over the range that holds zero', () => {
    const [a, one] = [x([4, 1]), x([1, 1])]
    // The range 0..255 in steps of 1: 2.5 goes to 2, 3.5 to 4.
    const [rounded] = run(
      [quantizedProduct(a, one)],
      [
        [a, [2.5, 3.5, 255, 9.4]],
        [one, [63]],
      ],
    )
    assert.deepEqual(rounded, [126, 252, 16065, 567])
  })
})

describe('refusals', () => {
  const whole = x([4], 'int32')
  const refused: [string, () => unknown, RegExp][] = [
    ['add', () => x([2, 3]).add(x([2])), /^add: .*\[2, 3\].*\[2\]/],
    ['dtypes', () => x([2]).add(x([2], 'int32')), /^add: .*float32.*int32/],
    ['sqrt of int32', () => x([2], 'int32').sqrt(), /^sqrt: expected float32, got int32/],
    ['select', () => x([2]).select(1, 2), /^select: .*bool.*float32/],
    ['matmul', () => x([2, 3]).matmul(x([4, 5])), /^matmul: .*\[2, 3\].*\[4, 5\]/],
    [
      'matmul, transposed',
      () => x([2, 3]).matmul(x([3, 5]), { transposeA: true }),
      /^matmul: \[2, 3\] transposed.*\[3, 5\]/,
    ],
    ['conv2d', () => conv2d(x([1, 2, 4, 4]), x([3, 3, 3, 3])), /^conv2d: .*\[1, 2, 4, 4\].*\[3, 3, 3, 3\]/],
    ['conv2d, too small', () => conv2d(x([1, 2, 2, 2]), x([3, 2, 3, 3])), /^conv2d: .*\[3, 2, 3, 3\].*\[1, 2, 2, 2\]/],
    ['pooling', () => maxPool2d(x([1, 2, 2, 2]), 3), /^pooling: .*\[3, 3\].*\[1, 2, 2, 2\]/],
    ['reshape', () => x([2, 3]).reshape([4, -1]), /^reshape: \[2, 3\].*\[4, 1.5\]/],
    ['transpose', () => x([2, 3]).transpose([0, 0]), /^transpose: \[0, 0\].*\[2, 3\]/],
    ['broadcastTo', () => x([2, 3]).broadcastTo([3]), /^broadcastTo: \[2, 3\].*\[3\]/],
    ['slice', () => x([2, 3]).slice(1, 2, 5), /^slice: .*\[2, 5\).*\[2, 3\]/],
    ['pad', () => x([2, 3]).pad([[1, 1]]), /^pad: .*\[2, 3\]/],
    ['concat', () => concat([x([2, 3]), x([2, 4])], 0), /^concat: \[2, 3\] and \[2, 4\]/],
    ['gather', () => x([2, 3]).gather(x([2])), /^gather: .*int32.*float32/],
    ['topK', () => topK(x([2, 3]), 4), /^topK: 4 .*\[2, 3\]/],
    ['slice, to a half', () => x([5]).slice(0, 0, 2.5), /^slice: \[0, 2\.5\).*\[5\]/],
    ['half a size', () => constant(0).broadcastTo([2.5]), /^broadcastTo: .* whole numbers, not \[2\.5\]/],
    ['half a window', () => maxPool2d(x([1, 2, 5, 5]), 2.5), /^windows have whole sizes.*2\.5/],
    ['pooling, padded too widely', () => maxPool2d(x([1, 2, 4, 4]), 2, 2, 2), /^pooling: .*\[2, 2\].* padding alone/],
    ['an axis, twice', () => x([2, 3]).mean([1, -1]), /axes \[1, -1\] .*rank 2 name one twice/],
    ['an axis', () => x([2, 3]).sum(2), /axis 2 .*rank 2/],
    ['sum of bool', () => x([2], 'bool').sum(), /got bool \[2\]/],
    ['quantizedProduct', () => quantizedProduct(x([2, 3]), x([4, 5])), /^quantizedProduct: \[2, 3\] and \[4, 5\]/],
    [
      'quantizedProduct of rank 3',
      () => quantizedProduct(x([1, 2, 3]), x([1, 3, 5])),
      /^quantizedProduct: .*\[1, 2, 3\]/,
    ],
    [
      'quantizedConv2d in groups',
      () => quantizedConv2d(x([1, 2, 4, 4]), x([2, 1, 3, 3]), { groups: 2 }),
      /one group only, got 2/,
    ],
    ['a constant', () => constant([1, 2], [3]), /^constant: 2 .*\[3\]/],
    ['a fraction of whole numbers', () => whole.mul(0.5), /^int32 holds whole numbers .* 0\.5/],
    ['the mean of whole numbers', () => whole.mean(), /^int32 holds whole numbers .* 0\.25/],
    ['a value', () => value(x([3]), [1, 2]), /2 numbers .*\[3\]/],
    ['grad of many numbers', () => grad(x([2]), []), /^grad: .*float32 \[2\]/],
    ['scan', () => scan(2, [x([2])], ([h]) => ({ carried: [h!.sum()] })), /^scan: .*\[2\].*\[\]/],
    ['scan, no times', () => scan(0, [x([2])], (carried) => ({ carried })), /^scan: the count/],
    [
      'a loop that stops by a condition, differentiated',
      () => {
        const start = x([])
        const [end] = whileLoop(5, [start], ([h]) => ({ carried: [h!.mul(0.5)], condition: h!.greater(1) }))
        return grad(end!, [start])
      },
      /^grad: a loop that stops by a condition has no derivative; use scan/,
    ],
    [
      'a tensor of a body, outside',
      () => {
        let inner: Tensor | undefined
        scan(2, [x([2])], ([h]) => {
          inner = h!.exp()
          return { carried: [inner] }
        })
        return inner!.add(1)
      },
      /^add: a tensor of a loop's body was used outside of it/,
    ],
    [
      'a tensor of one body, in another',
      () => {
        let inner: Tensor | undefined
        scan(2, [x([2])], ([h]) => {
          inner = h!.exp()
          return { carried: [inner] }
        })
        return scan(2, [x([2])], ([h]) => ({ carried: [h!.add(inner!)] }))
      },
      /^add: a tensor of one loop's body was used inside another/,
    ],
  ]
  for (const [name, build, message] of refused)
    it(`${name}: says what, which shapes and where`, () => {
      assert.throws(build, (error: Error) => {
        assert.ok(error instanceof GraphError, String(error))
        assert.match(error.message, message)
        assert.match(error.message, /\(at .*exact\.test\.[jt]s:\d+:\d+\)/, 'the caller')
        return true
      })
    })
})
