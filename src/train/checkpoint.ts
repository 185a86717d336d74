import { z } from 'zod'
import type { Samples } from '../data/index.js'
import { UserError } from '../errors.js'
import { type DType, type Shape, sameShape, show } from '../graph/types.js'
import type { StepGraph } from '../onnx/index.js'
import type { TensorRecord } from '../runtime/index.js'
import { resolvedOptions, type Settings } from './options.js'
import type { Position } from './plan.js'
import { decodeSafetensors, encodeSafetensors, type NamedTensor } from './safetensors.js'

/** The best epoch of a phase so far, from 0. */
export interface Best {
  readonly epoch: number
  /** The larger the better: the figure, with a minus sign where small is good. */
  readonly merit: number
}

/** What a training saves: enough to go on bit for bit, or to use the network. */
export interface Checkpoint {
  readonly rule: string
  readonly data: string
  readonly settings: Settings
  readonly samples: Samples
  readonly position: Position
  readonly state: readonly NamedTensor[]
  /** With early stopping: the best epoch of the phase so far, and the state after it. */
  readonly best?: Best & { readonly state: readonly NamedTensor[] }
}

/** What a network reads, and how its data set names and scales what it says. */
export const samplesOf = ({ input, target, names, inputScale, targetScale, ground }: Samples): Samples => ({
  ...{ input, target, names },
  ...(inputScale && { inputScale }),
  ...(targetScale && { targetScale }),
  ...(ground && { ground }),
})

type StatePort = { readonly name: string; readonly dtype: DType; readonly shape: Shape }

const FORMAT = 2
const BEST = 'best/'

const count = z.int().min(0)
const size = z.int().min(1)
const values = z.record(z.string(), z.unknown())
const scale = z.object({ mean: z.array(z.number()), deviation: z.array(z.number().positive()) })
const ground = z.object({
  level: z.enum(['dark', 'light']),
  side: z.number(),
  sides: z.tuple([z.number(), z.number()]),
  centre: z.enum(['mass', 'box']),
  away: z.number(),
})
const contents = z.object({
  rule: z.string(),
  data: z.string(),
  settings: z.object({ hyper: values, options: resolvedOptions }),
  samples: z.object({
    input: z.object({ shape: z.array(size), levels: z.int().min(2).exactOptional() }),
    target: z.union([
      z.object({ kind: z.enum(['class', 'labels', 'values']), count: size }),
      z.object({ kind: z.literal('none') }),
    ]),
    names: z.array(z.string()),
    inputScale: scale.exactOptional(),
    targetScale: scale.exactOptional(),
    ground: ground.exactOptional(),
  }),
  position: z.object({ phase: count, epoch: count, between: count.default(0), batch: count }),
  best: z.object({ epoch: count, merit: z.number() }).optional(),
})

export const statePorts = (graph: StepGraph): StatePort[] =>
  graph.state.map(({ name, input: { dtype, shape } }) => ({ name, dtype, shape }))

/** The numbers of a state with their names, types and shapes, in the order of the ports. */
export const nameState = (ports: readonly StatePort[], state: TensorRecord): NamedTensor[] =>
  ports.map((port) => ({ ...port, data: state[port.name]! }))

export const stateRecord = (state: readonly NamedTensor[]): TensorRecord =>
  Object.fromEntries(state.map(({ name, data }) => [name, data.slice()]))

export function encodeCheckpoint({ state, best, ...own }: Checkpoint): Uint8Array<ArrayBuffer> {
  const described = { ...own, ...(best && { best: { epoch: best.epoch, merit: best.merit } }) }
  const kept = best?.state.map((tensor) => ({ ...tensor, name: BEST + tensor.name })) ?? []
  return encodeSafetensors({
    tensors: [...state, ...kept],
    metadata: { format: 'onward', version: `${FORMAT}`, onward: JSON.stringify(described) },
  })
}

function described(text = 'null'): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new Error('its description is no JSON: it is damaged', { cause })
  }
}

/** Throws a UserError that names the file (`where`) and says what is wrong with it. */
export function decodeCheckpoint(bytes: Uint8Array, where: string): Checkpoint {
  try {
    const { tensors, metadata } = decodeSafetensors(bytes)
    if (metadata.format !== 'onward') throw new Error('it holds tensors, but was not written by onward')
    if (metadata.version !== `${FORMAT}`)
      throw new Error(
        `it has version ${metadata.version} of the format, and this onward reads ${FORMAT}: train anew, or use the onward that wrote it`,
      )
    const { best, ...own } = contents.parse(described(metadata.onward))
    const kept = tensors.filter(({ name }) => name.startsWith(BEST))
    const state = tensors.filter(({ name }) => !name.startsWith(BEST))
    const bestState = kept.map((tensor) => ({ ...tensor, name: tensor.name.slice(BEST.length) }))
    return {
      ...own,
      state,
      ...(best && { best: { ...best, state: bestState } }),
    }
  } catch (error) {
    const reason = error instanceof z.ZodError ? 'its description is incomplete' : (error as Error).message
    throw new UserError(`${where} is no checkpoint of onward: ${reason}`, { cause: error })
  }
}

/** Throws a UserError unless the tensors are those of the network: the same names, types and shapes. */
export function checkState(ports: readonly StatePort[], state: readonly NamedTensor[], where: string): void {
  const other = `${where} is the checkpoint of another network:`
  for (const { name, dtype, shape } of ports) {
    const own = state.find((tensor) => tensor.name === name)
    if (!own) throw new UserError(`${other} it has no ${name}, which this one needs`)
    if (own.dtype !== dtype || !sameShape(own.shape, shape))
      throw new UserError(`${other} ${name} is ${own.dtype} ${show(own.shape)} there and ${dtype} ${show(shape)} here`)
  }
  const extra = state.find(({ name }) => !ports.some((port) => port.name === name))
  if (extra) throw new UserError(`${other} it holds ${extra.name}, which this one does not have`)
}
