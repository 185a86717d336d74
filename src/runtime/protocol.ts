import type { DType } from '../graph/types.js'
import type { Device } from '../onnx/emitter.js'
import type { OnnxProgram } from '../onnx/program.js'
import type { Kernel } from '../update/index.js'
import type { RunResult, TensorRecord } from './program.js'

/** The end of a step that a kernel does, not the model. */
export interface InPlace {
  readonly kernel: Kernel
  /** The names of the state that the model is fed. */
  readonly reads: readonly string[]
}

/** A step as it is handed to an engine, but for where it runs. */
export interface Lowered {
  readonly program: OnnxProgram
  /** On graphics cards: models of the sums of the float32 state, and of a copy of each element type. */
  readonly onCard?: { readonly sums?: Uint8Array; readonly identities: ReadonlyMap<DType, Uint8Array> }
  /** On the CPU, where large state is renewed in place. */
  readonly inPlace?: InPlace
}

export interface OpenRequest extends Lowered {
  readonly id: number
  readonly device: Device
  readonly threads: number
  /** The program whose state tensors are taken by name. */
  readonly stateOf?: number
}

/**
 * Holds sessions and state, in whatever thread the computing happens. Requests are answered in order. The
 * arrays of a batch are the engine's from then on, those handed out the caller's.
 */
export interface Engine {
  /** False, and nothing is open, if the program is to be renewed in place and this machine cannot. */
  open(request: OpenRequest): Promise<boolean>
  /** Copies the numbers in. */
  load(id: number, state: TensorRecord): Promise<void>
  run(id: number, steps: number, batch: TensorRecord): Promise<RunResult>
  read(id: number): Promise<TensorRecord>
  close(id: number, keep?: boolean): Promise<void>
  /** How many channels the CPU's kernels for blocks of channels take together; 1 where there are none. */
  block(): Promise<number>
  /** Whether the model makes of random inputs the same bits with each number of threads. */
  compare(program: OnnxProgram, threads: readonly number[]): Promise<boolean>
}
