import type { Node, Tensor } from '../graph/index.js'
import type { Flow } from './flow.js'

/**
 * Operations that multiply a trained tensor with what a network computes, and the kind of each: rounding makes no other
 * kind. A gather is a product with one-hot rows.
 */
const PRODUCTS: ReadonlyMap<string, string> = new Map([
  ['matmul', 'matrix product'],
  ['quantizedMatmul', 'matrix product'],
  ['conv2d', 'convolution'],
  ['quantizedConv2d', 'convolution'],
  ['gather', 'gather'],
])

export const sameKind = (a: Node, b: Node): boolean => PRODUCTS.get(a.op) === PRODUCTS.get(b.op)

/** A product whose one operand is made of trained state alone, or is trained weights, scaled. */
export interface TrainableProduct {
  readonly node: Node
  /** The names of the trained state in it. */
  readonly names: readonly string[]
  /** What the trained operand is multiplied with. */
  readonly data: readonly Tensor[]
  /** Carries something down: a symmetric weight, here summed over the axis that it sends to when the input drives it. */
  readonly backwards: boolean
}

/** The names of the state that a tensor is made of, if it is made of state and constants alone. */
export function stateAlone(tensor: Tensor, flow: Flow): readonly string[] | undefined {
  const names = new Set<string>()
  const seen = new Set<Tensor>()
  const stack = [tensor]
  while (stack.length > 0) {
    const x = stack.pop()!
    if (seen.has(x)) continue
    seen.add(x)
    const name = flow.stateName(x)
    if (name !== undefined) names.add(name)
    else if (x.node.op === 'input' && x.node.attributes.kind !== 'loop') return undefined
    else stack.push(...flow.sources(x))
  }
  return [...names]
}

/** Operations that keep weights what they are, scaled: a normalisation of their input may lie in them. */
const SCALING = new Set(['mul', 'div', 'neg', 'reshape', 'transpose'])

/** The state of two axes or more that a tensor is, number by number, but for factors, whatever these are made of. */
function scaledState(tensor: Tensor, flow: Flow): readonly string[] {
  const name = flow.stateName(tensor)
  if (name !== undefined) return tensor.rank > 1 ? [name] : []
  if (!SCALING.has(tensor.node.op)) return []
  return tensor.node.inputs.filter(({ size }) => size === tensor.size).flatMap((x) => scaledState(x, flow))
}

/** The names of the state that makes a tensor an operand to be learned. */
const stateOf = (tensor: Tensor, flow: Flow): readonly string[] => stateAlone(tensor, flow) ?? scaledState(tensor, flow)

/** Every tensor that the state's new values depend on, within one step. */
export function everyTensor(flow: Flow): Set<Tensor> {
  const seen = new Set<Tensor>()
  const stack = flow.names.flatMap((name) => [...flow.written(name)])
  while (stack.length > 0) {
    const x = stack.pop()!
    if (seen.has(x)) continue
    seen.add(x)
    stack.push(...flow.sources(x))
  }
  return seen
}

/** State whose new value is made from its old one, as learned weights are; a buffer of activities is not. */
function isTrained(name: string, flow: Flow): boolean {
  const seen = new Set<Tensor>()
  const stack = [...flow.written(name)]
  while (stack.length > 0) {
    const x = stack.pop()!
    if (seen.has(x)) continue
    seen.add(x)
    if (flow.stateName(x) === name) return true
    stack.push(...flow.sources(x))
  }
  return false
}

/** The trainable products of the forward passes, found in the graph. */
export function trainableProducts(flow: Flow): TrainableProduct[] {
  const trained = new Set(flow.names.filter((name) => isTrained(name, flow)))
  const nodes = new Set([...everyTensor(flow)].map(({ node }) => node))
  const products: Omit<TrainableProduct, 'backwards'>[] = []
  for (const node of nodes) {
    if (node.adjoint || !PRODUCTS.has(node.op)) continue
    const operands = (node.op === 'gather' ? node.inputs.slice(0, 1) : node.inputs).map((operand) => ({
      operand,
      names: stateOf(operand, flow).filter((name) => trained.has(name)),
    }))
    const learned = operands.filter(({ names }) => names.length > 0)
    if (learned.length === 0) continue
    const data = node.inputs.filter((x) => !learned.some(({ operand }) => operand === x))
    products.push({ node, names: learned.flatMap(({ names }) => names), data })
  }
  products.sort((a, b) => a.node.id - b.node.id)
  const driven = new Set(products.filter((product) => isDriven(product, products, flow)))
  return products.map((product) => ({
    ...product,
    backwards: !driven.has(product) && [...driven].some((forward) => areOpposite(product, forward, flow)),
  }))
}

type Product = Omit<TrainableProduct, 'backwards'>

/** Whether the input reaches what a weight is multiplied with, by values and not through that weight itself. */
function isDriven({ names, data }: Product, products: readonly Product[], flow: Flow): boolean {
  const own = new Set(products.filter((other) => other.names.some((name) => names.includes(name))).map((p) => p.node))
  const seen = new Set<Tensor>()
  const stack = [...data]
  while (stack.length > 0) {
    const x = stack.pop()!
    if (seen.has(x) || own.has(x.node) || x.dtype !== 'float32') continue
    seen.add(x)
    if (x.node.op === 'input' && x.node.attributes.kind === 'data') return true
    stack.push(...flow.sources(x))
  }
  return false
}

/** Two products of the same weights that sum over different axes of them. */
const areOpposite = (a: Product, b: Product, flow: Flow): boolean =>
  sameKind(a.node, b.node) &&
  a.names.length > 0 &&
  a.names.every((name) => b.names.includes(name) && summedAxis(a.node, name, flow) !== summedAxis(b.node, name, flow))

/**
 * The axis (0 or 1) of a weight matrix that a product sums over, following transpositions; 'swapped' tells a weight
 * used forward from the same weight used to carry something back.
 */
export function summedAxis(node: Node, name: string, flow: Flow): number | undefined {
  const index = node.inputs.findIndex((x) => stateOf(x, flow).includes(name))
  if (index < 0) return undefined
  let swaps = 0
  for (let x: Tensor | undefined = node.inputs[index]; x; x = flow.sources(x)[0]) if (x.node.op === 'transpose') swaps++
  if (PRODUCTS.get(node.op) === 'convolution') return (1 + (swaps > 0 ? 1 : 0)) % 2
  const { transposeA, transposeB } = node.attributes
  const last = index === 0 ? (transposeA ? 0 : 1) : transposeB ? 1 : 0
  return (last + swaps) % 2
}
