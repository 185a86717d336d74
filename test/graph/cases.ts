import {
  argmax,
  averagePool2d,
  concat,
  constant,
  conv2d,
  dilate,
  gelu,
  grad,
  logSoftmax,
  logSumExp,
  oneHot,
  quantizedProduct,
  range,
  reversed,
  scan,
  softmax,
  type Tensor,
  topK,
  whileLoop,
} from '../../src/graph/index.js'
import { type Argument, at, bools, type Case, exactly, floats, ints, positive, signed } from './case.js'
import { WINDOWS } from './windows.js'

const SHAPES: readonly (readonly [string, Argument, Argument])[] = [
  ['one shape', floats(2, 3), floats(2, 3)],
  ['a row', floats(2, 3), floats(3)],
  ['a row on the left', floats(3), floats(2, 3)],
  ['both stretched', floats(2, 1), floats(1, 3)],
  ['a number', floats(2, 3), floats()],
  ['an axis of one against a lower rank', floats(3, 1, 2), floats(2, 1)],
  ['one number of the same rank', floats(2, 3), floats(1, 1)],
]

type Binary = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum'
const binary = (op: Binary): Case[] => [
  ...SHAPES.map(([name, a, b]) =>
    at(name, op === 'div' ? [a, { ...b, between: [0.5, 2] }] : [a, b], (x, y) => x![op](y!)),
  ),
  ...(op === 'div' ? [] : [at('int32', [signed(2, 3), signed(3)], (x, y) => x![op](y!))]),
]

type Comparison = 'greater' | 'greaterEqual' | 'equal' | 'less'
const comparison = (op: Comparison): Case[] => [
  at('float32 with ties', [exactly([1, -2, 3, 0.5]), exactly([1, 2, -3, 0.5])], (x, y) => x![op](y!)),
  at('int32, stretched', [signed(4, 3), signed(3)], (x, y) => x![op](y!)),
  at('a number', [signed(9)], (x) => x![op](1)),
]

const product = (flips: { transposeA?: boolean; transposeB?: boolean }, lead: number[]): Case => {
  const { transposeA = false, transposeB = false } = flips
  const name = `${lead.length} batch axes${transposeA ? ', left transposed' : ''}${transposeB ? ', right transposed' : ''}`
  const left = floats(...lead, ...(transposeA ? [4, 3] : [3, 4]))
  return at(name, [left, floats(...lead, ...(transposeB ? [5, 4] : [4, 5]))], (a, b) => a!.matmul(b!, flips))
}
const FLIPS = [{}, { transposeA: true }, { transposeB: true }, { transposeA: true, transposeB: true }]

/** A settling network: x relaxes to tanh(w x + b); the sum of the way is put out beside it. */
const settle = (x: Tensor, w: Tensor, b: Tensor): Tensor[] => {
  const { carried, outputs } = scan(4, [x], ([h]) => {
    const next = h!.mul(0.5).add(h!.matmul(w).add(b).tanh().mul(0.5))
    return { carried: [next], outputs: [next.square().sum()] }
  })
  return [carried[0]!, outputs[0]!]
}

/** Every operation of the table, every compound and method that is not one of them, each with its cases. */
export const CASES: Readonly<Record<string, readonly Case[]>> = {
  ...WINDOWS,
  add: binary('add'),
  sub: binary('sub'),
  mul: binary('mul'),
  div: [...binary('div'), at('one by it', [positive(3)], (x) => constant(1).div(x!))],
  maximum: [...binary('maximum'), at('against a number', [floats(3, 4)], (x) => x!.maximum(0.3))],
  minimum: [
    ...binary('minimum'),
    at('against a number', [floats(3, 4)], (x) => x!.minimum(0.3)),
    at('a number against it, between two', [floats(3, 4)], (x) => constant(0.4).minimum(x!.relu())),
  ],
  greater: comparison('greater'),
  greaterEqual: comparison('greaterEqual'),
  equal: comparison('equal'),
  less: comparison('less'),
  and: [at('stretched', [bools(4, 3), bools(3)], (x, y) => x!.and(y!))],
  or: [at('stretched', [bools(4, 3), bools(3)], (x, y) => x!.or(y!))],
  not: [at('plain', [bools(7)], (x) => x!.not())],
  neg: [at('float32', [floats(5)], (x) => x!.neg()), at('int32', [signed(5)], (x) => x!.neg())],
  abs: [at('plain', [floats(3, 4)], (x) => x!.abs())],
  square: [at('plain', [floats(3, 4)], (x) => x!.square())],
  sqrt: [at('plain', [positive(3, 4)], (x) => x!.sqrt())],
  exp: [at('plain', [floats(3, 4)], (x) => x!.exp())],
  log: [at('plain', [positive(3, 4)], (x) => x!.log())],
  tanh: [at('plain', [floats(3, 4)], (x) => x!.tanh()), at('far out', [exactly([-20, -5, 5, 20])], (x) => x!.tanh())],
  sigmoid: [
    at('plain', [floats(3, 4)], (x) => x!.sigmoid()),
    at('far out', [exactly([-15, -5, 5, 30])], (x) => x!.sigmoid()),
  ],
  softplus: [
    at('plain', [floats(3, 4)], (x) => x!.softplus()),
    at('far out', [exactly([-90, -15, 15, 90])], (x) => x!.softplus()),
  ],
  erf: [at('plain', [floats(3, 4)], (x) => x!.erf()), at('tails', [exactly([-4, -3.1, 2.9, 3.5])], (x) => x!.erf())],
  relu: [
    at('plain', [floats(3, 4)], (x) => x!.relu()),
    at('squared: the cotangent vanishes with the activity', [floats(3, 4)], (x) => x!.relu().square()),
    at('squared and summed', [floats(3, 4)], (x) => x!.relu().square().sum(-1)),
  ],
  stopGradient: [
    at('beside a path that flows', [floats(4)], (x) => x!.mul(x!.stopGradient()), {
      gradient: (x) => x!.square().mul(0.5),
    }),
  ],
  cast: [
    at('float32 to int32', [exactly([-2.7, -0.2, 0.9, 3.5])], (x) => x!.cast('int32')),
    at('float32 to bool', [exactly([0, 0.25, -3, 0])], (x) => x!.cast('bool')),
    at('int32 to float32', [signed(6)], (x) => x!.cast('float32')),
    at('int32 to bool', [signed(6)], (x) => x!.cast('bool')),
    at('bool to float32', [bools(6)], (x) => x!.cast('float32')),
    at('bool to int32', [bools(6)], (x) => x!.cast('int32')),
    at('there and back', [floats(6)], (x) => x!.cast('int32').cast('float32').add(x!.greater(0).cast('float32'))),
  ],
  select: [
    at('float32', [bools(2, 3), floats(2, 3), floats(2, 3)], (c, a, b) => c!.select(a!, b!)),
    at('stretched', [bools(4, 2, 3), floats(2, 1), floats(3)], (c, a, b) => c!.select(a!, b!)),
    at('the condition stretched', [bools(3), floats(2, 3), floats(2, 3)], (c, a, b) => c!.select(a!, b!)),
    at('a number', [bools(3), floats(3)], (c, a) => c!.select(a!, -1)),
    at('int32', [bools(3), signed(3), signed(3)], (c, a, b) => c!.select(a!, b!)),
    at('bool', [bools(3), bools(3), bools(3)], (c, a, b) => c!.select(a!, b!)),
  ],
  sum: [
    at('all', [floats(2, 3)], (x) => x!.sum()),
    at('the first axis', [floats(2, 3, 4)], (x) => x!.sum(0)),
    at('two axes, kept', [floats(2, 3, 4)], (x) => x!.sum([0, 2], true)),
    at('no axis', [floats(2, 3)], (x) => x!.sum([])),
    at('of squares', [floats(2, 3)], (x) => x!.square().sum(-1)),
    at('of squares that are read elsewhere too', [floats(2, 3)], (x) => {
      const squares = x!.square()
      return [squares.sum(0), squares.mul(2)]
    }),
    at('int32', [signed(2, 5)], (x) => x!.sum(-1)),
  ],
  mean: [at('last axis', [floats(2, 3)], (x) => x!.mean(-1)), at('all', [floats(2, 3)], (x) => x!.mean())],
  max: [
    at('all', [floats(2, 3)], (x) => x!.max()),
    at('the first axis', [floats(4, 3)], (x) => x!.max(0)),
    at('two axes of three, all negative, kept', [{ ...floats(2, 3, 4), between: [-3, -1] }], (x) =>
      x!.max([0, 2], true),
    ),
    at('a tie of two', [exactly([1, 5, 5, 2, 3, 3], 'float32', [2, 3])], (x) => x!.max(-1)),
    at('int32', [{ ...signed(2, 5), between: [-9, -2] }], (x) => x!.max(-1)),
  ],
  min: [at('last axis', [floats(3, 4)], (x) => x!.min(-1)), at('int32', [signed(3, 4)], (x) => x!.min(0))],
  topK: [
    at('one', [floats(3, 5)], (x) => Object.values(topK(x!, 1))),
    at('three of rank 3', [floats(2, 2, 5)], (x) => Object.values(topK(x!, 3))),
    at('all', [floats(4)], (x) => Object.values(topK(x!, 4))),
    at('ties: the first index first', [exactly([1, 2, 2, 0, 2])], (x) => Object.values(topK(x!, 3)), {
      gradient: 'none',
    }),
  ],
  constant: [
    at('float32, int32, bool', [floats(3)], (x) => [
      x!.mul(constant([1, 2, 3])),
      x!.cast('int32').add(constant([4, 5, 6], [3], 'int32')),
      x!.greater(0).and(constant([0, 1, 1], [3], 'bool')),
    ]),
  ],
  input: [at('as it is', [floats(2, 2)], (x) => x!)],
  reshape: [
    at('one size left open', [floats(2, 6)], (x) => x!.reshape([3, -1])),
    at('to a scalar', [floats(1, 1)], (x) => x!.reshape([])),
    at('int32 and bool', [signed(2, 3), bools(4)], (x, y) => [x!.reshape([6]), y!.reshape([2, 2])]),
  ],
  transpose: [
    at('reversed', [floats(2, 3)], (x) => x!.transpose()),
    at('a cycle of three axes', [floats(2, 3, 4)], (x) => x!.transpose([2, 0, 1])),
    at('channels last', [floats(2, 3, 2, 2)], (x) => x!.transpose([0, 2, 3, 1])),
    at('int32 and bool', [signed(2, 3), bools(2, 3)], (x, y) => [x!.transpose(), y!.transpose()]),
    at('blocks of pixels to channels', [floats(2, 2, 2, 2, 3, 2)], (x) => x!.transpose([0, 1, 3, 5, 2, 4])),
    at('channels to blocks of pixels', [floats(2, 2, 2, 2, 2, 3)], (x) => x!.transpose([0, 1, 4, 2, 5, 3])),
    at('int32 and bool blocks', [signed(1, 2, 2, 2, 2, 2), bools(1, 2, 2, 2, 2, 2)], (x, y) => [
      x!.transpose([0, 1, 3, 5, 2, 4]),
      y!.transpose([0, 1, 4, 2, 5, 3]),
    ]),
    at('blocks that are no squares', [floats(1, 2, 2, 2, 2, 3)], (x) => x!.transpose([0, 1, 3, 5, 2, 4])),
  ],
  broadcastTo: [
    at('a new axis', [floats(3)], (x) => x!.broadcastTo([2, 3])),
    at('an inner axis', [floats(2, 1, 3)], (x) => x!.broadcastTo([2, 4, 3])),
    at('a scalar', [floats()], (x) => x!.broadcastTo([2, 2])),
    at('int32 and bool pixels to blocks', [signed(2, 1, 2, 1, 3, 1), bools(2, 1, 2, 1, 3, 1)], (x, y) => [
      x!.broadcastTo([2, 1, 2, 2, 3, 4]),
      y!.broadcastTo([2, 1, 2, 2, 3, 4]),
    ]),
    at('pixels to blocks', [floats(2, 1, 2, 1, 3, 1)], (x) => x!.broadcastTo([2, 1, 2, 2, 3, 4])),
    at('int32 and bool', [signed(3), bools(3)], (x, y) => [x!.broadcastTo([2, 3]), y!.broadcastTo([2, 3])]),
  ],
  slice: [
    at('the middle', [floats(5, 2)], (x) => x!.slice(0, 1, 4)),
    at('in steps that leave a rest', [floats(2, 8)], (x) => x!.slice(1, 1, 7, 3)),
    at('every second int32 and bool', [signed(2, 4), bools(2, 4)], (x, y) => [
      x!.slice(1, 0, 4, 2),
      y!.slice(1, 1, 4, 2),
    ]),
    at('every third of whole lines', [floats(2, 6)], (x) => x!.slice(1, 1, 6, 3)),
    at('in steps to the end', [floats(7)], (x) => x!.slice(0, 0, 7, 2)),
    at('an inner axis', [floats(2, 6, 2)], (x) => x!.slice(-2, 2, 6, 2)),
    at('int32 and bool', [signed(5), bools(5)], (x, y) => [x!.slice(0, 1, 4), y!.slice(0, 0, 5, 2)]),
  ],
  pad: [
    at('unlike sides', [floats(2, 3)], (x) =>
      x!.pad([
        [1, 0],
        [0, 2],
      ]),
    ),
    at('a value', [floats(2, 2, 2)], (x) =>
      x!.pad(
        [
          [0, 1],
          [0, 0],
          [2, 0],
        ],
        -1.5,
      ),
    ),
    at('int32', [signed(3)], (x) => x!.pad([[1, 2]], 7)),
    at('bool', [bools(3)], (x) => x!.pad([[1, 2]], 1)),
  ],
  concat: [
    at('rows', [floats(1, 3), floats(2, 3)], (a, b) => concat([a!, b!], 0)),
    at('columns, three parts', [floats(2, 1), floats(2, 2), floats(2, 3)], (a, b, c) => concat([a!, b!, c!], -1)),
    at('a tensor twice', [floats(2, 2)], (a) => concat([a!, a!.square(), a!], 1)),
    at('int32 and bool', [signed(2), bools(3)], (a, b) => [concat([a!, a!], 0), concat([b!, b!], 0)]),
  ],
  gather: [
    at('rows, some twice', [floats(4, 3), exactly([1, 3, 1, 1, 0], 'int32')], (x, i) => x!.gather(i!)),
    at('every row, in another order', [floats(4, 3)], (x) => x!.gather(constant([2, 0, 3, 1], [4], 'int32'))),
    at('as many rows as there are, one twice', [floats(3, 2)], (x) => x!.gather(constant([2, 0, 2], [3], 'int32'))),
    at('indices of rank 2', [floats(4, 2), ints(4, 2, 3)], (x, i) => x!.gather(i!)),
    at('one row', [floats(4, 2), exactly([2], 'int32', [])], (x, i) => x!.gather(i!)),
    at('int32', [signed(4), ints(4, 6)], (x, i) => x!.gather(i!)),
    at('bool', [bools(4, 2), ints(4, 3)], (x, i) => x!.gather(i!)),
  ],
  dilate: [at('an inner axis', [floats(2, 3, 2)], (x) => dilate(x!, 1, 3))],
  range: [at('counted', [signed(3)], (x) => x!.add(range(3)))],
  reversed: [at('rows', [floats(3, 2)], (x) => reversed(x!))],
  matmul: [
    ...FLIPS.flatMap((flips) => [product(flips, []), product(flips, [2]), product(flips, [2, 3])]),
    at('no batch axis on the right', [floats(2, 3, 4), floats(4, 5)], (a, b) => a!.matmul(b!)),
    at('no batch axis on the right, transposed', [floats(2, 3, 4), floats(5, 4)], (a, b) =>
      a!.matmul(b!, { transposeB: true }),
    ),
    at('no batch axis on the right, the left one transposed', [floats(2, 4, 3), floats(4, 5)], (a, b) =>
      a!.matmul(b!, { transposeA: true }),
    ),
    at('by itself', [floats(3, 3)], (a) => a!.matmul(a!, { transposeB: true })),
  ],
  logSumExp: [
    at('plain', [floats(3, 4)], (x) => logSumExp(x!)),
    at('large', [exactly([800, 799, 1, -700, -701, -705], 'float32', [2, 3])], (x) => logSumExp(x!)),
  ],
  gelu: [at('plain', [floats(3, 4)], (x) => gelu(x!)), at('tails', [exactly([-6, -2, 0, 3, 6])], (x) => gelu(x!))],
  softmax: [
    at('plain', [floats(3, 4)], (x) => softmax(x!)),
    at('large', [exactly([800, 799, 1, -700, -701, -705], 'float32', [2, 3])], (x) => softmax(x!)),
  ],
  logSoftmax: [
    at('plain', [floats(3, 4)], (x) => logSoftmax(x!)),
    at('summed over its axis', [floats(2, 3)], (x) => logSoftmax(x!).sum(-1)),
    at('large', [exactly([800, 799, 1, -700, -701, -705], 'float32', [2, 3])], (x) => logSoftmax(x!)),
  ],
  oneHot: [at('a row', [ints(4, 5)], (i) => oneHot(i!, 4)), at('rank 2', [ints(3, 2, 2)], (i) => oneHot(i!, 3))],
  argmax: [
    at('plain', [floats(4, 5)], (x) => argmax(x!)),
    at('rank 3', [floats(2, 3, 4)], (x) => argmax(x!)),
    at('ties: the first one', [exactly([1, 3, 3, 2, 2, 2], 'float32', [2, 3])], (x) => argmax(x!)),
  ],
  loop: [
    at('weights from outside, stacked outputs', [floats(2, 3), floats(3, 3), floats(3)], (x, w, b) =>
      settle(x!, w!, b!),
    ),
    at('the index', [floats(2)], (x) => {
      const { carried } = scan(3, [x!], ([h], index) => ({ carried: [h!.mul(index.cast('float32').add(1)).tanh()] }))
      return carried[0]!
    }),
    at('rows of a series by the index, a counter in int32', [floats(4, 3), floats(3)], (series, decay) => {
      const zero = constant(0, [], 'int32')
      const { carried, outputs } = scan(4, [decay!, zero], ([h, n], index) => {
        const next = h!.mul(decay!).add(series!.gather(index))
        return { carried: [next, n!.add(2)], outputs: [next.sum(), n!.mul(index)] }
      })
      return [...carried, ...outputs]
    }),
    at('only the stacked outputs are read', [floats(3)], (x) => {
      const { outputs } = scan(3, [x!], ([h]) => ({ carried: [h!.sigmoid()], outputs: [h!.square(), h!.sum()] }))
      return outputs[1]!
    }),
    at('what comes back is what was outside', [floats(3), floats(3)], (x, y) => {
      const { carried, outputs } = scan(2, [x!], ([h]) => ({ carried: [y!], outputs: [h!, y!] }))
      return [...carried, ...outputs]
    }),
    at(
      'two carried values change places',
      [floats(2), floats(2)],
      (x, y) => scan(3, [x!, y!], ([a, b]) => ({ carried: [b!, a!.mul(2)] })).carried,
    ),
    at('a loop in a loop that reads from both', [floats(2, 2), floats(2, 2)], (x, w) => {
      const { carried, outputs } = scan(2, [x!], ([h], i) => {
        const scale = h!.mean()
        const inner = scan(3, [h!], ([a], j) => {
          const next = a!.matmul(w!).add(scale).tanh().mul(j.add(i).cast('float32').mul(0.1).add(1))
          return { carried: [next], outputs: [next.sum(0)] }
        })
        return { carried: [inner.carried[0]!.add(h!)], outputs: [inner.outputs[0]!.square()] }
      })
      return [...carried, ...outputs]
    }),
    at('a gradient inside the body', [floats(3), floats(3)], (x, target) => {
      const descend = scan(3, [x!], ([h]) => {
        const [slope] = grad(h!.tanh().sub(target!).square().sum(), [h!])
        return { carried: [h!.sub(slope!.mul(0.1))] }
      })
      return descend.carried
    }),
    at(
      'until the residual is small',
      [{ ...floats(3), between: [0.5, 2] }],
      (x) => {
        const half = (h: Tensor, limit: number): Tensor =>
          whileLoop(limit, [h], ([a]) => {
            const next = a!.mul(0.5)
            return { carried: [next], condition: next.sum().greater(0.2) }
          })[0]!
        return [half(x!, 3), half(x!, 20)]
      },
      { gradient: 'refused' },
    ),
    at(
      'until the residual is small, in a loop of a fixed count',
      [{ ...floats(3), between: [0.5, 2] }],
      (x) => {
        const { carried, outputs } = scan(2, [x!], ([h], i) => {
          const [settled, count] = whileLoop(9, [h!, constant(0, [], 'int32')], ([a, n]) => {
            const next = a!.mul(0.6)
            return { carried: [next, n!.add(1)], condition: next.sum().greater(i.cast('float32').mul(-0.2).add(0.5)) }
          })
          return { carried: [settled!.add(0.3)], outputs: [count!] }
        })
        return [...carried, ...outputs]
      },
      { gradient: 'refused' },
    ),
  ],
  quantizedMatmul: FLIPS.map((flips) => {
    const { name, inputs } = product(flips, [])
    return at(name, inputs, (a, b) => quantizedProduct(a!, b!, flips), {
      gradient: (a, b) => a!.matmul(b!, flips),
      rounding: 5e-2,
      webgpu: 'refused',
    })
  }),
  grad: [
    at('of a gradient: a penalty on its length', [floats(2, 3), floats(3, 2)], (x, w) => {
      const [slope] = grad(x!.matmul(w!).tanh().square().sum(), [x!])
      return slope!.square().sum(-1)
    }),
    at('of a gradient through convolution and pooling', [floats(1, 2, 4, 4), floats(2, 2, 3, 3)], (x, w) => {
      const [slope] = grad(
        averagePool2d(conv2d(x!, w!, { padding: 1 }), 2)
          .square()
          .sum(),
        [w!],
      )
      return slope!.square().sum([1, 2, 3])
    }),
    at('of a gradient through a loop', [floats(1, 2), floats(2, 2), floats(2)], (x, w, b) => {
      const [slope] = grad(settle(x!, w!, b!)[0]!.square().sum(), [w!])
      return slope!.square().sum()
    }),
    at('a value used three ways', [floats(2, 3)], (x) => x!.mul(x!.sum(0)).add(x!.exp()).mean(1)),
    at('cross-entropy of a small network', [floats(4, 3), floats(3, 5), floats(5), ints(5, 4)], (x, w, b, label) =>
      logSoftmax(x!.matmul(w!).relu().add(b!)).mul(oneHot(label!, 5)).sum(-1).neg(),
    ),
  ],
}
