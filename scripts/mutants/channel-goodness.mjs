const assignment = 'src/rules/channel-goodness/assignment.ts'
const layer = 'src/rules/channel-goodness/layer.ts'
const reading = 'src/rules/channel-goodness/reading.ts'

const tests = { tests: 'rules/channel-goodness' }

export default [
  {
    what: 'an assignment gets colder where it should get warmer',
    file: assignment,
    find: 'softmax(a.div(temperature))',
    replace: 'softmax(a.mul(temperature))',
    ...tests,
    names: 'assignment',
  },
  {
    what: 'classes with many channels have more goodness',
    file: assignment,
    find: 'w.div(w.square().sum([0], true).add(1e-12).sqrt())',
    replace: 'w',
    ...tests,
    names: 'assignment',
  },
  {
    what: 'the Gram term does not know how many channels there are',
    file: assignment,
    find: '.mul(classes / energies)',
    replace: '',
    ...tests,
    names: 'assignment',
  },
  {
    what: 'the temperature rises over the training',
    file: reading,
    find: 'progress.mul(Math.log(decay))',
    replace: 'progress.mul(-Math.log(decay))',
    ...tests,
    names: 'assignment',
  },
  {
    what: 'a layer that is frozen goes on cooling',
    file: layer,
    find: 'learns ? given.progress',
    replace: 'given ? given.progress',
    ...tests,
    names: 'layer',
  },
  {
    what: 'the instance norm hides nothing',
    file: layer,
    find: 'instance: instanceNorm',
    replace: 'instance: (y: Tensor): Tensor => y',
    ...tests,
    names: 'hidden',
  },
  {
    what: 'an instance norm does not divide',
    file: 'src/nn/layer-norm.ts',
    find: 'centred.div(centred.square().mean([2, 3], true).add(1e-5).sqrt())',
    replace: 'centred',
    tests: 'nn/normalize',
    names: 'instance',
  },
]
