const folder = 'src/rules/broadcast/'
const own = { tests: 'rules/broadcast', names: '' }

export default [
  {
    what: 'correlations forget what they were',
    file: `${folder}signals.ts`,
    find: 'before[k]!.mul(memory).add(products.mul(1 - memory))',
    replace: 'before[k]!.mul(memory).add(products)',
    tests: 'rules/broadcast/golden',
  },
  {
    what: 'a layer hears by the correlations of the last batch',
    file: `${folder}signals.ts`,
    find: 'R.div(R.square().sum().add(1e-30).sqrt()) : R',
    replace: 'R.div(R.square().sum().add(1e-30).sqrt()) : before[k]!',
    tests: 'rules/broadcast/correlations',
  },
  {
    what: 'a batch of correlations is that of the pooled activity',
    file: `${folder}signals.ts`,
    find: 'threeFactors(own.activity, heard(own, sent, feedback[k]!), layers[k]!)',
    replace: 'threeFactors(own.activity.mul(2), heard(own, sent, feedback[k]!), layers[k]!)',
    tests: 'rules/broadcast/limits',
  },
  {
    what: 'an error comes down without the derivative of its layer',
    file: `${folder}signals.ts`,
    find: 'delta = below!',
    replace:
      'delta = drive.stopGradient().mul(0).add(q.shape.length === drive.shape.length && q.size === drive.size ? q : below!)',
    tests: 'rules/broadcast/limits',
  },
  {
    what: 'the power norm is twice as steep',
    file: `${folder}signals.ts`,
    find: 'mul(4 / h.shape[0]!)',
    replace: 'mul(8 / h.shape[0]!)',
    tests: 'rules/broadcast/correlations',
  },
  {
    what: 'the factor of the prediction is the score itself',
    file: `${folder}signals.ts`,
    find: 'parts.push(p.mul(s))',
    replace: 'parts.push(s.mul(s))',
    tests: 'rules/broadcast/correlations',
  },
  {
    what: 's*s is allowed',
    file: `${folder}options.ts`,
    find: "if (h.factors.includes('s'))",
    replace: 'if (h.factors.length > 9)',
    tests: 'rules/broadcast/losses',
  },
  {
    what: 'deep networks of rectified units are not warned of',
    file: `${folder}options.ts`,
    find: 'hidden >= DEEP',
    replace: 'hidden > 20',
    tests: 'rules/broadcast/losses',
  },
  {
    what: 'the pinball score has the quantile of the other side',
    file: `${folder}losses.ts`,
    find: "y.less(o).cast('float32').sub(quantile)",
    replace: "y.less(o).cast('float32').sub(1 - quantile)",
    tests: 'rules/broadcast/losses',
  },
  {
    what: 'the Poisson score is that of the bernoulli family',
    file: `${folder}losses.ts`,
    find: '(o) => o.exp(),\n    true,',
    replace: '(o) => o.sigmoid(),\n    true,',
    tests: 'rules/broadcast/losses',
  },
  {
    what: "Kolen and Pollack's feedback does not decay",
    file: `${folder}broadcast.ts`,
    find: 'feedback.push(moved)',
    replace: 'feedback.push(moved.mul(1.01))',
    tests: 'rules/broadcast/limits',
  },
  {
    what: 'labels alone are the score',
    file: `${folder}broadcast.ts`,
    find: "h.method === 'drtp' ? t",
    replace: "h.method === 'drtp' ? s",
    tests: 'rules/broadcast',
  },
  {
    what: 'fixed magnitudes of sign symmetry are drawn as of one size',
    file: `${folder}feedback.ts`,
    find: "if (magnitude === 'unit') return",
    replace: "if (magnitude !== 'batch') return",
    tests: 'rules/broadcast/limits',
  },
  {
    what: 'a pair of direct feedback is the weight of its own layer',
    file: `${folder}feedback.ts`,
    find: 'weights.slice(k)',
    replace: 'weights.slice(k, k + 1)',
    tests: 'rules/broadcast/certificate',
  },
]
