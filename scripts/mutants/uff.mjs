const cells = 'src/rules/uff-cells.ts'
const rule = 'src/rules/uff.ts'

const own = { tests: 'rules/uff' }

export default [
  {
    what: 'a tied decoder reads the weights without their transpose taken',
    file: 'src/nn/dense.ts',
    find: ': x.matmul(weight, { transposeB: true })',
    replace: ': x.matmul(weight.reshape([weight.shape[1]!, weight.shape[0]!]))',
    ...own,
    names: 'tied',
  },
  {
    what: 'cells reconstruct what they read, not what was handed up',
    file: cells,
    find: 'return { latent, loss: errors(input, decoded(p, noisy)).mean() }',
    replace: 'return { latent, loss: errors(clean, decoded(p, noisy)).mean() }',
    ...own,
    names: 'handed up',
  },
  {
    what: 'the corrupted code goes up',
    file: cells,
    find: 'return { latent, loss: errors(input, decoded(p, noisy)).mean() }',
    replace: 'return { latent: noisy, loss: errors(input, decoded(p, noisy)).mean() }',
    ...own,
    names: 'what goes up',
  },
  {
    what: 'the sampled code goes up',
    file: cells,
    find: 'return { latent: mean, loss, divergence }',
    replace: 'return { latent: sample, loss, divergence }',
    ...own,
    names: 'what goes up',
  },
  {
    what: 'the first cell normalises the image',
    file: cells,
    find: '(place.first ? x : NORMALIZATIONS[options.normalization](x))',
    replace: 'NORMALIZATIONS[options.normalization](x)',
    ...own,
    names: 'layer normalisation',
  },
  {
    what: 'masking keeps what it should hide',
    file: 'src/nn/corruption.ts',
    find: '.greaterEqual(level)',
    replace: '.less(level)',
    tests: 'nn/corruption',
  },
  {
    what: 'the variational cell forgets half of the log-variance',
    file: 'src/nn/variational.ts',
    find: 'mean.add(logVariance.mul(0.5).exp()',
    replace: 'mean.add(logVariance.exp()',
    tests: 'nn/variational',
  },
  {
    what: 'places are filled column by column',
    file: 'src/nn/depth-to-space.ts',
    find: '[0, 1, 4, 2, 5, 3]',
    replace: '[0, 1, 4, 3, 5, 2]',
    tests: 'nn/depth-to-space',
  },
  {
    what: 'an odd edge is put back at the wrong end',
    file: cells,
    find: '[0, size - x.shape[i + 2]!]',
    replace: '[0, 0]',
    ...own,
    names: 'odd sides',
  },
  {
    what: 'the classifier reads the latents as they are',
    file: rule,
    find: 'flat(NORMALIZATIONS[h.normalization](y))',
    replace: 'flat(y)',
    ...own,
    names: 'read-out|predicts',
  },
  {
    what: 'the classifier of greedy training mistakes where a latent begins',
    file: rule,
    find: '      start += sizeOf(shape)\n',
    replace: '      start += 1\n',
    ...own,
    names: 'its part of the joint step',
  },
  {
    what: 'a cell sees the label',
    file: rule,
    find: '{ random }: Batch): Cell<CellParameters> => ({\n  learn(p, buffers, input) {\n    const { latent, loss, divergence } = cell.learn(p, input,',
    replace:
      '{ random, labels }: Batch): Cell<CellParameters> => ({\n  learn(p, buffers, input) {\n    const { latent, loss, divergence } = cell.learn(p, input.add(labels.cast("float32").mean()),',
    ...own,
    names: 'no label',
  },
  {
    what: 'untrained cells learn',
    file: rule,
    find: 'return [{ ...state, classifier: read.classifier }, read.metrics]\n    }\n    const own',
    replace:
      'return [{ ...state, layers: state.layers.map((p) => ({ ...p, encoder: p.encoder.map(({ weight, bias }) => ({ weight: weight.mul(0.9), bias })) })), classifier: read.classifier }, read.metrics]\n    }\n    const own',
    ...own,
    names: 'untrained',
  },
]
