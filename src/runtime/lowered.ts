import type { DType } from '../graph/types.js'
import type { Device } from '../onnx/emitter.js'
import { lowerLoop } from '../onnx/loop.js'
import { lowerIdentity, lowerStep, lowerSums, ports, type StatePort, type StepGraph } from '../onnx/program.js'
import { kernelOf, splitStep } from '../update/index.js'
import type { Lowered } from './protocol.js'

/** A loop; on graphics cards one step a call. */
export function lowerWhole(graph: StepGraph, device: Device): Promise<Lowered> {
  if (device !== 'webgpu') return keyed({ program: lowerLoop(graph, device) })
  const program = lowerStep(graph, device)
  return keyed({ program, ...deviceModels(program.state) })
}

/** A call for each step, whose end a kernel does in place; undefined where that does not pay. */
export async function lowerInPlace(graph: StepGraph, threads: number): Promise<Lowered | undefined> {
  const split = splitStep(graph, threads)
  const kernel = split && kernelOf(split)
  if (!kernel) return undefined
  const head = lowerStep(split.head, 'cpu', { intoPlaces: true })
  const program = { ...head, ...ports(graph) }
  const reads = head.state.map(({ name }) => name)
  return await keyed({ program, sums: lowerSums(program.state, 'cpu'), inPlace: { kernel, reads } })
}

function deviceModels(state: readonly StatePort[]) {
  const device = 'webgpu'
  const dtypes = [...new Set(state.map(({ dtype }): DType => dtype))]
  return {
    ...(dtypes.includes('float32') && { sums: lowerSums(state, device) }),
    identities: Object.fromEntries(dtypes.map((dtype) => [dtype, lowerIdentity(dtype, device)])),
  }
}

let models = 0

/** By SHA-256. Pages that are not secure contexts have none: there, no two models count as the same. */
async function keyed(lowered: Omit<Lowered, 'key'>): Promise<Lowered> {
  if (!globalThis.crypto?.subtle) return { ...lowered, key: `model ${models++}` }
  const hashes: string[] = []
  for (const bytes of [lowered.program.bytes, ...(lowered.sums ? [lowered.sums] : [])]) {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    hashes.push(Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join(''))
  }
  return { ...lowered, key: hashes.join(' ') }
}
