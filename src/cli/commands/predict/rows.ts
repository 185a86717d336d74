import { dirname } from 'node:path'
import type { Samples } from '../../../data/dataset.js'
import type { Table } from '../../../data/own/content.js'
import { csv, readCsvFile } from '../../../data/own/read/csv.node.js'
import { readParquet } from '../../../data/own/read/parquet.node.js'
import { picturesOf } from '../../../data/own/table.js'
import { readInputs, type TableEncoding, tableEncoding } from '../../../data/own/table-inputs.js'
import { decodePictures } from '../../../data/own/table-pictures.node.js'
import { UsageError, UserError } from '../../../errors.js'
import { sizeOf } from '../../../graph/types.js'
import { type Predicted, predict, readCheckpoint, readConfig } from '../../../node.js'
import { print, printAside, printJson } from '../../output/print.js'
import { namedRule, type RunFlags } from '../../run.js'

const NOTHING = new Uint8Array()
const isParquet = (path: string): boolean => /\.(parquet|parq|pq)$/i.test(path)

/** Whether predictions are asked for rows of a table. */
export const isTable = (path: string): boolean => isParquet(path) || csv.recognises(path, NOTHING)

/**
 * `onward predict RUN TABLE...`: what the network says of each row, as CSV on standard output: the class, labels or
 * values, then a column for each score. The columns of a table are found by their names. Throws a UserError with the
 * row and the column of what cannot be read.
 */
export async function predictRows(run: string, paths: readonly string[], flags: RunFlags): Promise<void> {
  const other = paths.find((path) => !isTable(path))
  if (other !== undefined)
    throw new UsageError(`${other} is no table, and the others are: predict them one after the other.`)
  const { samples } = readCheckpoint(run).checkpoint
  const inputs: (Float32Array | Uint8Array)[] = []
  for (const path of paths) {
    const table = isParquet(path) ? await readParquet(path) : await readCsvFile(path)
    for (const note of table.notes ?? []) printAside(`onward: ${path}: ${note}.`)
    const all = await inputsOf({ ...table, folder: dirname(path) }, run, samples, path)
    const size = all.length / table.rows
    for (let row = 0; row < table.rows; row++) inputs.push(all.subarray(row * size, (row + 1) * size))
  }
  printRows(await predict(run, inputs, namedRule(run, flags)), samples.names, flags)
}

/** What was said of samples, a line of CSV or an object each, in their order. */
export function printRows(said: readonly Predicted[], names: readonly string[], { json }: RunFlags): void {
  if (json) printJson(said.map((one, i) => ({ row: i + 1, ...one })))
  // One text: there may be more rows than a function takes arguments.
  else if (said.length > 0)
    print([headOf(said[0]!, names), ...said.map((one) => cellsOf(one, names))].map(csvLine).join('\n'))
}

async function inputsOf(
  table: Table,
  run: string,
  { input, names }: Pick<Samples, 'input' | 'names'>,
  path: string,
): Promise<Float32Array | Uint8Array> {
  const { own } = readConfig(run)
  const kept = tableEncoding.safeParse(own?.encoding)
  const encoding = kept.success ? kept.data : inOrder(table, names, sizeOf(input.shape), path)
  const [first] = encoding.columns
  if (!first?.picture) return readInputs(table, encoding, input, path)
  const [channels, height, width] = input.shape as readonly [number, number, number]
  return (await decodePictures(picturesOf(table, first.name, path), { shape: [channels, height, width] })).inputs
}

/** Of a run that was not trained on a table of one's own: all columns that are no target, in their order. */
function inOrder({ columns }: Table, names: readonly string[], size: number, path: string): TableEncoding {
  const inputs = columns.filter(({ name }) => !names.includes(name))
  const own = columns.length === size ? columns : inputs
  if (own.length === size) return { columns: own.map(({ name }) => ({ name })) }
  throw new UserError(
    `${path} has ${own.length} columns, and the network reads ${size} numbers: give a column for each, in the order of its training data`,
  )
}

const scoresOf = ({ probabilities, scores }: Predicted): readonly number[] => probabilities ?? scores

function headOf(one: Predicted, names: readonly string[]): string[] {
  if ('values' in one) return [...names]
  const what = one.probabilities ? 'probability' : one.scoreName
  return ['className' in one ? 'class' : 'labels', ...names.map((name) => `${what} of ${name}`)]
}

function cellsOf(one: Predicted, names: readonly string[]): string[] {
  if ('values' in one) return names.map((name) => `${one.values[name]}`)
  const said = 'className' in one ? one.className : one.labels.join(' ')
  return [said, ...scoresOf(one).map((score) => `${score}`)]
}

/** Cells with what divides cells in them stand between quotes. */
const csvLine = (cells: readonly string[]): string =>
  cells.map((cell) => (/[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')
