import type { Op } from '../graph/primitives/table.js'
import { type Device, Emitter, type EmitterOptions, type Lowering } from './emitter.js'
import { convolutionLowerings } from './lowerings/convolution.js'
import { elementwiseLowerings } from './lowerings/elementwise.js'
import { productLowerings } from './lowerings/product.js'
import { quantizedLowerings } from './lowerings/quantized.js'
import { reductionLowerings } from './lowerings/reduce.js'
import { shapeLowerings } from './lowerings/shape.js'

/** How each operation is written in ONNX. The compiler refuses a table that lacks one. */
const LOWERINGS = {
  ...elementwiseLowerings,
  ...reductionLowerings,
  ...shapeLowerings,
  ...productLowerings,
  ...convolutionLowerings,
  ...quantizedLowerings,
  loop: (emit, node) => emit.loop(node),
} satisfies Record<Op, Lowering>

export const emitterFor = (device: Device, options: EmitterOptions = {}): Emitter =>
  new Emitter(LOWERINGS, device, options)
