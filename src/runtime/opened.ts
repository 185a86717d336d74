import type { InferenceSession, Tensor, TypedTensor } from 'onnxruntime-common'
import { UserError } from '../errors.js'
import type { Device } from '../onnx/emitter.js'
import type { OnnxProgram, Port } from '../onnx/program.js'
import type { Kernel } from '../update/index.js'
import type { InPlace } from './in-place.js'
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
  /** For programs of one step a call: the sums of the float32 state. */
  readonly sums?: Uint8Array<ArrayBuffer>
  /** On graphics cards: copies to and from the device by element type. */
  readonly identities?: Partial<Record<Port['dtype'], Uint8Array>>
  /** For programs of one step on the CPU whose large state is renewed in place, not by the model. */
  readonly inPlace?: {
    readonly kernel: Kernel
    /** The state that the model is fed, by name. */
    readonly reads: readonly string[]
  }
  /** The program whose state tensors are taken by name. */
  readonly stateOf?: number
}

/** What a program is opened with, but for where it runs. */
export type Lowered = Pick<OpenRequest, 'program' | 'sums' | 'identities' | 'inPlace'> & { readonly key: string }

/** A state tensor; several programs may hold it. */
export interface Cell {
  tensor: Tensor | undefined
  users: number
}

export interface Opened extends Omit<OpenRequest, 'inPlace'> {
  readonly cells: ReadonlyMap<string, Cell>
  readonly sessionKeys: string[]
  readonly step: InferenceSession
  readonly sum: InferenceSession | undefined
  readonly ends: Ends | undefined
  readonly uploads: Partial<Record<Port['dtype'], InferenceSession>>
  readonly downloads: Partial<Record<Port['dtype'], InferenceSession>>
}

/** How a program on the CPU runs whose steps end in place. */
export interface Ends {
  readonly inPlace: InPlace
  readonly reads: readonly string[]
}

export function loaded(cells: ReadonlyMap<string, Cell>, name: string): Tensor {
  const { tensor } = cells.get(name)!
  if (!tensor) throw new UserError(`the state ${name} was never loaded: call load before run and read`)
  return tensor
}

export const dataOf = (tensor: Tensor): TensorData => tensor.data as TensorData
