import { averagePool2d, conv2d, grad, maxPool2d, quantizedConv2d } from '../../src/graph/index.js'
import { apply } from '../../src/graph/tensor.js'
import { at, type Case, floats } from './case.js'

/** Of what looks through windows: convolutions, their weight gradients, poolings. */
export const WINDOWS: Readonly<Record<string, readonly Case[]>> = {
  conv2d: [
    at('plain', [floats(2, 3, 5, 4), floats(4, 3, 3, 2)], (x, w) => conv2d(x!, w!)),
    at('same', [floats(2, 2, 4, 4), floats(3, 2, 3, 3)], (x, w) => conv2d(x!, w!, { padding: 'same' })),
    at('same, many channels', [floats(2, 5, 4, 3), floats(3, 5, 3, 3)], (x, w) => conv2d(x!, w!, { padding: 'same' })),
    at('17 channels', [floats(1, 17, 4, 3), floats(2, 17, 3, 2)], (x, w) => conv2d(x!, w!, { padding: 1 })),
    at('stride 2, many channels', [floats(1, 5, 5, 6), floats(2, 5, 3, 3)], (x, w) =>
      conv2d(x!, w!, { stride: 2, padding: 1 }),
    ),
    at('same, an even kernel', [floats(1, 2, 4, 5), floats(3, 2, 2, 4)], (x, w) => conv2d(x!, w!, { padding: 'same' })),
    at('stride 2, padded', [floats(2, 2, 5, 5), floats(3, 2, 3, 3)], (x, w) =>
      conv2d(x!, w!, { stride: 2, padding: 1 }),
    ),
    at('stride 2, rows left unread', [floats(1, 2, 6, 7), floats(2, 2, 3, 3)], (x, w) => conv2d(x!, w!, { stride: 2 })),
    at('stride beyond the kernel', [floats(1, 2, 8, 7), floats(2, 2, 2, 2)], (x, w) => conv2d(x!, w!, { stride: 3 })),
    at('padding beyond the kernel', [floats(1, 2, 3, 3), floats(2, 2, 2, 2)], (x, w) => conv2d(x!, w!, { padding: 2 })),
    at('more outputs than places', [floats(3, 2, 2, 3), floats(7, 2, 3, 2)], (x, w) =>
      conv2d(x!, w!, { padding: 'same' }),
    ),
    at('more outputs than places, of many', [floats(16, 2, 3, 3), floats(8, 2, 2, 2)], (x, w) =>
      conv2d(x!, w!, { stride: 2, padding: 1 }),
    ),
    at('patches', [floats(16, 2, 4, 4), floats(5, 2, 2, 2)], (x, w) => conv2d(x!, w!, { stride: 2 })),
    at('all that an output reads is padding', [floats(1, 1, 1, 1), floats(2, 1, 1, 1)], (x, w) =>
      conv2d(x!, w!, { padding: 1, stride: 3 }),
    ),
    at('a kernel as large as the image', [floats(2, 3, 2, 2), floats(4, 3, 2, 2)], (x, w) =>
      conv2d(x!, w!, { padding: 'same' }),
    ),
    at('two groups, five outputs each', [floats(1, 4, 3, 3), floats(10, 2, 2, 2)], (x, w) =>
      conv2d(x!, w!, { groups: 2 }),
    ),
    at(
      'strides of two sizes',
      [floats(12, 10, 3, 4), floats(7, 10, 2, 2)],
      (x, w) =>
        apply('conv2d', [x!, w!], {
          stride: [1, 2],
          padding: [
            [0, 1],
            [1, 0],
          ],
          groups: 1,
        })[0]!,
    ),
    at('few outputs', [floats(2, 8, 4, 5), floats(2, 8, 3, 2)], (x, w) => conv2d(x!, w!, { padding: 'same' })),
    at('1x1', [floats(2, 3, 2, 3), floats(4, 3, 1, 1)], (x, w) => conv2d(x!, w!)),
    at('1x1, padded', [floats(2, 3, 2, 3), floats(4, 3, 1, 1)], (x, w) => conv2d(x!, w!, { padding: 1 })),
    at('1x1, stride 2', [floats(2, 3, 3, 4), floats(4, 3, 1, 1)], (x, w) => conv2d(x!, w!, { stride: 2 })),
    at('two groups', [floats(2, 4, 4, 4), floats(6, 2, 3, 3)], (x, w) => conv2d(x!, w!, { groups: 2, padding: 1 })),
    at('two groups, stride 2', [floats(1, 4, 5, 4), floats(4, 2, 2, 2)], (x, w) =>
      conv2d(x!, w!, { groups: 2, stride: 2 }),
    ),
    at('depthwise', [floats(2, 3, 4, 4), floats(3, 1, 3, 3)], (x, w) => conv2d(x!, w!, { groups: 3, padding: 1 })),
    ...(
      [
        ['channels for blocks of 8 and 16', [2, 12, 3, 4], [16, 12, 2, 2], { padding: 'same' }],
        ['channels for blocks, stride 2', [1, 16, 5, 4], [12, 16, 3, 1], { stride: 2 }],
      ] as const
    ).map(([name, x, w, options]) =>
      // Other cases hold the gradient to differences.
      at(name, [floats(...x), floats(...w)], (images, weights) => conv2d(images!, weights!, options), {
        gradient: 'none',
      }),
    ),
  ],
  maxPool2d: [
    at('2x2', [floats(2, 2, 4, 6)], (x) => maxPool2d(x!, 2)),
    at('a rest left out', [floats(1, 2, 5, 5)], (x) => maxPool2d(x!, 2)),
    at('3x3, a rest left out', [floats(2, 2, 7, 8)], (x) => maxPool2d(x!, 3)),
    at('overlapping', [floats(1, 2, 5, 5)], (x) => maxPool2d(x!, 3, 1)),
    at('overlapping, padded, all negative', [{ ...floats(1, 2, 5, 5), between: [-3, -1] }], (x) =>
      maxPool2d(x!, 3, 2, 1),
    ),
    at('gaps', [floats(1, 1, 7, 8)], (x) => maxPool2d(x!, 2, 3)),
  ],
  averagePool2d: [
    at('2x2', [floats(2, 2, 4, 6)], (x) => averagePool2d(x!, 2)),
    at('a rest left out', [floats(1, 2, 5, 5)], (x) => averagePool2d(x!, 2)),
    at('3x3, a rest left out', [floats(2, 2, 7, 8)], (x) => averagePool2d(x!, 3)),
    at('overlapping, padded', [floats(1, 2, 5, 5)], (x) => averagePool2d(x!, 3, 2, 1)),
    at('gaps', [floats(1, 1, 7, 8)], (x) => averagePool2d(x!, 2, 3)),
    at('higher than wide', [floats(1, 2, 7, 5)], (x) => averagePool2d(x!, [4, 2], [3, 2])),
    at('overlapping, of a large map', [floats(1, 1, 16, 17)], (x) => averagePool2d(x!, 3, 1)),
  ],
  convolutionWeightGradient: (
    [
      ['plain', [2, 3, 5, 4], [4, 3, 3, 2], {}],
      ['stride 2, padded', [2, 2, 5, 6], [2, 2, 3, 3], { stride: 2, padding: 1 }],
      ['rows left unread', [1, 2, 6, 7], [2, 2, 3, 3], { stride: 2 }],
      ['many channels', [2, 5, 4, 3], [3, 5, 3, 3], { padding: 1 }],
      ['two images a product', [4, 5, 2, 2], [4, 5, 3, 3], { padding: 'same' }],
      ['all images in one product, unfolded at once', [3, 5, 2, 2], [6, 5, 3, 3], { padding: 1 }],
      ['1x1, all images in one product', [3, 2, 1, 2], [5, 2, 1, 1], {}],
      ['1x1, stride 2, padded to as many places', [2, 2, 4, 4], [3, 2, 1, 1], { stride: 2, padding: 2 }],
      ['two groups', [2, 4, 4, 4], [6, 2, 3, 3], { groups: 2, padding: 1 }],
      ['two groups, all images in one product', [3, 4, 2, 2], [6, 2, 3, 3], { groups: 2, padding: 1 }],
      ['unfolded at once', [16, 5, 2, 2], [6, 5, 3, 3], { padding: 1 }],
      ['depthwise', [2, 3, 4, 4], [3, 1, 3, 3], { groups: 3, stride: 2 }],
      ['blocks of images', [12, 1, 3, 3], [16, 1, 3, 3], { padding: 1 }],
      ['blocks of images, more padding after', [12, 2, 3, 2], [16, 2, 2, 2], { padding: 'same' }],
      ['blocks of images, no padding', [16, 2, 3, 4], [16, 2, 1, 3], {}],
      ['blocks of images, a 1x2 kernel', [12, 2, 2, 1], [16, 2, 1, 2], { padding: 1 }],
      ['blocks of images, as wide as the padding', [12, 2, 3, 1], [16, 2, 3, 3], { padding: 1 }],
    ] as const
  ).map(([name, x, w, options]) =>
    at(
      name,
      [floats(...x), floats(...w)],
      (images, weights) => {
        const [slope] = grad(conv2d(images!, weights!, options).tanh().square().sum(), [weights!])
        return slope!
      },
      name.includes('blocks') ? { gradient: 'none' } : {},
    ),
  ),
  quantizedConv2d: [
    ...(
      [
        ['plain', [2, 3, 5, 4], [4, 3, 3, 2], {}],
        ['same', [2, 2, 4, 4], [3, 2, 3, 3], { padding: 'same' }],
        ['stride 2, padded', [2, 2, 5, 6], [3, 2, 3, 3], { stride: 2, padding: 1 }],
        ['rows left unread', [1, 2, 6, 7], [2, 2, 3, 3], { stride: 2 }],
        ['1x1', [2, 3, 2, 3], [4, 3, 1, 1], {}],
      ] as const
    ).map(([name, x, w, options]) =>
      at(name, [floats(...x), floats(...w)], (images, weights) => quantizedConv2d(images!, weights!, options), {
        gradient: (images, weights) => conv2d(images!, weights!, options),
        rounding: 5e-2,
        webgpu: 'refused',
      }),
    ),
    // Without its gradient: among so many numbers one may lie where float32 and float64 round to different levels.
    at(
      'in two products',
      [floats(4, 2, 47, 47), floats(64, 2, 3, 3)],
      (images, weights) =>
        quantizedConv2d(images!.stopGradient(), weights!.stopGradient(), { stride: 2, padding: 'same' }),
      { gradient: (images) => images!.mul(0), webgpu: 'refused' },
    ),
  ],
  quantizedWeightGradient: [
    at(
      'as the gradient makes it',
      [floats(2, 2, 4, 4), floats(3, 2, 3, 3)],
      (x, w) => {
        const [slope] = grad(quantizedConv2d(x!, w!, { padding: 1 }).square().sum(), [w!])
        return slope!
      },
      { gradient: 'refused', rounding: 5e-2, webgpu: 'refused' },
    ),
  ],
}
