import { existsSync } from 'node:fs'
import type { Split } from '../../../data/dataset.js'
import { inputsOfArrays } from '../../../data/own/arrays.js'
import type { Reader } from '../../../data/own/content.js'
import { readHead } from '../../../data/own/file.node.js'
import type { Reading } from '../../../data/own/levels.js'
import { ARRAY_READERS } from '../../../data/own/readers.node.js'
import { UsageError } from '../../../errors.js'
import { sameShape, show } from '../../../graph/types.js'
import { predict, readCheckpoint, readConfig } from '../../../node.js'
import { namedRule, type RunFlags } from '../../run.js'
import { printRows } from './rows.js'

/** The reader of a file of arrays; undefined for other files. */
export async function arrayReaderOf(path: string): Promise<Reader | undefined> {
  if (!existsSync(path)) return undefined
  const head = await readHead(path)
  return ARRAY_READERS.find((reader) => reader.recognises(path, head))
}

/**
 * `onward predict RUN ARRAYS...`: what the network says of each sample of these files, as CSV on standard output; see
 * `predictRows`. Throws a UsageError where their inputs are not what the network reads.
 */
export async function predictArrays(run: string, paths: readonly string[], flags: RunFlags): Promise<void> {
  const { samples } = readCheckpoint(run).checkpoint
  const { own } = readConfig(run)
  const { levels, shape } = samples.input
  const reading = (own?.encoding?.reading as Reading | undefined) ?? (levels === undefined ? {} : { levels })
  const inputs: Split['inputs'][] = []
  for (const path of paths) {
    const reader = await arrayReaderOf(path)
    if (!reader) throw new UsageError(`${path} holds no arrays, and the others do: predict them one after the other.`)
    const { train } = await reader.read(path, own?.options ?? {})
    if (train.kind !== 'arrays') throw new UsageError(`${path} holds no arrays.`)
    const read = inputsOfArrays(train, own?.options ?? {}, reading)
    if (!sameShape(read.shape, shape))
      throw new UsageError(`${path} holds inputs of shape ${show(read.shape)}, and ${run} reads ${show(shape)}.`)
    const size = read.inputs.length / read.count
    for (let row = 0; row < read.count; row++) inputs.push(read.inputs.subarray(row * size, (row + 1) * size))
  }
  printRows(await predict(run, inputs, namedRule(run, flags)), samples.names, flags)
}
