import type { InferenceSession, Tensor, TypedTensor } from 'onnxruntime-common'
import { UserError } from '../errors.js'
import type { Device } from '../onnx/emitter.js'
import type { OnnxProgram, Port } from '../onnx/program.js'
import type { Kernel } from '../update/index.js'
import type { TensorData } from './program.js'

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

export interface OpenRequest {
  readonly id: number
  readonly device: Device
  readonly threads: number
  /** The same for the same model. */
  readonly key: string
  readonly program: OnnxProgram
  /** For programs of one step: the sums of the float32 state, and copies to and from the device by element type. */
  readonly sums?: Uint8Array
  readonly identities?: Partial<Record<Port['dtype'], Uint8Array>>
  /** For programs of one step on the CPU: renews the large tensors of the state, which the program then leaves out. */
  readonly kernel?: Kernel
  /** The program whose state tensors are taken by name. */
  readonly stateOf?: number
}

/** A state tensor; several programs may hold it. */
export interface Cell {
  tensor: Tensor | undefined
  users: number
}

/** The state of a program whose updates are done in place, and what they read of the step. */
export interface InPlace {
  readonly update: () => void
  /** Views of the kernel's memory: of state by name, of what is given by the name of the head's metric. */
  readonly state: ReadonlyMap<string, Tensor>
  readonly given: ReadonlyMap<string, Tensor>
  /** The state that the head gives back: the tensor that the next step writes. */
  readonly spare: Map<string, Tensor>
  /** The state as the call found it. */
  readonly before: Map<string, TensorData>
}

export interface Opened extends OpenRequest {
  readonly cells: ReadonlyMap<string, Cell>
  readonly sessionKeys: string[]
  readonly step: InferenceSession
  readonly sum: InferenceSession | undefined
  readonly inPlace: InPlace | undefined
  readonly uploads: Partial<Record<Port['dtype'], InferenceSession>>
  readonly downloads: Partial<Record<Port['dtype'], InferenceSession>>
}

export function loaded(cells: ReadonlyMap<string, Cell>, name: string): Tensor {
  const { tensor } = cells.get(name)!
  if (!tensor) throw new UserError(`the state ${name} was never loaded: call load before run and read`)
  return tensor
}

export const dataOf = (tensor: Tensor): TensorData => tensor.data as TensorData
