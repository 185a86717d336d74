const rule = 'src/rules/vae-layer.ts'
const cell = 'src/rules/vae-cell.ts'
const stack = 'src/rules/vae-stack.ts'
const pairs = 'src/nn/pairs.ts'

const own = { tests: 'rules/vae-layer' }
const pairing = { tests: 'nn/pairs' }

export default [
  {
    what: 'a frozen encoder learns',
    file: rule,
    find: "h.control === 'none' ? encoder : frozen(encoder)",
    replace: 'encoder',
    ...own,
    names: 'random-encoder',
  },
  {
    what: 'the contrast counts for nothing',
    file: rule,
    find: 'loss = loss.add(metrics.contrast.mul(h.contrast))',
    replace: 'loss = loss.add(metrics.contrast.mul(0))',
    ...own,
    names: 'by hand',
  },
  {
    what: 'the contrast compares latents as they are',
    file: rule,
    find: 'return h.standardize ? batchNorm(rows, statistics(rows.shape[1]!)).output : rows',
    replace: 'return rows',
    ...own,
    names: 'by hand',
  },
  {
    what: 'both networks draw the same noise',
    file: rule,
    find: "side === 'a' ? noise : noise && turned(noise)",
    replace: 'noise',
    ...own,
    names: 'by hand',
  },
  {
    what: 'latents go up as they are',
    file: rule,
    find: 'known(own) ? batchNorm(z, own) : { output: z, next: own }',
    replace: 'known(own) ? { output: z, next: batchNorm(z, own).next } : { output: z, next: own }',
    ...own,
    names: 'by hand',
  },
  {
    what: 'the KL divergence warms up in no time',
    file: rule,
    find: 'progress.div(h.klWarmup).minimum(1)',
    replace: '1',
    ...own,
    names: 'warm-up',
  },
  {
    what: 'without contrast there are pairs all the same',
    file: rule,
    find: 'if (h.contrast === 0) return { a, b: a }',
    replace: '',
    ...own,
    names: 'read labels',
  },
  {
    what: 'network A predicts alone',
    file: rule,
    find: 'scores: says.a.add(says.b).mul(0.5)',
    replace: 'scores: says.a',
    ...own,
    names: 'mean of both',
  },
  {
    what: 'B begins as A',
    file: rule,
    find: "mirror((side) => design.init(random, `layers.${i}.${side}`, h.cell === 'vae')),",
    replace:
      "((one) => ({ a: one, b: one }))(design.init(random, `layers.${i}`, h.cell === 'vae')),",
    ...own,
    names: 'begin with different',
  },
  {
    what: 'a gradient goes down into the cells from the output layer',
    file: 'src/rules/layerwise.ts',
    find: 'output: result.output.stopGradient(),',
    replace: 'output: result.output.mul(2),',
    ...own,
    names: 'by hand',
  },
  {
    what: 'the decoder has no rectifier',
    file: cell,
    find: 'expand.apply(hidden, z, precision).relu()',
    replace: 'expand.apply(hidden, z, precision)',
    ...own,
    names: 'by hand',
  },
  {
    what: 'the way down forgets the mean of the latents',
    file: stack,
    find: '.add(perChannel(own.mean, y))',
    replace: '',
    ...own,
    names: 'way down',
  },
  {
    what: 'partners may be the row itself',
    file: pairs,
    find: 'const other = self.select(0, 1)',
    replace: 'const other = self.select(1, 1)',
    ...pairing,
  },
  {
    what: 'all pairs are meant to be alike',
    file: pairs,
    find: 'even.select(ofSame, ofDifferent)',
    replace: 'ofSame',
    ...pairing,
  },
  {
    what: 'the flag says what was meant',
    file: pairs,
    find: 'alike: labels.equal(labels.gather(partner))',
    replace: 'alike: even.reshape([n])',
    ...pairing,
  },
  {
    what: 'unlike pairs weigh as much as they are many',
    file: 'src/nn/losses.ts',
    find: 'const ofOthers = weight(alike.not()',
    replace: 'const ofOthers = weight(alike.or(alike.not())',
    ...pairing,
    names: 'all pairs',
  },
]
