import type { Tensor } from '../graph/tensor.js'
import { everySixteen, get, integer, load, loadNumber, moduleOf, number, operation, set, store } from './bytes.js'
import { INSTRUCTIONS } from './operations.js'
import { isNumber, type SplitStep } from './split.js'

/** Where an array lies in the memory of a kernel. */
export interface Place {
  /** In bytes. */
  readonly at: number
  readonly shape: readonly number[]
}

/** A WebAssembly module with `memory` and `update`, which renews the state in place from what is given. */
export interface Kernel {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** The state that it renews, by name. */
  readonly state: Readonly<Record<string, Place>>
  /** What it reads besides, by the name of the head's metric. */
  readonly given: Readonly<Record<string, Place>>
}

/** Addresses stay positive as signed numbers. */
const MAX_KERNEL_BYTES = 2 ** 31
const PAGE = 2 ** 16

/** Bytes after each array: arrays of whole pages would all begin at the same place within a page. */
const GAP = 1088

/** The updates of a step, one pass for each. Undefined where they need more memory than a kernel can have. */
export function kernelOf({ given, updates }: SplitStep): Kernel | undefined {
  const places = new Map<Tensor, Place>()
  let at = 0
  const place = (x: Tensor): Place => {
    const own = { at, shape: x.shape }
    // Whole vectors of four: what the last one holds besides is never read.
    at += 64 * Math.ceil((4 * x.size) / 64) + GAP
    places.set(x, own)
    return own
  }
  const state = Object.fromEntries(
    updates.flatMap(({ written }) => written).map(({ name, input }) => [name, place(input)]),
  )
  const read = Object.fromEntries(given.map(({ name, output }) => [name, place(output)]))
  if (at > MAX_KERNEL_BYTES) return undefined

  const I = 0
  let vectors = 0
  const code: number[] = []
  for (const { size, written, nodes } of updates) {
    const locals = new Map<Tensor, number>()
    const before: number[] = []
    const body: number[] = []
    const keep = (x: Tensor, into: number[]): void => {
      locals.set(x, locals.size + 1)
      into.push(...set(locals.get(x)!))
    }
    const fetch = (x: Tensor): void => {
      if (locals.has(x)) return
      if (x.size > 1) body.push(...get(I), ...load(places.get(x)!.at))
      else if (isNumber(x)) before.push(...number(x.node.attributes.data[0]))
      else before.push(...integer(0), ...loadNumber(places.get(x)!.at))
      keep(x, x.size > 1 ? body : before)
    }
    for (const { op, inputs, outputs } of nodes) {
      for (const x of inputs) fetch(x)
      const operands = op === 'square' ? [inputs[0]!, inputs[0]!] : inputs
      for (const x of operands) body.push(...get(locals.get(x)!))
      if (op !== 'stopGradient') body.push(...operation(INSTRUCTIONS[op === 'square' ? 'mul' : op]!))
      keep(outputs[0]!, body)
    }
    for (const { input, output } of written)
      body.push(...get(I), ...get(locals.get(output)!), ...store(places.get(input)!.at))
    vectors = Math.max(vectors, locals.size)
    code.push(...before, ...everySixteen(I, 4 * size, body))
  }
  return { bytes: moduleOf(Math.ceil(at / PAGE), vectors, code), state, given: read }
}
