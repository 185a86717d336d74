const rule = 'src/rules/rec-lra/rec-lra.ts'
const errors = 'src/rules/rec-lra/errors.ts'
const network = 'src/rules/rec-lra/network.ts'
const options = 'src/rules/rec-lra/options.ts'

const tests = { tests: 'rules/rec-lra' }

export default [
  {
    what: 'targets lie on the other side',
    file: errors,
    find: 'pre.sub(d.mul(h.beta))',
    replace: 'pre.add(d.mul(h.beta))',
    ...tests,
    names: 'golden',
  },
  {
    what: 'errors do not pass their own normalisation on the way down',
    file: errors,
    find: 'r: pullback([pre], [e], [u])[0]!',
    replace: 'r: e.broadcastTo(u.shape)',
    ...tests,
    names: 'small beta',
  },
  {
    what: 'an identity skip hands the error down unscaled',
    file: errors,
    find: 'errors[1]!.e.mul(h.beta)',
    replace: 'errors[1]!.e',
    ...tests,
    names: 'small beta',
  },
  {
    what: 'the sign has the part of the error',
    file: errors,
    find: 'distance.mul(a).add(sign(distance).mul(1 - a))',
    replace: 'distance.mul(1 - a).add(sign(distance).mul(a))',
    ...tests,
    names: 'mix|golden',
  },
  {
    what: 'the end of an error skip hears the layer above',
    file: errors,
    find: 'isEnd ? output : (errors[0]?.r ?? output)',
    replace: 'errors[0]?.r ?? output',
    ...tests,
    names: 'error skip',
  },
  {
    what: 'error skips are counted from the layer above',
    file: options,
    find: '(i + 1) % errorSkip === 0',
    replace: 'i % errorSkip === 0',
    ...tests,
    names: 'error skip',
  },
  {
    what: 'feedback moves against the weight that it mirrors',
    file: rule,
    find: 'return gradients[i + 1]![0]',
    replace: 'return gradients[i + 1]![0].neg()',
    ...tests,
    names: 'mirrors',
  },
  {
    what: 'the two parts of errors in their mixes are exchanged',
    file: errors,
    find: 'isEnd ? h.skipAlpha : h.alpha',
    replace: 'isEnd ? h.alpha : h.skipAlpha',
    ...tests,
    names: 'own a at the end',
  },
  {
    what: 'Hebbian feedback shrinks',
    file: rule,
    find: ': e.neg()',
    replace: ': e',
    ...tests,
    names: 'Hebb',
  },
  {
    what: 'feedback is stepped at the whole rate, whatever gamma is',
    file: rule,
    find: 'rate.mul(h.gamma)',
    replace: 'rate',
    ...tests,
    names: 'gamma',
  },
  {
    what: 'balls blow short matrices up',
    file: rule,
    find: '.sqrt().maximum(radius)',
    replace: '.sqrt()',
    ...tests,
    names: 'balls',
  },
  {
    what: "a layer's gradient reaches through the layer above",
    file: rule,
    find: 'by(hidden[i]!.u, errors[i]!.r, weight)',
    replace:
      '(hidden[i + 1] ? by(hidden[i + 1]!.u, errors[i + 1]!.r, weight) : by(hidden[i]!.u, errors[i]!.r, weight))',
    ...tests,
    names: 'certificate',
  },
  {
    what: 'a residual layer adds the output of the layer just below',
    file: network,
    find: 'made[i - 2]!.z',
    replace: 'made[i - 1]!.z',
    ...tests,
    names: 'small beta',
  },
  {
    what: 'feedback of an error skip aligns to the next layer alone',
    file: 'src/rules/rec-lra/alignment.ts',
    find: 'isSkipEnd(h, i) ? undefined : i + 2',
    replace: 'i + 2',
    tests: 'spike-alignment/rules',
    names: 'rec-lra',
  },
]
