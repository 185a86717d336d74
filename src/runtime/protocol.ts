import type { Device } from '../onnx/emitter.js'
import type { OnnxProgram, Port } from '../onnx/program.js'
import type { Kernel } from '../update/index.js'
import type { RunResult, TensorRecord } from './program.js'

/** A step as it is handed to an engine, but for where it runs. */
export interface Lowered {
  /** The same for the same model. */
  readonly key: string
  readonly program: OnnxProgram
  /** For programs of one step a call: a model of the sums of the float32 state. */
  readonly sums?: Uint8Array<ArrayBuffer>
  /** On graphics cards: models that copy to and from the device, by element type. */
  readonly identities?: Partial<Record<Port['dtype'], Uint8Array>>
  /** For programs of one step on the CPU whose large state a kernel renews in place, not the model. */
  readonly inPlace?: {
    readonly kernel: Kernel
    /** The names of the state that the model is fed. */
    readonly reads: readonly string[]
  }
}

export interface OpenRequest extends Lowered {
  readonly id: number
  readonly device: Device
  readonly threads: number
  /** The program whose state tensors are taken by name. */
  readonly stateOf?: number
}

/** A model whose outputs are compared for several numbers of threads. */
export interface CompareRequest {
  readonly program: OnnxProgram
  readonly threads: readonly number[]
}

/**
 * Holds sessions and state, in whatever thread the computing happens. Requests are answered in order. Arrays handed in
 * are the engine's from then on, those handed out the caller's.
 */
export interface Engine {
  /** False, and nothing is open, if the program is to be renewed in place and this machine cannot. */
  open(request: OpenRequest): Promise<boolean>
  load(id: number, state: TensorRecord): Promise<void>
  run(id: number, steps: number, batch: TensorRecord): Promise<RunResult>
  read(id: number): Promise<TensorRecord>
  close(id: number): Promise<void>
  /** Whether the model makes of random inputs the same bits with each number of threads. */
  compare(request: CompareRequest): Promise<boolean>
}
