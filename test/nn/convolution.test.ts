import { test } from 'node:test'
import { convolved, transposedConvolution } from '../../src/nn/index.js'
import { close, normals, numbers } from './evaluate.js'

for (const kernel of [1, 2, 3, 4])
  test(`a transposed convolution is the adjoint: <W x, y> = <x, W' y>, kernel ${kernel}`, () => {
    const [x, y] = [normals('x', [2, 3, 5, 4]), normals('y', [2, 6, 5, 4])]
    const weight = normals('w', [6, 3, kernel, kernel])
    const up = convolved(x, weight, { padding: 'same' })
    const down = transposedConvolution(y, weight)
    close(numbers(up.mul(y).sum()), numbers(x.mul(down).sum()), 1e-10)
  })
