import type { Device } from '../onnx/emitter.js'

/** The numbers of a tensor: float32, int32, bool (0 and 1). */
export type TensorData = Float32Array | Int32Array | Uint8Array

export const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array }

export type TensorRecord = Record<string, TensorData>

export interface RunResult {
  /** By name, stacked over the steps: [steps, ...]. */
  readonly metrics: TensorRecord
  /** What the call took where it ran, without the way there and back. */
  readonly seconds: number
  /** The float32 state tensors whose sum is not finite after the call. */
  readonly notFinite: string[]
}

/** A compiled step and its state, which stays where the program runs. Calls are queued and run one after another. */
export interface Program {
  readonly device: Device
  /**
   * Copies the numbers in. Every state tensor must be there, except those taken from another program (`stateOf`), which
   * may be. Throws a UserError that names the tensor if a name, a type or a length does not fit; the state is then as
   * before.
   */
  load(state: TensorRecord): Promise<void>
  /**
   * Runs `steps` steps. `batch` holds an array [steps, ...] for each batch input; its buffers are handed over, and are
   * empty afterwards (a view of a part of a buffer is copied). Throws a UserError if the batch does not fit or a state
   * tensor was never loaded. On cpu and wasm a call that fails leaves the state as it was.
   */
  run(steps: number, batch: TensorRecord): Promise<RunResult>
  /** Whether numbers of threads are being compared: then short calls are best. */
  isComparing?(): boolean
  /** A copy of the state. */
  read(): Promise<TensorRecord>
  /**
   * Waits for the calls in flight, then frees the state. `keep`: whether its session, with the memory that it took, may be
   * kept for the next program of the same step; default: true.
   */
  dispose(keep?: boolean): Promise<void>
}

export interface CompileOptions {
  readonly device: Device
  /**
   * Threads of one operation on cpu and wasm. Default: as many as the machine runs at once; on cpu, one where that is
   * faster at the time and gives the same bits. On cpu never more than the machine runs at once.
   */
  readonly threads?: number
  /** The most threads that the default takes. Default: as many as the machine runs at once. */
  readonly mostThreads?: number | undefined
  /** Run in a worker, so that this thread stays free. Default: true. */
  readonly worker?: boolean
  /**
   * Share the state of this program, by name: what one makes of it the other finds. (A program that renews large state
   * in place has memory of its own, and copies what another left.) The rest of the state is the new program's own. Both
   * must run on one device and both in the worker, or both outside of it.
   */
  readonly stateOf?: Program
}
