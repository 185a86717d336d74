const turned = 'src/layout/turned.ts'
const held = 'src/runtime/held.ts'
const fused = 'src/onnx/fused.ts'

const cases = { tests: 'layout/turned' }

export default [
  {
    what: 'an offset for each column of a turned product is added to each row',
    file: turned,
    find: "return x.rank === 1 ? get(x, 'straight').reshape([x.size, 1]) : get(x, form)",
    replace: "return x.rank === 1 ? get(x, 'straight').reshape([1, x.size]) : get(x, form)",
    ...cases,
  },
  {
    what: 'sums of what is turned go over the axes of what is not',
    file: turned,
    find: 'attributes.axes.map((axis: number) => 1 - axis).sort()',
    replace: 'attributes.axes',
    ...cases,
  },
  {
    what: 'a sum over no axis lies as it was traced',
    file: turned,
    find: 'attributes.keepDims || axes.length === 0',
    replace: 'attributes.keepDims',
    ...cases,
  },
  {
    what: 'a transposition that swaps nothing is taken for one that does',
    file: turned,
    find: "op === 'transpose' && y.rank === 2 && attributes.order[0] === 1",
    replace: "op === 'transpose' && y.rank === 2",
    ...cases,
  },
  {
    what: 'one layer trained alone is laid out for its own step',
    file: 'src/train/course.ts',
    find: '{ length: rule.greedy!.layers(task, hyper) }, (_, i) => traced.greedy(i).step',
    replace: '{ length: 1 }, () => traced.greedy(options.layer ?? 0).step',
    tests: 'train/greedy',
  },
  {
    what: 'the last steps of a call are rounded otherwise than those before',
    file: fused,
    find: "c: op === 'add' ? c : c.neg(), z",
    replace: "c: op === 'add' ? c : c.mul(1 + 2 ** -20).neg(), z",
    tests: 'runtime/cuts',
  },
  {
    what: 'slices of what is turned go along the axis of what is not',
    file: turned,
    find: '{ ...attributes, axis: 1 - attributes.axis }',
    replace: 'attributes',
    ...cases,
  },
  {
    what: 'a turned product takes its right operand the wrong way round',
    file: turned,
    find: '{ transposeB: transposed }',
    replace: '{ transposeB: !transposed }',
    ...cases,
  },
  {
    what: 'a transposed matrix is taken for itself',
    file: turned,
    find: '{ ...(straight && { turned: straight }), ...(turned && { straight: turned }) }',
    replace: '{ ...(straight && { straight }), ...(turned && { turned }) }',
    ...cases,
  },
  {
    what: 'what a turned layout saves does not count',
    file: turned,
    find: 'moved += 2 * x.size',
    replace: 'moved += 0',
    ...cases,
  },
  {
    what: 'a turned state leaves a step as it was traced',
    file: turned,
    find: 'return { name, input: get(x, form), output: get(output, form) }',
    replace: "return { name, input: get(x, form), output: get(output, 'straight') }",
    ...cases,
  },
  {
    what: 'the state that a turn begins with is written over',
    file: fused,
    find: "if (z.node.op === 'input' && !overState) continue",
    replace: '',
    tests: 'onnx/fused',
  },
  {
    what: 'a product that others read too is taken away from them',
    file: fused,
    find: 'readers.get(product) !== 1',
    replace: 'readers.get(product) === 0',
    tests: 'onnx/fused',
  },
  {
    what: 'a difference is added',
    file: fused,
    find: "c: op === 'add' ? c : c.neg()",
    replace: 'c',
    tests: 'onnx/fused',
  },
  {
    what: 'the one pass of the engine does not add',
    file: fused,
    find: "[wide, weight, '', onto]",
    replace: "[wide, weight, '', wide]",
    tests: 'graph/operations',
    names: 'multiplyAdd',
  },
  {
    what: 'a turned state is read back turned',
    file: held,
    find: 'transposed(data, columns!, rows!)',
    replace: 'data.slice()',
    tests: 'runtime/held',
  },
]
