import { reachable } from '../graph/index.js'
import type { Device } from '../onnx/emitter.js'
import { lowerLoop } from '../onnx/loop.js'
import { lowerIdentity, lowerStep, lowerSums, ports, type StepGraph } from '../onnx/program.js'
import { kernelOf, splitStep } from '../update/index.js'
import type { Engine, Lowered, OpenRequest } from './protocol.js'

/** Opens a step: in place where that pays and can be had, else as a whole. */
export async function openStep(
  engine: Engine,
  graph: StepGraph,
  where: Omit<OpenRequest, keyof Lowered>,
): Promise<void> {
  const block = where.device === 'cpu' ? await blockFor(engine, graph) : 1
  const inPlace = where.device === 'cpu' ? lowerInPlace(graph, where.threads, block) : undefined
  if (inPlace && (await engine.open({ ...where, ...inPlace }))) return
  await engine.open({ ...where, ...lowerWhole(graph, where.device, block) })
}

/** The block that a step's convolutions are lowered for: asked for where there are any, or loops that may hold some. */
export async function blockFor(engine: Pick<Engine, 'block'>, { state, metrics }: StepGraph): Promise<number> {
  const nodes = reachable([...state, ...metrics].map(({ output }) => output))
  return nodes.some(({ op }) => op === 'loop' || op.startsWith('conv')) ? await engine.block() : 1
}

/** A loop; on graphics cards one step a call. */
export function lowerWhole(graph: StepGraph, device: Device, block = 1): Lowered {
  if (device !== 'webgpu') return { program: lowerLoop(graph, device, block) }
  const program = lowerStep(graph, device)
  const dtypes = new Set(program.state.map(({ dtype }) => dtype))
  const identities = new Map(Array.from(dtypes, (dtype) => [dtype, lowerIdentity(dtype, device)]))
  const hasFloats = dtypes.has('float32')
  return { program, onCard: { identities, ...(hasFloats && { sums: lowerSums(program.state, device) }) } }
}

/** A call for each step, whose end a kernel does in place; undefined where that does not pay. */
export function lowerInPlace(graph: StepGraph, threads: number, block = 1): Lowered | undefined {
  const split = splitStep(graph, threads)
  const kernel = split && kernelOf(split)
  if (!kernel) return undefined
  const head = lowerStep(split.head, 'cpu', { intoPlaces: true, block })
  const reads = head.state.map(({ name }) => name)
  return { program: { ...head, ...ports(graph) }, inPlace: { kernel, reads } }
}
