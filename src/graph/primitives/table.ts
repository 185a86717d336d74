import type { Primitive } from '../primitive.js'
import { convolutions } from './convolution.js'
import { elementwise } from './elementwise.js'
import { looping } from './loop.js'
import { pooling } from './pool.js'
import { products } from './product.js'
import { quantized } from './quantized.js'
import { reductions } from './reduce.js'
import { shaping } from './shape.js'

const join = () => ({
  ...elementwise,
  ...reductions,
  ...shaping,
  ...products,
  ...convolutions,
  ...pooling,
  ...quantized,
  ...looping,
})

/** The name of an operation. */
export type Op = keyof ReturnType<typeof join>

let table: Readonly<Record<Op, Primitive>> | undefined

/** Every operation there is, by name. Built at the first call: entries and tensors refer to each other. */
export function primitives(): Readonly<Record<Op, Primitive>> {
  table ??= join()
  return table
}

export const primitive = (op: Op): Primitive => primitives()[op]
