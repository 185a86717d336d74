// Tables of one's own: how their text is read, what they mean, what Parquet may cost.
const dialect = 'src/data/own/read/csv-dialect.node.ts'
const text = 'src/data/own/read/csv-text.node.ts'
const target = 'src/data/own/table-target.ts'
const inputs = 'src/data/own/table-inputs.ts'
const parquet = 'src/data/own/read/parquet.node.ts'
const worker = 'src/data/own/read/parquet-worker.node.ts'
const column = 'src/data/own/read/parquet-column.ts'
const rows = 'src/cli/commands/predict/rows.ts'
const predict = 'src/cli/commands/predict/command.ts'

export default [
  {
    what: 'predict takes --show of a table and does nothing with it',
    file: predict,
    find: "['show', 'fit', 'invert'] as const",
    replace: "['fit', 'invert'] as const",
    tests: 'cli/tables',
  },
  {
    what: 'numbers with thousands in groups become categories',
    file: 'src/data/own/written-numbers.ts',
    find: '!texts.every((text) => WRITTEN.test(text))',
    replace: 'texts.length > 0',
    tests: 'own/table',
  },
  {
    what: 'whole numbers beyond 2^53 fall together as classes',
    file: target,
    find: '> Number.MAX_SAFE_INTEGER',
    replace: '> Number.POSITIVE_INFINITY',
    tests: 'own/table',
  },
  {
    what: 'a limit that leaves classes out is not told',
    file: 'src/train/train.ts',
    find: 'limit >= count) return []',
    replace: 'limit >= 0) return []',
    tests: 'cli/tables',
  },
  {
    what: 'a number that single precision does not hold is told without its row',
    file: inputs,
    find: '? Number.isFinite(Math.fround(number))',
    replace: '? Number.isFinite(number)',
    tests: 'own/table',
  },
  {
    what: 'a text that begins as a picture does is a picture',
    file: column,
    find: ' && bytes.subarray(0, 32).includes(0)',
    replace: '',
    tests: 'own/parquet',
  },
  {
    what: 'a decimal comma is taken for a thousand',
    file: dialect,
    find: "cell.replace(',', '.')",
    replace: "cell.replace(',', '')",
    tests: 'own/csv',
  },
  {
    what: 'the first line is always names',
    file: dialect,
    find: "return !repeats && first.every((cell, i) => isText(cell) || (cell === '' && i === 0))",
    replace: 'return true',
    tests: 'own/csv',
  },
  {
    what: 'a line of numbers and one name is a row',
    file: dialect,
    find: 'if (isNumbered(first, below, isText)) return true',
    replace: '',
    tests: 'own/csv',
  },
  {
    what: 'a first row of numbers in order is names although its class comes again',
    file: dialect,
    find: 'if (texts.some(comesAgain)) return false',
    replace: '',
    tests: 'own/csv',
  },
  {
    what: 'a first row of numbers in order and a name is names although every name is another',
    file: dialect,
    find: 'return areYears || texts.some(areClasses)',
    replace: 'return true',
    tests: 'own/csv',
  },
  {
    what: 'two columns without a name are taken for one',
    file: text,
    find: 'if (places.length > 1)',
    replace: 'if (places.length > 99)',
    tests: 'own/csv',
  },
  {
    what: 'a column that becomes text keeps no cell from before',
    file: text,
    find: 'gather(text, dialect, where, late).texts',
    replace: 'texts.map(() => Array(rows).fill(""))',
    tests: 'own/csv',
  },
  {
    what: 'classes of numbers sort as texts',
    file: target,
    find: '(own as number[]).sort((a, b) => a - b)',
    replace: '(own as number[]).sort()',
    tests: 'own/table',
  },
  {
    what: 'an empty target is 0',
    file: target,
    find: 'Number.isFinite(Math.fround(number)) && fits(number)',
    replace: 'fits(number)',
    tests: 'own/table',
  },
  {
    what: 'an unknown category is none at all',
    file: inputs,
    find: 'if (own === undefined) throw wrong',
    replace: 'if (own === undefined && false) throw wrong',
    tests: 'own/table',
  },
  {
    what: 'further rows are read by the places of their columns',
    file: inputs,
    find: 'return (i) => known.get(wanted[i]!.name)!',
    replace: 'return (i) => columns[i]!.cells',
    tests: 'own/table',
  },
  {
    what: 'further rows without names are read by place, however many columns they have',
    file: inputs,
    find: 'width !== undefined && columns.length !== width',
    replace: 'false',
    tests: 'own/table',
  },
  {
    what: 'columns of Parquet come in the order in which they are decoded',
    file: worker,
    find: 'parquetSchema(metadata).children.map(({ element }) => element.name)',
    replace: '[...cells.keys()]',
    tests: 'own/parquet',
  },
  {
    what: 'the names of classes in a Parquet file are not read',
    file: worker,
    find: "key === 'huggingface'",
    replace: "key === 'pandas'",
    tests: 'own/parquet',
  },
  {
    what: 'nothing ends a Parquet file that takes too long',
    file: parquet,
    find: 'seconds > limits.seconds || grown > limits.megabytes',
    replace: 'false',
    tests: 'own/hostile',
  },
  {
    what: 'probabilities of rows are printed as scores',
    file: rows,
    find: 'probabilities ?? scores',
    replace: 'scores',
    tests: 'cli/tables',
  },
]
