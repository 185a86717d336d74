const elementwise = 'src/graph/primitives/elementwise.ts'
const product = 'src/graph/primitives/product.ts'
const pool = 'src/graph/primitives/pool.ts'
const shape = 'src/graph/primitives/shape.ts'
const reduce = 'src/graph/primitives/reduce.ts'
const loop = 'src/graph/primitives/loop.ts'
const quantized = 'src/graph/primitives/quantized.ts'
const emitter = 'src/onnx/emitter.ts'

const table = { tests: 'graph/operations' }
const exact = { tests: 'graph/exact' }
const programs = { tests: 'onnx/emitter' }

export default [
  {
    what: 'relu passes every cotangent on',
    file: elementwise,
    find: '[vanishesWith(g, y) ? g : g.mul(asFloat(y.greater(0)))]',
    replace: '[g]',
    ...table,
    names: 'relu',
  },
  {
    what: 'relu takes every product for one that vanishes',
    file: elementwise,
    find: 'if (product === factor) return true',
    replace: "if (product === factor || product.node.op === 'mul') return true",
    ...table,
    names: 'relu',
  },
  {
    what: 'a stretched axis of one keeps a single cotangent',
    file: elementwise,
    find: 'return whole.sum(axes, true).reshape(shape)',
    replace: 'return axes.reduce((g, axis) => g.slice(axis, 0, 1), whole).reshape(shape)',
    ...table,
    names: 'add|mul',
  },
  {
    what: 'of two equal operands the second one gets the cotangent',
    file: elementwise,
    find: 'split(g, a.greaterEqual(b))',
    replace: 'split(g, a.greater(b))',
    ...exact,
  },
  {
    what: "the quotient's slope has the wrong sign",
    file: elementwise,
    find: 'g.mul(y).div(b).neg()',
    replace: 'g.mul(y).div(b)',
    ...table,
    names: 'div',
  },
  {
    what: "a transposed right operand's gradient is not turned back",
    file: product,
    find: '? g!.matmul(a!, { transposeA: true, transposeB: transposeA })',
    replace: '? g!.matmul(a!, { transposeA: true, transposeB: transposeA }).neg()',
    ...table,
    names: 'matmul',
  },
  {
    what: 'the padding of the input gradient changes sides',
    file: product,
    find: 'pads.push([Math.max(0, before), Math.max(0, after)])',
    replace: 'pads.push([Math.max(0, after), Math.max(0, before)])',
    ...table,
    names: 'conv2d',
  },
  {
    what: 'the weights of the input gradient are not flipped',
    file: product,
    find: 'const swapped = reversed(w.reshape([out * perGroup, kh * kw]).transpose())',
    replace: 'const swapped = w.reshape([out * perGroup, kh * kw]).transpose()',
    ...table,
    names: 'conv2d',
  },
  {
    what: 'a pooling window pays every tied cell',
    file: pool,
    find: 'open = open.sub(hit)',
    replace: '',
    ...exact,
  },
  {
    what: 'the mean of a window is its sum, backwards',
    file: pool,
    find: 'const share = g!.mul(1 / sizeOf(node.attributes.kernel))',
    replace: 'const share = g!.mul(1)',
    ...table,
    names: 'averagePool2d',
  },
  {
    what: 'the gradient of pad cuts by the other side',
    file: shape,
    find: 'inner.slice(i, widths[i][0], widths[i][0] + size)',
    replace: 'inner.slice(i, widths[i][1], widths[i][1] + size)',
    ...table,
    names: 'pad',
  },
  {
    what: 'the gradient of a slice in steps is not spread',
    file: shape,
    find: 'const spread = dilate(g!, axis, step)',
    replace: 'const spread = dilate(g!, axis, 1)',
    ...table,
    names: 'slice',
  },
  {
    what: 'the sum over leading axes misses a row',
    file: reduce,
    find: 'new Float32Array(rows).fill(1)',
    replace: 'new Float32Array(rows).fill(1, 1)',
    ...table,
    names: 'sum',
  },
  {
    what: 'tied maxima get the whole cotangent each',
    file: reduce,
    find: '.div(hits.sum(node.attributes.axes, true))',
    replace: '',
    ...exact,
  },
  {
    what: 'what a loop reads from outside is not summed over the iterations',
    file: loop,
    find: '?.gather(at) : before[i]',
    replace: '?.gather(at) : undefined',
    ...table,
    names: 'loop',
  },
  {
    what: 'a loop is pulled back forwards',
    file: loop,
    find: "constant(count - 1, [], 'int32').sub(index)",
    replace: "constant(0, [], 'int32').add(index)",
    ...table,
    names: 'loop',
  },
  {
    what: "the cotangents of a loop's history are lost",
    file: loop,
    find: 'cotangents[size + stacked.length + i]?.gather(at)',
    replace: 'undefined as Tensor | undefined',
    ...table,
    names: 'through a loop',
  },
  {
    what: 'one captured tensor is counted through another',
    file: loop,
    find: "apply('reshape', [x], { shape: x.shape })[0]!)",
    replace: 'x)',
    ...exact,
  },
  {
    what: 'bytes round half up',
    file: quantized,
    find: 'rest < 0.5 || (rest === 0.5 && floor % 2 === 0)',
    replace: 'rest < 0.5',
    ...exact,
  },
  {
    what: 'sums of bytes overflow',
    file: quantized,
    find: 'const LONGEST = 66_311',
    replace: 'const LONGEST = 1e9',
    ...programs,
  },
  {
    what: 'padded bytes are 0 instead of the byte that stands for 0',
    file: quantized,
    find: "emit.one('Pad', [image, emit.int64s(widths), zero])",
    replace: "emit.one('Pad', [image, emit.int64s(widths), emit.scalar(0, 'uint8')])",
    ...table,
    names: 'quantizedConv2d',
  },
  {
    what: 'what a body made is handed to the next one',
    file: emitter,
    find: 'this.#made = new Map(outer[2])',
    replace: 'this.#made = outer[2]',
    ...programs,
  },
  {
    what: 'a copied body reads what the first one read',
    file: emitter,
    find: 'for (const [i, x] of body.captured.entries()) this.bind(x, captured[i]!)',
    replace: '',
    ...table,
    names: 'loop',
  },
  {
    what: 'nodes are merged though their attributes differ',
    file: emitter,
    find: 'JSON.stringify(attributes)',
    replace: "''",
    ...programs,
  },
]
