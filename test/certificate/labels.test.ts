// Labels that reach a layer by ways that look like another one: as weights of a layer below, as a part of its input.
import { describe, test } from 'node:test'
import { concat, constant, grad, oneHot, type Tensor } from '../../src/graph/index.js'
import {
  BLOCKS,
  certificateOf,
  descend,
  energy,
  errorOf,
  fixed,
  type Given,
  honest,
  K,
  N,
  row,
  taught,
} from './given.js'
import { assertTold } from './table.js'

/** Numbers [N, 5] of which each row is that of one label. */
const code = ({ labels }: Given): Tensor => oneHot(labels, K).matmul(fixed([K, 5]))

/**
 * What layer 0 is told to see, where a layer below has a memory: one step writes `write` to it, and another, on the same
 * batch, trains layer 0 towards what `read` makes of it.
 */
function seen(
  shapes: Readonly<Record<string, readonly number[]>>,
  write: (g: Given) => Record<string, Tensor>,
  read: (g: Given) => Tensor = (g) => g.state.memory!,
) {
  const blocks = [{ name: 'memory', parameters: Object.keys(shapes) }, ...BLOCKS]
  const learning = (g: Given): Record<string, Tensor> => ({
    ...honest(g),
    W0: taught(g.W0, g.x, g.x.matmul(g.W0).sub(read(g))),
  })
  return row(certificateOf([write, learning], { blocks, shapes }), 1)
}

describe('labels that a layer below keeps', () => {
  const memory = { memory: [N, 5] }
  for (const factor of [0, 0.1, 0.9])
    test(`added to ${factor} times what it kept before`, () => {
      const kept = seen(memory, (g) => ({ memory: g.state.memory!.mul(factor).add(code(g)) }))
      assertTold(kept, { labels: 'loss' })
    })

  test('multiplied by data, and written anew each time', () => {
    const alike = (g: Given): Tensor => g.x.matmul(g.x, { transposeB: true })
    const kept = seen(memory, (g) => ({ memory: alike(g).matmul(code(g)) }))
    assertTold(kept, { labels: 'loss' })
  })

  test('in a row, scaled by something of the batch', () => {
    const kept = seen(
      { memory: [N * 5] },
      (g) => ({
        memory: g.state.memory!.mul(0.1).add(
          code(g)
            .reshape([N * 5])
            .mul(g.x.square().mean()),
        ),
      }),
      (g) => g.state.memory!.reshape([N, 5]),
    )
    assertTold(kept, { labels: 'loss' })
  })

  test('as what weights that learn make of them', () => {
    const kept = seen({ ...memory, E: [K, 5] }, (g) => ({
      E: g.state.E!.mul(0.9),
      memory: g.state.memory!.mul(0.1).add(oneHot(g.labels, K).matmul(g.state.E!)),
    }))
    assertTold(kept, { labels: 'loss' })
  })

  test('in another order of the samples, by a product or by a mask and a sum', () => {
    const order = constant(
      Array.from({ length: N * N }, (_, i) => (i % N === (Math.floor(i / N) + 1) % N ? 1 : 0)),
      [N, N],
    )
    const orders: ((g: Given) => Tensor)[] = [
      (g) => order.matmul(code(g)),
      (g) =>
        order
          .reshape([N, N, 1])
          .mul(code(g).reshape([1, N, 5]))
          .sum(1),
    ]
    for (const moved of orders) {
      const kept = seen(memory, (g) => ({ memory: g.state.memory!.mul(0.1).add(moved(g)) }))
      assertTold(kept, { labels: 'loss' })
    }
  })

  test('and hands on to another memory', () => {
    const kept = seen({ first: [N, 5], memory: [N, 5] }, (g) => ({
      first: g.state.first!.mul(0.1).add(code(g)),
      memory: g.state.memory!.mul(0.1).add(g.state.first!),
    }))
    assertTold(kept, { labels: 'loss' })
  })

  test('are none, where it learns from them: by products with what it is fed, and by sums', () => {
    const learned = seen(
      { V: [4, K], b: [K] },
      (g) => {
        const error = g.x.matmul(g.state.V!).add(g.state.b!).sub(oneHot(g.labels, K))
        const [gV, gb] = grad(energy(error), [g.state.V!, g.state.b!]) as [Tensor, Tensor]
        return { V: descend(g.state.V!, gV), b: descend(g.state.b!, gb) }
      },
      (g) =>
        g.x
          .matmul(g.state.V!)
          .add(g.state.b!)
          .matmul(fixed([K, 5])),
    )
    assertTold(learned, { labels: 'weights' })
  })
})

describe('a label that stands beside data in what a layer is fed', () => {
  /** What layer 0 is told to see, where it learns that its output be what `target` makes of its input z, [N, 4]. */
  const towards = (target: (z: Tensor) => Tensor, fed = besideData) => {
    const write = (g: Given): Record<string, Tensor> => {
      const z = fed(g)
      const [g0] = grad(energy(z.matmul(g.W0).sub(target(z))), [g.W0]) as [Tensor]
      return { ...honest(g), W0: descend(g.W0, g0) }
    }
    return row(certificateOf(write))
  }
  const besideData = (g: Given): Tensor => concat([g.x.slice(1, 0, 1), oneHot(g.labels, K)], 1)
  const code5 = fixed([K, 5])
  const picked = constant([0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1], [4, K])
  const ways: Record<string, (z: Tensor) => Tensor> = {
    'cut out of it': (z) => z.slice(1, 1, 4).matmul(code5),
    'cut out of its square': (z) => z.square().slice(1, 1, 4).matmul(code5),
    'picked by a fixed product': (z) => z.matmul(picked).matmul(code5),
    'left by a mask': (z) => z.mul(constant([0, 1, 1, 1])).matmul(fixed([4, 5])),
    'turned, and gathered': (z) =>
      z
        .transpose()
        .gather(constant([1, 2, 3], [3], 'int32'))
        .transpose()
        .matmul(code5),
    'cut out of what is normalised': (z) => z.div(energy(z).sqrt()).slice(1, 1, 4).matmul(code5),
  }
  for (const [name, target] of Object.entries(ways))
    test(`enters its loss where it is ${name}`, () => assertTold(towards(target), { labels: 'loss' }))

  test('the same where something of the data is added to all of its input', () => {
    const mixed = (g: Given): Tensor => besideData(g).add(g.x.mean().mul(1e-9))
    assertTold(towards(ways['cut out of it']!, mixed), { labels: 'loss' })
  })

  test('is part of its input where it learns from its products and from what is fixed', () => {
    assertTold(
      towards(() => fixed([N, 5])),
      { labels: 'input' },
    )
    assertTold(
      towards(
        () => fixed([N, 5]),
        (g) => besideData(g).div(energy(besideData(g)).sqrt()),
      ),
      { labels: 'input' },
    )
  })

  test('the same where fixed weights brought it into another order', () => {
    const turned = (g: Given): Tensor =>
      besideData(g).matmul(constant([0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0], [4, 4]))
    assertTold(
      towards((z) => z.square().slice(1, 0, 3).matmul(code5), turned),
      { labels: 'loss' },
    )
  })

  test('is part of its input where it is one with data, and statistics of that are so too', () => {
    const blocks = [...BLOCKS, { name: 'feedback', parameters: ['B'] }]
    const write = (g: Given): Record<string, Tensor> => {
      const error = errorOf(g)
      const B = taught(g.state.B!, error, error.matmul(g.state.B!).mul(error.square().mean()))
      return { ...honest(g), B }
    }
    assertTold(row(certificateOf(write, { blocks, shapes: { B: [K, 5] } }), 3), { labels: 'input' })
  })
})
