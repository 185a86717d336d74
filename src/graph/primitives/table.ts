import type { Primitive } from '../primitive.js'
import { convolutions } from './convolution.js'
import { elementwise } from './elementwise.js'
import { looping } from './loop.js'
import { pooling } from './pool.js'
import { products } from './product.js'
import { quantized } from './quantized.js'
import { reductions } from './reduce.js'
import { shaping } from './shape.js'

let table: Record<string, Primitive> | undefined

/** Every operation there is, by name. Built at the first call, since entries and tensors refer to each other. */
export function primitives(): Record<string, Primitive> {
  table ??= {
    ...elementwise,
    ...reductions,
    ...shaping,
    ...products,
    ...convolutions,
    ...pooling,
    ...quantized,
    ...looping,
  }
  return table
}

export function primitive(op: string): Primitive {
  return primitives()[op]!
}
