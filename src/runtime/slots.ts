import type { InferenceSession, Tensor, TypedTensor } from 'onnxruntime-common'
import { UserError } from '../errors.js'
import type { OnnxProgram, Port } from '../onnx/program.js'
import type { TensorData, TensorRecord } from './program.js'

/** The part of ONNX Runtime that is used here; onnxruntime-node and onnxruntime-web both have it. */
export interface Ort {
  readonly InferenceSession: {
    create(bytes: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>
  }
  readonly Tensor: {
    new (type: Port['dtype'], data: TensorData, dims: readonly number[]): Tensor
    new (type: 'int64', data: BigInt64Array, dims: readonly number[]): TypedTensor<'int64'>
  }
}

/** Where a state tensor lies; several programs may share it. */
export interface StateSlot {
  tensor: Tensor | undefined
  users: number
}

export type Slots = ReadonlyMap<string, StateSlot>

/** What the ways to run a step have in common. */
export interface Running {
  readonly ort: Ort
  readonly program: OnnxProgram
  readonly slots: Slots
  readonly step: InferenceSession
}

/** What a call gives. */
export interface Outcome {
  readonly metrics: TensorRecord
  /** Of the float32 state, by name. */
  readonly sums: Readonly<Record<string, number>>
}

/** Runs steps of a program that is open. On the CPU, a call that fails leaves the state as it was. */
export type Execute = (steps: number, batch: TensorRecord) => Promise<Outcome>

export function loaded(slots: Slots, name: string): Tensor {
  const { tensor } = slots.get(name)!
  if (!tensor) throw new UserError(`the state ${name} was never loaded: call load before run and read`)
  return tensor
}

export const dataOf = (tensor: Tensor): TensorData => tensor.data as TensorData

/** The buffers of a graphics card are not garbage-collected: each must be disposed of by hand. */
export function replace(slot: StateSlot, tensor: Tensor | undefined): void {
  if (slot.tensor?.location === 'gpu-buffer') slot.tensor.dispose()
  slot.tensor = tensor
}

/** Sums of the float32 state, from the outputs named with `sum.` before. */
export function sumsFrom(outputs: InferenceSession.ReturnType, { state }: OnnxProgram): Outcome['sums'] {
  const floats = state.filter(({ dtype }) => dtype === 'float32')
  return Object.fromEntries(floats.map(({ name }) => [name, dataOf(outputs[`sum.${name}`]! as Tensor)[0]!]))
}

/** The sums as a model of their own. */
export async function sumsOf(
  model: InferenceSession | undefined,
  { program, slots }: Running,
): Promise<Outcome['sums']> {
  if (!model) return {}
  const floats = program.state.filter(({ dtype }) => dtype === 'float32')
  return sumsFrom(await model.run(Object.fromEntries(floats.map(({ name }) => [name, loaded(slots, name)]))), program)
}
