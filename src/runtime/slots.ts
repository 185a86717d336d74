import type { InferenceSession, Tensor, TypedTensor } from 'onnxruntime-common'
import { UserError } from '../errors.js'
import { sizeOf } from '../graph/types.js'
import type { OnnxProgram, Port } from '../onnx/program.js'
import { ARRAYS, type TensorData, type TensorRecord } from './program.js'

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

/** Runs steps of an open program, and gives their metrics. On the CPU, a call that fails leaves the state as it was. */
export type Execute = (steps: number, batch: TensorRecord) => Promise<TensorRecord>

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

/** The part of a stacked array that belongs to step `k`. */
export function partOf(ort: Ort, { name, dtype, shape }: Port, all: TensorRecord, k: number): Tensor {
  const size = sizeOf(shape)
  return new ort.Tensor(dtype, all[name]!.subarray(k * size, (k + 1) * size), shape)
}

/** Room for the metrics of so many steps. */
export const roomFor = (metrics: readonly Port[], steps: number): TensorRecord =>
  Object.fromEntries(metrics.map(({ name, dtype, shape }) => [name, new ARRAYS[dtype](steps * sizeOf(shape))]))
