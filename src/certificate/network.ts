import { type InputAttributes, type LoopAttributes, type Node, reachable, type Tensor } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import { type Block, checkBlocks, ownersOf } from './blocks.js'
import { slicesRead, stackLengths } from './slices.js'

/** A program that a training runs. */
export interface Program extends Pick<StepGraph, 'state'> {
  /** The mini-batches that one run takes; 1 where not given. */
  readonly span?: number
  /** The state between the mini-batches or the steps of one run. */
  readonly between?: readonly { readonly name: string; readonly tensor: Tensor }[]
  /** The program whose output (its one metric) this one reads as data: frozen layers below. */
  readonly fed?: Pick<StepGraph, 'state' | 'metrics'> & { readonly input: Tensor }
}

/** A tensor, or one slice of it along the first axis. */
export interface Vertex {
  readonly id: number
  readonly tensor: Tensor
  readonly lane: number | undefined
  /** What it is computed from, within one run of its program. */
  readonly sources: Vertex[]
  /** For state: its name, the block that it belongs to (-1: none), and what the programs write to it. */
  readonly state?: { readonly name: string; readonly owner: number; readonly written: Vertex[] }
}

/** Programs as one graph: through loops, slice by slice where layers are stacked, and from state to who wrote it. */
export interface Network {
  /** Everything that the state's new values depend on. */
  readonly vertices: readonly Vertex[]
  /** The new values of each block's parameters and statistics. */
  readonly updates: readonly (readonly Vertex[])[]
  /** The new values of parameters alone. */
  readonly learned: ReadonlySet<Vertex>
  /** The names of state that some program changes, and whether all of it belongs to blocks. */
  readonly changed: ReadonlyMap<string, boolean>
  /** Whether state of this name is a statistic of some block. */
  isStatistic(name: string): boolean
  /** The tensor's vertices: one for each slice that is asked for, or one for the whole. */
  of(x: Tensor, lanes?: readonly number[]): readonly Vertex[]
  isCut(x: Tensor): boolean
  /** The blocks whose parameters these names are, rising. */
  ownersOf(names: readonly string[]): number[]
}

/** All nodes of the programs, the bodies of loops among them. */
export function allNodes(outputs: readonly Tensor[]): Node[] {
  const nodes = new Set<Node>()
  const add = (list: readonly Tensor[]): void => {
    for (const node of reachable(list)) {
      if (nodes.has(node)) continue
      nodes.add(node)
      if (node.op !== 'loop') continue
      const { results, stacked, condition }: LoopAttributes = node.attributes
      add([...results, ...stacked, ...(condition ? [condition] : [])])
    }
  }
  add(outputs)
  return [...nodes].sort((a, b) => a.id - b.id)
}

/** How often a node runs: the counts of the loops around it, of those among `nodes`, multiplied. */
export function iterations(nodes: readonly Node[]): (node: Node) => number {
  const counts = new Map<object, number>()
  for (const { op, attributes } of nodes) if (op === 'loop') counts.set(attributes.scope, attributes.count)
  return (node) => {
    let product = 1
    for (let scope = node.scope; scope; scope = scope.parent) product *= counts.get(scope) ?? 1
    return product
  }
}

/** `reads`: tensors that are looked at besides the state's new values. */
export function networkOf(
  programs: readonly Program[],
  blocks: readonly Block[],
  reads: readonly Tensor[] = [],
): Network {
  const ports = programs.flatMap(({ state, between = [], fed }) => [
    ...state,
    ...(fed?.state ?? []),
    ...between.map(({ name, tensor }) => ({ name, input: tensor, output: tensor.node.inputs[0]! })),
  ])
  const stateNames = new Map<Tensor, string>()
  const outputs = new Map<string, Tensor[]>()
  for (const { name, input, output } of ports) {
    stateNames.set(input, name)
    const list = outputs.get(name) ?? []
    outputs.set(name, list)
    if (output !== input) list.push(output)
  }
  checkBlocks(blocks, new Map(ports.map(({ name, input }) => [name, input.shape])))
  const feeds = new Map(programs.flatMap(({ fed }) => (fed ? [[fed.input, fed.metrics[0]!.output]] : [])))
  const nodes = allNodes([...[...outputs.values()].flat(), ...feeds.values(), ...reads])
  const stacks = new Set(
    blocks.flatMap(({ parameters }) => parameters.flatMap((p) => (typeof p === 'string' ? [] : p.path))),
  )
  const stacked = ports.filter(({ name }) => [...stacks].some((path) => name === path || name.startsWith(`${path}.`)))
  const lengths = stackLengths(nodes, [...new Set(stacked.map(({ input }) => input.shape[0]!))])
  const isCut = (x: Tensor): boolean => x.rank > 0 && lengths.has(x.shape[0]!)
  const owner = ownersOf(blocks.map(({ parameters }) => parameters))
  const keeper = ownersOf(blocks.map(({ statistics = [] }) => statistics))

  const vertices: Vertex[] = []
  const known = new Map<Tensor, Vertex[]>()
  const open: Vertex[] = []
  const vertex = (tensor: Tensor, lane?: number): Vertex => {
    const all = known.get(tensor) ?? []
    known.set(tensor, all)
    const place = lane === undefined ? 0 : lane + 1
    if (all[place]) return all[place]
    const name = isCut(tensor) && lane === undefined ? undefined : stateNames.get(tensor)
    const state = name !== undefined && { state: { name, owner: owner(name, lane), written: [] } }
    const made: Vertex = { id: vertices.length, tensor, lane, sources: [], ...state }
    vertices.push(made)
    all[place] = made
    open.push(made)
    return made
  }
  /** The slice of `x` at `lane`, where it has such slices; else all of it. */
  const at = (x: Tensor, lane: number | undefined): Vertex =>
    vertex(x, lane !== undefined && isCut(x) ? lane : undefined)
  const bodies = new Map<Tensor, { node: Node; index: number }>()

  const sourcesOf = ({ tensor, lane }: Vertex): Vertex[] => {
    const { node, index } = tensor
    if (lane === undefined && isCut(tensor))
      return Array.from({ length: tensor.shape[0]! }, (_, i) => vertex(tensor, i))
    if (node.op === 'loop') return ofLoop(node, index, lane)
    if (node.op === 'input') {
      const { kind }: InputAttributes = node.attributes
      const body = bodies.get(tensor)
      if (feeds.has(tensor)) return [at(feeds.get(tensor)!, lane)]
      if (kind !== 'loop' || !body) return []
      const { results }: LoopAttributes = body.node.attributes
      return [at(body.node.inputs[body.index]!, lane), at(results[body.index]!, lane)]
    }
    return node.inputs.flatMap((x, k) => {
      const slices = slicesRead(node, k, lane, isCut)
      return slices === undefined ? [vertex(x)] : slices.map((slice) => vertex(x, slice))
    })
  }
  const ofLoop = (node: Node, index: number, lane: number | undefined): Vertex[] => {
    const { parameters, results, stacked: lists, condition }: LoopAttributes = node.attributes
    const size = parameters.length
    parameters.forEach((parameter, i) => {
      bodies.set(parameter, { node, index: i })
    })
    const stop = condition ? [vertex(condition)] : []
    if (index < size) return [at(results[index]!, lane), at(node.inputs[index]!, lane), ...stop]
    if (index < size + lists.length) return [vertex(lists[index - size]!), ...stop]
    return [vertex(parameters[index - size - lists.length]!)]
  }

  const updates: Vertex[][] = blocks.map(() => [])
  const learned = new Set<Vertex>()
  const changed = new Map<string, boolean>()
  const write = (name: string, input: Tensor): void => {
    const lanes = isCut(input) ? Array.from({ length: input.shape[0]! }, (_, i) => i) : [undefined]
    for (const lane of lanes)
      for (const output of outputs.get(name)!) {
        const own = Math.max(owner(name, lane), keeper(name, lane))
        changed.set(name, (changed.get(name) ?? true) && own >= 0)
        const after = at(output, lane)
        if (own >= 0) updates[own]!.push(after)
        if (owner(name, lane) >= 0) learned.add(after)
      }
  }
  const firstInputs = new Map(ports.map(({ name, input }) => [name, input]))
  for (const [name, input] of firstInputs) write(name, input)
  for (const x of reads) vertex(x)
  for (let v = open.pop(); v; v = open.pop()) {
    if (!v.state) v.sources.push(...new Set(sourcesOf(v)))
    else v.state.written.push(...new Set(outputs.get(v.state.name)!.map((output) => at(output, v!.lane))))
  }
  return {
    vertices,
    updates: updates.map((list) => [...new Set(list)]),
    learned,
    changed,
    isStatistic: (name) => keeper(name, undefined) >= 0,
    of: (x, lanes) =>
      lanes === undefined ? (known.get(x) ?? []).slice(0, 1) : lanes.flatMap((i) => known.get(x)?.[i + 1] ?? []),
    isCut,
    ownersOf(names) {
      const all = new Set(names)
      const own = vertices.flatMap(({ state }) =>
        state && state.owner >= 0 && all.has(state.name) ? [state.owner] : [],
      )
      return [...new Set(own)].sort((a, b) => a - b)
    },
  }
}
