import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, totalmem } from 'node:os'
import { instructionSets, matrixProductSpeed } from '../src/runtime/doctor.node.js'

export interface Machine {
  readonly processor: string
  /** Two processors of one name may differ in these. */
  readonly instructions: readonly string[]
  readonly cores: number
  readonly memoryGiB: number
  readonly node: string
  readonly onnxruntime: string
  readonly onward: string
  /** The machine's own float32 matrix product (1024^3, the job's threads): when the job began, or the faster of then and its end. */
  readonly gflops: number
}

/** What every record says of the machine that it was made on. */
export async function describeMachine(threads = availableParallelism()): Promise<Machine> {
  const version = (path: string): string => JSON.parse(readFileSync(path, 'utf8')).version
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    instructions: await instructionSets(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    onnxruntime: version('node_modules/onnxruntime-node/package.json'),
    onward: version('package.json'),
    gflops: await matrixProductSpeed(threads),
  }
}
