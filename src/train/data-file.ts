import { z } from 'zod'
import { type DataSet, dataSet, type Split } from '../data/index.js'
import { storedTensors } from '../data/own/read/safetensors.js'
import { UserError } from '../errors.js'
import { encodeStored } from './safetensors.js'

/** A whole data set as one safetensors file, to be handed to a page. */

const ARRAYS = { U8: Uint8Array, U16: Uint16Array, I32: Int32Array, F32: Float32Array } as const
type Code = keyof typeof ARRAYS

const SIZES: Record<Code, number> = { U8: 1, U16: 2, I32: 4, F32: 4 }

const size = z.int().min(1)
const about = z.object({
  name: z.string(),
  names: z.array(z.string()),
  input: z.object({ shape: z.array(size), levels: z.int().min(2).exactOptional() }),
  target: z.union([
    z.object({ kind: z.enum(['class', 'labels', 'values']), count: size }),
    z.object({ kind: z.literal('none') }),
  ]),
  train: z.int().min(0),
  test: z.int().min(0),
})

const codeOf = (array: object): Code => (Object.keys(ARRAYS) as Code[]).find((code) => array instanceof ARRAYS[code])!

/** The numbers as they are, so that they take no more room than in memory. */
export function encodeDataSet({ name, names, input, target, train, test }: DataSet): Uint8Array<ArrayBuffer> {
  const tensors = Object.entries({ train, test }).flatMap(([split, { inputs, targets }]) =>
    Object.entries({ inputs, ...(targets && { targets }) }).map(([part, data]) => ({
      name: `${split}.${part}`,
      type: codeOf(data),
      shape: [data.length],
      data,
    })),
  )
  const described = { name, names, input, target, train: train.count, test: test.count }
  return encodeStored(tensors, { format: 'onward-data', onward: JSON.stringify(described) })
}

/** Throws a UserError that names the file (`where`) and says what is wrong with it. */
export function decodeDataSet(bytes: Uint8Array, where: string): DataSet {
  try {
    const { tensors, metadata } = storedTensors(bytes, SIZES)
    if (metadata.format !== 'onward-data') throw new Error('it holds tensors, but no data set')
    const { train, test, ...own } = about.parse(JSON.parse(metadata.onward ?? 'null'))
    const part = (name: string) => {
      const found = tensors.find((tensor) => tensor.name === name)
      return found && new ARRAYS[found.type as Code](new Uint8Array(found.bytes).buffer)
    }
    const split = (name: string, count: number): Split => {
      const [inputs, targets] = [part(`${name}.inputs`), part(`${name}.targets`)]
      if (!inputs) throw new Error(`it has no ${name}.inputs`)
      return { inputs, count, ...(targets && { targets }) } as Split
    }
    return dataSet({ ...own, train: split('train', train), test: split('test', test) })
  } catch (error) {
    if (error instanceof UserError) throw error
    const reason = error instanceof z.ZodError ? 'its description is incomplete' : (error as Error).message
    throw new UserError(`${where} is no data set of onward: ${reason}`, { cause: error })
  }
}
