import { test } from 'node:test'
import { conv2d } from '../../src/graph/index.js'
import { depthToSpace } from '../../src/rules/vae-layer/cell.js'
import { close, normals, numbers } from '../nn/evaluate.js'

test('behind a 1x1 convolution it is the transposed convolution of stride 2 with a 2x2 kernel', () => {
  const [n, inputs, outputs, height, width] = [2, 3, 2, 2, 3]
  const x = normals('x', [n, inputs, height, width])
  const weight = normals('w', [inputs, outputs, 2, 2])
  const spread = depthToSpace(conv2d(x, weight.reshape([inputs, outputs * 4, 1, 1]).transpose([1, 0, 2, 3])), 2)
  // y[n, o, 2h + a, 2w + b] = sum over i of x[n, i, h, w] weight[i, o, a, b]
  const [xs, ws] = [numbers(x), numbers(weight)]
  const expected: number[] = []
  for (let s = 0; s < n; s++)
    for (let o = 0; o < outputs; o++)
      for (let row = 0; row < 2 * height; row++)
        for (let column = 0; column < 2 * width; column++) {
          let sum = 0
          for (let i = 0; i < inputs; i++)
            sum +=
              xs[((s * inputs + i) * height + (row >> 1)) * width + (column >> 1)]! *
              ws[((i * outputs + o) * 2 + (row & 1)) * 2 + (column & 1)]!
          expected.push(sum)
        }
  close(numbers(spread), expected, 1e-12)
})
