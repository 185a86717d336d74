const rule = 'src/rules/target-propagation/target-propagation.ts'
const targets = 'src/rules/target-propagation/targets.ts'

/** Everything but the tests that train. */
const quick = {
  tests: 'rules/target-propagation',
  names:
    'by hand|inverses|golden|difference targets|reconstruction|denoising|label auto-encoder asks|discrete|noise|turns|certificate',
}

export default [
  {
    what: 'a training whose layers never have their turn begins',
    file: 'src/train/untrained.ts',
    find: 'changes(part) && read.has(part.name)',
    replace: 'read.has(part.name)',
    tests: 'train/options',
    names: 'never have their turn',
  },
  {
    what: 'a training that leaves out one of several steps is refused',
    file: 'src/train/untrained.ts',
    find: 'teaching.some((name) => running.has(name))',
    replace: 'teaching.every((name) => running.has(name))',
    tests: 'train/options',
    names: 'never have their turn',
  },
  {
    what: 'spikes are to turn inverses that are not there',
    file: 'src/rules/target-propagation/options.ts',
    find: "h.align === 'sal' && inverseCount(h) === 0",
    replace: 'inverseCount(h) < 0',
    tests: 'train/options',
    names: 'refused: target-propagation',
  },
  {
    what: 'targets without the correction',
    file: targets,
    find: "form === 'plain' ? inverse : corrected()",
    replace: 'inverse',
    ...quick,
  },
  {
    what: 'the correction uses the target twice',
    file: targets,
    find: 'inverse.sub(down[i]!(activities[i + 1]!))',
    replace: 'inverse.sub(down[i]!(targets[0]!))',
    ...quick,
  },
  {
    what: 'the loss of an inverse is halved',
    file: targets,
    find: 'squaredError(g(f(v).stopGradient()), v.stopGradient())',
    replace: 'squaredError(g(f(v).stopGradient()), v.stopGradient()).mul(0.5)',
    ...quick,
  },
  {
    what: 'the difference reconstruction loss forgets the correction of its lowest inverse',
    file: targets,
    find: '.sub(g(activities[i + 1]!.stopGradient()))',
    replace: '',
    ...quick,
  },
  {
    what: 'the noisy activity goes up one layer only',
    file: targets,
    find: 'up.slice(i).reduce((h, f) => f(h), v)',
    replace: 'up.slice(i + 1).reduce((h, f) => f(h), up[i]!(activities[i]!))',
    ...quick,
  },
  {
    what: 'the first target is a step uphill',
    file: 'src/rules/target-propagation/top-target.ts',
    find: 'return top.sub(slope!.mul(h.step))',
    replace: 'return top.add(slope!.mul(h.step))',
    ...quick,
  },
  {
    what: 'the first step is divided by the batch',
    file: 'src/rules/target-propagation/top-target.ts',
    find: 'loss(scores, labels).sum(), [read]',
    replace: 'loss(scores, labels).mean(), [read]',
    ...quick,
  },
  {
    what: 'sign units send their tanh values up',
    file: rule,
    find: 'return i === last ? v : binary(v)',
    replace: 'return v',
    ...quick,
  },
  {
    what: 'the inverse of sign units reads tanh values',
    file: rule,
    find: 'i + 1 > last ? (v: Tensor) => v : binary',
    replace: '(v: Tensor) => v',
    ...quick,
  },
  {
    what: 'the label auto-encoder is compared with the label itself',
    file: 'src/rules/target-propagation/top-target.ts',
    find: 'wished.sub(r(softmax(scores)))',
    replace: 'wished.sub(r(oneHot(labels, classes)))',
    ...quick,
  },
  {
    what: 'the inverses move with the layers',
    file: rule,
    find: '{ ...state, layers, optimizers:',
    replace: '{ ...state, layers, inverses: state.inverses.map((p) => ({ ...p, bias: p.bias.mul(0.9) })), optimizers:',
    tests: 'rules/target-propagation',
    names: 'bit for bit',
  },
  {
    what: 'the noise of the inverses does not fall',
    file: rule,
    find: 'constant(h.noise).div(batch.progress.mul(h.noiseDecay).add(1))',
    replace: 'constant(h.noise)',
    ...quick,
  },
  {
    what: 'damping is not halved',
    file: rule,
    find: 'mul(h.inverseDecay / 2)',
    replace: 'mul(h.inverseDecay)',
    ...quick,
  },
  {
    what: 'the difference reconstruction loss is divided by the noise, not by its square',
    file: rule,
    find: 'chain).mean().div(sigma.square())',
    replace: 'chain).mean().div(sigma)',
    ...quick,
  },
  {
    what: 'samples are drawn with the opposite probability',
    file: 'src/nn/discrete.ts',
    find: "p.greater(u).cast('float32')",
    replace: "u.greater(p).cast('float32')",
    ...quick,
  },
  {
    what: 'the auto-encoder is to restore the noise as well',
    file: 'src/rules/target-propagation/label-autoencoder.ts',
    find: 'h.add(noise).stopGradient()), h.stopGradient()',
    replace: 'h.add(noise).stopGradient()), h.add(noise).stopGradient()',
    ...quick,
  },
]
