const relaxation = 'src/rules/predictive-coding/relaxation.ts'
const network = 'src/rules/predictive-coding/network.ts'
const curvature = 'src/rules/predictive-coding/curvature.ts'
const options = 'src/rules/predictive-coding/options.ts'
const rule = 'src/rules/predictive-coding/predictive-coding.ts'

const tests = 'rules/predictive-coding/relaxation'
const golden = { tests: 'rules/predictive-coding/golden' }

export default [
  {
    what: 'multipliers are said to remember where there are none',
    file: rule,
    find: 'relaxationOf(h).alpha > 0 ?',
    replace: 'h.alpha > 0 ?',
    tests: 'rules/watch',
    names: 'multipliers and inverses',
  },
  {
    what: 'credit comes down from the layer itself',
    file: network,
    find: 'u.slice(0, 1, u.shape[0]!)',
    replace: 'u.slice(0, 0, u.shape[0]! - 1)',
    tests,
    names: 'its slope',
  },
  {
    what: 'the output pushes away from the target',
    file: relaxation,
    find: 'y.sub(outputOf(net, z))))',
    replace: 'outputOf(net, z).sub(y)))',
    ...golden,
  },
  {
    what: 'the skips carry nothing down',
    file: network,
    find: 'return skips ? g.add(own) : own',
    replace: 'return own',
    ...golden,
  },
  {
    what: 'the multipliers move with every inner step',
    file: relaxation,
    find: 'own = stepped(net, { z: own, lambda: moved }, c, y, eta, r)',
    replace: 'own = stepped(net, { z: own, lambda: i > 0 ? moved?.add(c) : moved }, c, y, eta, r)',
    ...golden,
  },
  {
    what: 'weights learn with the multipliers after their last step',
    file: rule,
    find: "h.gradient === 'post-dual' ?",
    replace: "h.gradient !== 'post-dual' ?",
    tests: 'rules/predictive-coding/rule',
    names: 'their gradient is',
  },
  {
    what: 'a reverse sweep forgets how far the layer above has moved',
    file: relaxation,
    find: 'above!).mul(passed)',
    replace: 'above!).mul(passed.mul(0))',
    tests,
    names: 'moves every layer after',
  },
  {
    what: 'a reverse sweep weighs what has moved without rho',
    file: relaxation,
    find: 'const passed = eta.mul(rho)',
    replace: 'const passed = eta',
    tests,
    names: 'moves every layer after',
  },
  {
    what: 'the residual looks at activities alone',
    file: relaxation,
    find: 'const changes = listOf(after).map',
    replace: 'const changes = listOf(after).slice(0, 1).map',
    tests,
    names: 'looks at activities',
  },
  {
    what: 'power iteration leaves out rho',
    file: curvature,
    find: 'constraints(net, z).mul(rho)',
    replace: 'constraints(net, z)',
    tests,
    names: 'largest eigenvalue',
  },
  {
    what: 'half as many turns as promised',
    file: options,
    find: '? 2 * h.depth :',
    replace: '? h.depth :',
    tests: 'rules/predictive-coding/rule',
    names: '2 L turns',
  },
  {
    what: 'the step size of weights falls with the width',
    file: options,
    find: 'rate * Math.sqrt(width / depth)',
    replace: 'rate * Math.sqrt(depth / width)',
    tests: 'rules/predictive-coding/rule',
    names: 'grow with sqrt',
  },
  {
    what: 'the bound of the step size is that of a single inner step',
    file: options,
    find: 'alpha / rho, innerSteps)',
    replace: 'alpha / rho, Math.min(innerSteps, 1))',
    tests: 'rules/predictive-coding/rule',
    names: 'refused',
  },
]
