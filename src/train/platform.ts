import type { StepGraph } from '../onnx/index.js'
import type { CompileOptions, Program } from '../runtime/index.js'

/** What training needs of the place where it runs: Node and browsers each bring their own. */
export interface Platform {
  compile(graph: StepGraph, options: CompileOptions): Promise<Program>
  /** Milliseconds since any fixed moment. Default: `performance.now`. */
  now?(): number
  /** Keeps the bytes of a checkpoint in the place of the one before, all of them or none, and says where. */
  saveCheckpoint?(bytes: Uint8Array<ArrayBuffer>): Promise<string>
  /** Whether 8-bit products are exact here; x86 processors without VNNI cut off sums of two products. Default: yes. */
  exactInt8?(): Promise<boolean>
}
