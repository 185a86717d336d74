import { type Node, primitives, reachable } from '../src/graph/index.js'
import type { TracedStep } from '../src/rules/trace.js'

export const PARTS = [
  'product',
  'weight gradient',
  'input gradient',
  'head',
  'pooling',
  'point-wise',
  'updates',
] as const

/** What a node of a step does, and in which layer. Layer -1: what makes images into the input of layer 0. */
export interface Place {
  readonly layer: number
  readonly part: (typeof PARTS)[number]
}

const isProduct = ({ op }: Node): boolean => op.includes('conv2d') || op.includes('Conv2d') || op.includes('atmul')

/**
 * Tells what each node of a step of layers with heads is for, from the order of tracing: a layer's product with
 * `layers.i.weight`, all that is elementwise behind it, its head, from the first other operation after its bias on; then
 * derivatives, which know what they are derived from, and updates. Throws an Error where a layer has no such product.
 */
export function placesOf({ state, metrics }: TracedStep): (node: Node) => Place {
  const nodes = reachable([...state, ...metrics].map(({ output }) => output))
  const forward = nodes.filter(({ adjoint }) => !adjoint)
  const readerOf = (name: string, isMeant: (node: Node) => boolean): Node => {
    const port = state.find((entry) => entry.name === name)
    const reader = forward.find((node) => node.inputs.some((x) => x === port?.input) && isMeant(node))
    if (!reader) throw new Error(`no product reads ${name}: this is no step of layers with heads`)
    return reader
  }
  const layers = state.filter(({ name }) => /^layers\.\d+\.weight$/.test(name))
  const all = layers.map((_, i) => {
    const product = readerOf(`layers.${i}.weight`, isProduct)
    const bias = readerOf(`layers.${i}.bias`, () => true)
    const isElementwise = ({ op }: Node): boolean =>
      op === 'constant' || op === 'reshape' || primitives()[op].elementwise === true
    // A dense head reads what a layer of units puts out as it is; maps are pooled, or a convolution reads them.
    const head = forward.find((node) => node.id > bias.id && !isElementwise(node))?.id ?? Number.POSITIVE_INFINITY
    const derivative = nodes.find(({ id, adjoint }) => adjoint && id > product.id)?.id ?? Number.POSITIVE_INFINITY
    return { product, head, derivative }
  })
  const place = (node: Node): Place => {
    if (node.adjoint) {
      const { layer, part } = place(node.adjoint.of)
      if (part !== 'product') return { layer, part }
      if (node.op.endsWith('WeightGradient')) return { layer, part: 'weight gradient' }
      // Cotangents of what several nodes read are added up.
      return { layer, part: node.op === 'add' ? 'point-wise' : 'input gradient' }
    }
    const layer = all.findLastIndex(({ product }) => product.id <= node.id)
    const own = all[layer]
    if (!own) return { layer, part: isProduct(node) ? 'product' : 'point-wise' }
    if (node === own.product) return { layer, part: 'product' }
    if (node.id > own.derivative) return { layer, part: 'updates' }
    if (node.id >= own.head) return { layer, part: 'head' }
    return { layer, part: node.op.endsWith('Pool2d') ? 'pooling' : 'point-wise' }
  }
  return place
}
