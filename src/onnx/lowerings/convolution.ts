import type { convolutions } from '../../graph/primitives/convolution.js'
import type { pooling } from '../../graph/primitives/pool.js'
import { convolve } from '../convolution.js'
import type { Lowering } from '../emitter.js'
import { onnxWindow } from '../unfold.js'
import { weightGradient } from '../weight-gradient.js'

export const convolutionLowerings = {
  conv2d: (emit, { inputs: [x, w], outputs: [y], attributes }) => [convolve(emit, x!, w!, y!, attributes)],
  convolutionWeightGradient: (emit, { inputs: [x, g], attributes }) => [weightGradient(emit, x!, g!, attributes)],
  maxPool2d: (emit, { inputs, attributes }) =>
    emit.node('MaxPool', inputs, { kernel_shape: attributes.kernel, ...onnxWindow(attributes) }),
  averagePool2d: (emit, { inputs, attributes }) =>
    emit.node('AveragePool', inputs, {
      kernel_shape: attributes.kernel,
      count_include_pad: 1,
      ...onnxWindow(attributes),
    }),
} satisfies Record<keyof typeof convolutions | keyof typeof pooling, Lowering>
