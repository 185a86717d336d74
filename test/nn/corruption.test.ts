import { test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import { CORRUPTIONS, type Random } from '../../src/nn/index.js'
import { close, numbers } from './evaluate.js'

const drawn = constant([0.1, 0.3, 0.29, 0.9])
const random: Random = { uniform: () => drawn, normal: () => drawn }
const x = constant([1, 2, 3, 4])

test('Gaussian noise is added at its level', () => {
  close(numbers(CORRUPTIONS.gaussian(x, 2, random, 'n')), [1.2, 2.6, 3.58, 5.8], 1e-6)
})

test('masking sets to zero what was drawn below its level, and changes nothing else', () => {
  close(numbers(CORRUPTIONS.masking(x, 0.3, random, 'n')), [0, 2, 0, 4])
  close(numbers(CORRUPTIONS.masking(x, 0, random, 'n')), [1, 2, 3, 4])
})
