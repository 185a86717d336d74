import { reachable } from '../graph/gradient.js'
import type { LoopAttributes } from '../graph/loop.js'
import type { Op } from '../graph/primitives/table.js'
import type { Node, Scope, Tensor } from '../graph/tensor.js'
import { type DType, GraphError, type Shape } from '../graph/types.js'
import { type Emitted, inEngineOrder } from './engine-order.js'
import { type Message, proto } from './schema.js'

/** Where a program runs. A lowering may depend on it; nothing else does. */
export type Device = 'cpu' | 'webgpu' | 'wasm'

/** Emits the ONNX nodes of one node of the graph, and gives the names of its outputs. */
export type Lowering = (emit: Emitter, node: Node) => string[]

type ElementType = DType | 'int64' | 'uint8' | 'int8'

const ELEMENT: Record<ElementType, number> = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9 }

type Input = Tensor | string

/** Constants of at most so many numbers are compared, and made once. */
const MAX_SHARED_CONSTANT = 65_536

export interface EmitterOptions {
  readonly portable?: boolean
  readonly block?: number
  /** Filled in: for the name of each ONNX node the node of the graph that it was lowered from. */
  readonly origins?: Map<string, Node>
}

type AttributeValue = number | readonly number[] | string | Message

type Attributes = Readonly<Record<string, AttributeValue>>

const text = new TextEncoder()

function attribute(name: string, given: AttributeValue): Message {
  if (typeof given === 'number') return proto('AttributeProto', { name, type: 2, i: BigInt(given) })
  if (typeof given === 'string') return proto('AttributeProto', { name, type: 3, s: text.encode(given) })
  if (Array.isArray(given)) return proto('AttributeProto', { name, type: 7, ints: given.map(BigInt) })
  return proto('AttributeProto', { name, type: 5, g: given })
}

/** `lead`: axes before those of the shape. A dimension given as a string is free: it is known when the program runs. */
export function valueInfo(
  name: string,
  { dtype, shape }: { readonly dtype: ElementType; readonly shape?: Shape },
  lead: readonly (number | string)[] = [],
): Message {
  const dim = [...lead, ...(shape ?? [])].map((size) =>
    proto('Dimension', typeof size === 'string' ? { dimParam: size } : { dimValue: BigInt(size) }),
  )
  const tensorType = { elemType: ELEMENT[dtype], ...(shape && { shape: proto('TensorShapeProto', { dim }) }) }
  return proto('ValueInfoProto', { name, type: proto('TypeProto', { tensorType: proto('Tensor', tensorType) }) })
}

function rawData(dtype: ElementType, data: ArrayLike<number>): Uint8Array {
  const Arrays = { float32: Float32Array, int32: Int32Array, bool: Uint8Array, uint8: Uint8Array, int8: Int8Array }
  const array = dtype === 'int64' ? BigInt64Array.from(Array.from(data, BigInt)) : Arrays[dtype].from(data)
  return new Uint8Array(array.buffer)
}

/** Writes one ONNX graph and the bodies of its loops. Each node of the traced graph is emitted once, in its scope. */
export class Emitter {
  readonly device: Device
  /** Channels that the engine's kernels for blocks of channels take together; 1 where it has none. */
  readonly block: number
  readonly initializers: Message[] = []
  /** Of the operations in use; '' is ONNX's own. */
  readonly domains = new Set([''])
  #names = new Map<Tensor, string>()
  readonly #constants = new Map<string, string>()
  #made = new Map<string, string[]>()
  readonly #used = new Set<Tensor>()
  #nodes: Emitted[] = []
  /** What the nodes of the graph being written have put out. */
  #own = new Set<string>()
  /** How many inputs of nodes have a name, in the bodies of loops too. */
  readonly #reads = new Map<string, number>()
  /** Whether what is being emitted is a single number. */
  #isNumber = false
  /** What is being emitted. */
  #node: Node | undefined
  #next = 0

  /** For ONNX Runtime's own kernels on this device; a model for any engine and batch is not. */
  readonly tuned: boolean

  readonly #lowerings: Readonly<Record<Op, Lowering>>

  readonly #origins: Map<string, Node> | undefined

  constructor(
    lowerings: Readonly<Record<Op, Lowering>>,
    device: Device,
    { portable = false, block = 1, origins }: EmitterOptions = {},
  ) {
    this.#lowerings = lowerings
    this.#origins = origins
    this.block = block
    this.device = device
    this.tuned = device === 'cpu' && !portable
  }

  fresh(prefix: string): string {
    return `${prefix}_${this.#next++}`
  }

  /** The name under which a tensor was emitted. */
  name(tensor: Tensor): string {
    const name = this.#names.get(tensor)
    if (name === undefined) throw new GraphError(`lowering: the output of ${tensor.node.op} was not emitted`)
    return name
  }

  /** Gives a tensor the name of a graph input. */
  bind(tensor: Tensor, name: string): void {
    this.#names.set(tensor, name)
  }

  /**
   * Adds a node; inputs are tensors or names. Equal nodes are made once, so that what two tensors share in their
   * lowerings (rounded bytes, squares) is computed once; an Identity, made to have a name of its own, is not merged.
   */
  node(op: string, inputs: readonly Input[], attributes: Attributes = {}, outputs = 1): string[] {
    const names = inputs.map((x) => (typeof x === 'string' ? x : this.name(x)))
    const key = `${op} ${names} ${'body' in attributes ? this.#next : JSON.stringify(attributes)}`
    const before = op === 'Identity' ? undefined : this.#made.get(key)
    if (before) return before
    const output = Array.from({ length: outputs }, () => this.fresh(op))
    this.raw(op, names, output, attributes)
    this.#made.set(key, output)
    return output
  }

  one(op: string, inputs: readonly Input[], attributes: Attributes = {}): string {
    return this.node(op, inputs, attributes)[0]!
  }

  /** A node whose outputs are named by the caller; operations that ONNX has not are named with their domain, `a:b`. */
  raw(op: string, input: readonly string[], output: readonly string[], attributes: Attributes = {}): void {
    for (const name of output) this.#own.add(name)
    for (const name of input) this.#reads.set(name, (this.#reads.get(name) ?? 0) + 1)
    const list = Object.entries(attributes).map(([name, given]) => attribute(name, given))
    const [opType, domain = ''] = op.split(':').toReversed()
    this.domains.add(domain)
    const node = { input: [...input], output: [...output], name: output[0], opType: opType!, attribute: list, domain }
    if (this.#node) this.#origins?.set(node.name!, this.#node)
    this.#nodes.push({ ...node, isNumber: this.#isNumber, message: proto('NodeProto', node) })
  }

  cast(x: Input, dtype: ElementType): string[] {
    return this.node('Cast', [x], { to: ELEMENT[dtype] })
  }

  reshape(x: Input, shape: readonly number[]): string {
    return this.one('Reshape', [x, this.int64s(shape)])
  }

  /** [b, m, k] x [b, n, k], without a Transpose: the engine's is slow for many small matrices. */
  timesTransposed(a: Input, b: Input): string {
    if (this.tuned) return this.one('com.microsoft:FusedMatMul', [a, b], { transB: 1 })
    return this.one('MatMul', [a, this.one('Transpose', [b], { perm: [0, 2, 1] })])
  }

  slice(x: Input, axis: number, start: number, end: number, step = 1): string {
    return this.one('Slice', [x, ...[start, end, axis, step].map((v) => this.int64s([v]))])
  }

  /** Constants live in the outermost graph, so that loops read them without making them anew. */
  initializer({ data, shape, dtype }: { data: ArrayLike<number>; shape: Shape; dtype: ElementType }): string {
    const key = data.length <= MAX_SHARED_CONSTANT ? `${dtype} ${shape} ${Array.from(data)}` : undefined
    const before = key && this.#constants.get(key)
    if (before) return before
    const name = this.fresh('constant')
    const tensor = { dims: shape.map(BigInt), dataType: ELEMENT[dtype], name, rawData: rawData(dtype, data) }
    this.initializers.push(proto('TensorProto', tensor))
    if (key) this.#constants.set(key, name)
    return name
  }

  /** A constant by name: made once, however large. */
  constant(key: string, make: () => { data: ArrayLike<number>; shape: Shape; dtype: ElementType }): string {
    const name = this.#constants.get(key) ?? this.initializer(make())
    this.#constants.set(key, name)
    return name
  }

  int64s(values: readonly number[]): string {
    return this.initializer({ data: values, shape: [values.length], dtype: 'int64' })
  }

  scalar(value: number, dtype: ElementType = 'float32'): string {
    return this.initializer({ data: [value], shape: [], dtype })
  }

  /** Emits everything that the tensors need and that lives in `scope`. */
  emit(outputs: readonly Tensor[], scope: Scope | undefined): void {
    const [nodes, outer] = [reachable(outputs), this.#node]
    for (const x of [...outputs, ...nodes.flatMap(({ inputs }) => inputs)]) this.#used.add(x)
    for (const node of nodes) {
      if (node.scope !== scope || this.#names.has(node.outputs[0]!)) continue
      this.#isNumber = node.outputs.every(({ shape }) => shape.every((size) => size === 1))
      this.#node = node
      for (const [i, name] of this.#lowerings[node.op](this, node).entries()) this.#names.set(node.outputs[i]!, name)
    }
    this.#node = outer
  }

  /**
   * The body of a Loop that carries these tensors, apart from what is emitted around it; the names that it gives end
   * with it. `build` gets the name of the iteration's number, and gives what an iteration hands on and puts out.
   * Without a condition, computed at the end of an iteration, the loop goes on.
   */
  loopBody(
    carried: readonly Tensor[],
    scope: Scope | undefined,
    build: (iteration: string) => readonly Tensor[],
    condition?: Tensor,
  ): Message {
    const outer = [this.#nodes, this.#names, this.#made, this.#own] as const
    this.#nodes = []
    this.#names = new Map(outer[1])
    this.#made = new Map(outer[2])
    this.#own = new Set()
    const [iteration, goOn] = [this.fresh('iteration'), this.fresh('condition')]
    const names = carried.map(() => this.fresh('carried'))
    for (const [i, x] of carried.entries()) this.bind(x, names[i]!)
    const results = build(iteration)
    const all = condition ? [...results, condition] : results
    this.emit(all, scope)
    const outputs = this.#outputs(all.map((x) => this.name(x)))
    const last = condition ? outputs.pop()! : this.one('Identity', [goOn])
    const graph = proto('GraphProto', {
      name: this.fresh('graph'),
      node: this.takeNodes(),
      input: [
        valueInfo(iteration, { dtype: 'int64', shape: [] }),
        valueInfo(goOn, { dtype: 'bool', shape: [] }),
        ...carried.map((x, i) => valueInfo(names[i]!, x)),
      ],
      output: [valueInfo(last, { dtype: 'bool', shape: [] }), ...results.map((x, i) => valueInfo(outputs[i]!, x))],
    })
    ;[this.#nodes, this.#names, this.#made, this.#own] = outer
    return graph
  }

  /** Names for the outputs of the graph being written: what it did not make itself, or gives twice, is copied. */
  #outputs(names: readonly string[]): string[] {
    const given = new Set<string>()
    return names.map((own) => {
      const name = this.#own.has(own) && !given.has(own) ? own : this.one('Identity', [own])
      given.add(name)
      return name
    })
  }

  /** The nodes of the graph being written, so that the engine runs them in the order in which they were traced. */
  takeNodes(): Message[] {
    return inEngineOrder(this.#nodes, this.#reads)
  }

  loop(node: Node): string[] {
    const body: LoopAttributes = node.attributes
    const size = body.parameters.length
    const isUsed = node.outputs.slice(size).map((y) => this.#used.has(y))
    const stacked = [...body.stacked, ...(body.condition ? [] : body.parameters)].filter((_, k) => isUsed[k])
    const captured = node.inputs.slice(size).map((x) => this.name(x))
    const inLoop = (iteration: string): Tensor[] => {
      // A copied loop reads other tensors from outside, but its body names those of the original.
      for (const [i, x] of body.captured.entries()) this.bind(x, captured[i]!)
      const results = [...body.results, ...stacked]
      if (reachable(body.condition ? [...results, body.condition] : results).includes(body.index.node))
        this.bind(body.index, this.cast(iteration, 'int32')[0]!)
      return results
    }
    const graph = this.loopBody(body.parameters, body.scope, inLoop, body.condition)
    const count = this.initializer({ data: [body.count], shape: [], dtype: 'int64' })
    const initial = node.inputs.slice(0, size).map((x) => this.name(x))
    const inputs = [count, this.scalar(1, 'bool'), ...initial]
    const names = this.node('Loop', inputs, { body: graph }, size + stacked.length)
    let next = size
    return [...names.slice(0, size), ...isUsed.map((used) => (used ? names[next++]! : ''))]
  }
}
