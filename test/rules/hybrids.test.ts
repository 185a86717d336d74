import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant } from '../../src/graph/index.js'
import { hybridImages, smoothMasks } from '../../src/rules/forward-forward/hybrids.js'
import { close, numbers, uniforms } from '../nn/evaluate.js'

describe('hybrid images', () => {
  test('take each pixel from an image or its successor, the last one from the first', () => {
    const x = constant([1, 2, 3, 4, 5, 6], [3, 1, 1, 2])
    const masks = constant([1, 0, 0, 0, 1, 1], [3, 1, 1, 2])
    assert.deepEqual(numbers(hybridImages(x, masks)), [1, 4, 5, 6, 5, 6])
    const one = constant([7, 8], [1, 1, 1, 2])
    assert.deepEqual(numbers(hybridImages(one, constant([0, 1], [1, 1, 1, 2]))), [7, 8])
  })

  test('masks are noise blurred by [1/4, 1/2, 1/4] both ways, cut at its mean', () => {
    const [height, width] = [5, 4]
    const u = uniforms('mask', 2, 1, height, width)
    const blurred = (image: number[]): number[] => {
      const at = (y: number, x: number): number =>
        y < 0 || y >= height || x < 0 || x >= width ? 0 : image[y * width + x]!
      const along = (f: (d: number) => number): number => f(-1) / 4 + f(0) / 2 + f(1) / 4
      return image.map((_, i) => {
        const [y, x] = [Math.floor(i / width), i % width]
        return along((dy) => along((dx) => at(y + dy, x + dx)))
      })
    }
    const expected = [0, 1].flatMap((image) => {
      let own = numbers(u)
        .slice(image * 20, (image + 1) * 20)
        .map((v) => v - 0.5)
      for (let i = 0; i < 3; i++) own = blurred(own)
      return own.map((v) => Number(v > 0))
    })
    const masks = smoothMasks(u, 3)
    assert.deepEqual(masks.shape, [2, 1, height, width])
    assert.deepEqual(numbers(masks), expected)
  })

  test('masks are smooth, and half of every place is set, at the edges too', () => {
    const count = 300
    const [height, width] = [8, 8]
    const masks = numbers(smoothMasks(uniforms('many', count, 1, height, width)))
    assert.deepEqual([...new Set(masks)].sort(), [0, 1])
    const share = (keep: (y: number, x: number) => boolean): number => {
      const own = masks.filter((_, i) => keep(Math.floor(i / width) % height, i % width))
      return own.reduce((a, b) => a + b, 0) / own.length
    }
    const edge = share((y, x) => y === 0 || x === 0 || y === height - 1 || x === width - 1)
    const inner = share((y, x) => y > 1 && y < 6 && x > 1 && x < 6)
    // One mask is nearly one draw: five standard errors of a half from `count` of them.
    for (const part of [edge, inner]) assert.ok(Math.abs(part - 0.5) < 2.5 / Math.sqrt(count), `${part}`)
    const neighbours = masks.filter((m, i) => i % width > 0 && m === masks[i - 1]!).length
    close([neighbours / (count * height * (width - 1))], [0.9], 0.1)
  })
})
