const learn = 'src/rules/layerwise/learn.ts'
const pass = 'src/rules/layerwise/pass.ts'
const combinator = 'src/rules/layerwise/layerwise.ts'
const greedy = 'src/rules/layerwise/greedy.ts'

const tests = { tests: 'rules/layerwise' }

export default [
  {
    what: 'a window reaches one layer too far',
    file: learn,
    find: 'i > loss - window',
    replace: 'i >= loss - window',
    ...tests,
    names: 'window|own loss',
  },
  {
    what: 'the losses that reach a layer are not added',
    file: learn,
    find: 'sums.get(p)?.add(gradients[k]!) ?? gradients[k]!',
    replace: 'gradients[k]!',
    ...tests,
    names: 'window',
  },
  {
    what: 'what a layer keeps to itself learns from the losses above',
    file: learn,
    find: 'i === loss || ownAlone.length === 0',
    replace: 'true',
    ...tests,
    names: 'keeps to itself',
  },
  {
    what: 'running values stay',
    file: learn,
    find: 'if (pass.made.running) return pass.made.running',
    replace: 'if (pass.made.running) return own',
    ...tests,
    names: 'statistics',
  },
  {
    what: 'layers share their noise',
    file: pass,
    find: 'random ? noiseOf(i, random)',
    replace: 'random ? noiseOf(0, random)',
    ...tests,
    names: 'different noise',
  },
  {
    what: 'noise may be drawn in use',
    file: pass,
    find: 'random) : NO_NOISE',
    replace: 'random) : { uniform: () => x, normal: () => x }',
    ...tests,
    names: 'nothing may be drawn',
  },
  {
    what: 'no gradient crosses a layer',
    file: combinator,
    find: 'loss && hasLoss(i) && i > layer && i - window < layer',
    replace: 'false',
    ...tests,
    names: 'window',
  },
  {
    what: 'a mean of scores is their sum',
    file: combinator,
    find: 'sum.mul(1 / said.length)',
    replace: 'sum',
    ...tests,
    names: 'predictions are',
  },
  {
    what: 'the scores of a head are not handed on',
    file: combinator,
    find: '...(scores && { scores })',
    replace: '',
    ...tests,
    names: 'learns first',
  },
  {
    what: 'layers whose gradients span several are trained alone',
    file: greedy,
    find: '(own.window ?? 1) > 1',
    replace: 'false',
    ...tests,
    names: 'not trained one after',
  },
  {
    what: 'a layer alone learns from what the lowest one reads',
    file: greedy,
    find: 'from: layer,',
    replace: 'from: 0,',
    ...tests,
    names: 'greedy',
  },
]
