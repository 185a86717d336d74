const split = 'src/update/split.ts'
const kernel = 'src/update/kernel.ts'
const inPlace = 'src/runtime/in-place.ts'

const cases = { tests: 'update/update' }

export default [
  {
    what: 'a state is overwritten before another update reads it',
    file: split,
    find: 'for (const x of inputs) if (x.size > 1) join(x, y!)',
    replace: "for (const x of inputs) if (x.size > 1 && x.node.op !== 'input') join(x, y!)",
    ...cases,
  },
  {
    what: 'what a step shows is taken into its update',
    file: split,
    find: ' && !shown.has(y)',
    replace: '',
    ...cases,
  },
  {
    what: 'what something else reads is taken into an update',
    file: split,
    find: 'own.every((reader) => inside.has(reader)) && (own.length > 0 || news.has(y))',
    replace: '(own.some((reader) => inside.has(reader)) || news.has(y))',
    ...cases,
  },
  {
    what: 'a part of a vector at the end of an array is left out',
    file: kernel,
    find: 'everySixteen(I, 4 * size, body)',
    replace: 'everySixteen(I, 16 * Math.floor(size / 4), body)',
    ...cases,
  },
  {
    what: 'arrays lie side by side, so that the last vector of one writes into the next',
    file: kernel,
    find: 'at += 64 * Math.ceil((4 * x.size) / 64) + GAP',
    replace: 'at += 4 * x.size',
    ...cases,
  },
  {
    what: 'a number is read from where an array lies',
    file: kernel,
    find: 'loadNumber(places.get(x)!.at)',
    replace: 'loadNumber(0)',
    ...cases,
  },
  {
    what: 'the operands of a difference change places',
    file: kernel,
    find: 'for (const x of operands) body.push(',
    replace: 'for (const x of operands.toReversed()) body.push(',
    ...cases,
  },
  {
    what: 'operands that broadcast are read as if they did not',
    file: 'src/update/operations.ts',
    find: '(x.size === y.size || x.size === 1)',
    replace: '(x.size <= y.size)',
    ...cases,
  },
  {
    what: 'a call that fails keeps the steps before',
    file: inPlace,
    find: 'for (const { name } of changing) dataOf(loaded(cells, name)).set(inPlace.before.get(name)!)',
    replace: '',
    ...cases,
  },
  {
    what: 'an error of the engine is taken for the end of a step',
    file: inPlace,
    find: 'if (!NO_TENSOR.test(error.message)) throw error',
    replace: 'if (!NO_TENSOR.test(error.message)) return',
    ...cases,
  },
  {
    what: 'what another program made of the state is lost',
    file: inPlace,
    find: '  dataOf(tensor).set(dataOf(cell.tensor!))\n',
    replace: '',
    ...cases,
  },
  {
    what: 'small state is written over itself',
    file: inPlace,
    find: '        inPlace.spare.set(name, cell.tensor!)\n        cell.tensor = next\n',
    replace: '',
    ...cases,
  },
]
