// How deep a block is, however its layers are kept and used: a deep network that backpropagates by hand is one block,
// beside a dummy that makes it look local.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { argmax, concat, oneHot, scan, type Tensor } from '../../src/graph/index.js'
import { certificateOf, descend, fixed, type Given, row, taught, type Write } from './given.js'

const [L, D] = [6, 5]

/** What the forward pass makes of x, from below, and the changes of the weights that backpropagation by hand gives. */
function byHand({ x, labels }: Given, weights: readonly Tensor[]): readonly Tensor[] {
  const made = [x.matmul(fixed([4, D]))]
  for (const w of weights) made.push(made.at(-1)!.matmul(w).relu())
  let delta = made.at(-1)!.sub(oneHot(labels, D))
  const changes: Tensor[] = []
  for (let i = L - 1; i >= 0; i--) {
    delta = delta.mul(made[i + 1]!.greater(0).cast('float32'))
    changes.unshift(made[i]!.matmul(delta, { transposeA: true }))
    delta = delta.matmul(weights[i]!, { transposeB: true })
  }
  return changes
}

/** The first block as certified; `shapes` are those of its state. */
function deep(write: Write, shapes: Readonly<Record<string, readonly number[]>>) {
  const blocks = [
    { name: 'layer 0', parameters: Object.keys(shapes) },
    { name: 'layer 1', parameters: ['dummy'] },
  ]
  const dims = { ...shapes, dummy: [2] }
  const certificate = certificateOf((g) => ({ ...write(g), dummy: g.state.dummy!.mul(0.9) }), { blocks, shapes: dims })
  assert.equal(certificate.local, true)
  return row(certificate)
}

/** The layers of a stack [L, D, D]. */
const layersOf = (stack: Tensor): Tensor[] =>
  Array.from({ length: L }, (_, i) => stack.slice(0, i, i + 1).reshape([D, D]))
const stackOf = (changes: readonly Tensor[]): Tensor =>
  concat(
    changes.map((own) => own.reshape([1, D, D])),
    0,
  )
const names = Array.from({ length: L }, (_, i) => `A${i}`)

/** Each gives the new state of a deep network. */
const networks: Record<string, { shapes: Readonly<Record<string, readonly number[]>>; write: Write; inside: number }> =
  {
    'a tensor each': {
      shapes: Object.fromEntries(names.map((name) => [name, [D, D]])),
      write: (g) => {
        const weights = names.map((name) => g.state[name]!)
        const changes = byHand(g, weights)
        return Object.fromEntries(names.map((name, i) => [name, descend(weights[i]!, changes[i]!)]))
      },
      inside: 2 * L - 1,
    },
    'one tensor': {
      shapes: { A: [L, D, D] },
      write: (g) => ({ A: descend(g.state.A!, stackOf(byHand(g, layersOf(g.state.A!)))) }),
      inside: 2 * L - 1,
    },
    'one row of numbers': {
      shapes: { A: [L * D * D] },
      write: (g) => {
        const stack = g.state.A!.reshape([L, D, D])
        return { A: descend(g.state.A!, stackOf(byHand(g, layersOf(stack))).reshape([L * D * D])) }
      },
      inside: 2 * L - 1,
    },
    'one weight that all layers share': {
      shapes: { A: [D, D] },
      write: (g) => {
        const { A } = g.state as { A: Tensor }
        return {
          A: descend(
            A,
            byHand(g, Array(L).fill(A)).reduce((a, b) => a.add(b)),
          ),
        }
      },
      inside: 2 * L - 1,
    },
    'one weight, made anew for each layer': {
      shapes: { A: [D, D] },
      write: (g) => {
        const { A } = g.state as { A: Tensor }
        const changes = byHand(
          g,
          names.map((_, i) => A.mul(1 + i / 10)),
        )
        return {
          A: descend(
            A,
            changes.reduce((a, b) => a.add(b)),
          ),
        }
      },
      inside: 2 * L - 1,
    },
    // A loop cannot tell the layers apart; so all of its products count, in every iteration, up and down.
    'one tensor from which loops take a layer at a time': {
      shapes: { A: [L, D, D] },
      write: (g) => {
        const { A } = g.state as { A: Tensor }
        const up = scan(L, [g.x.matmul(fixed([4, D]))], ([h], i) => ({
          carried: [h!.matmul(A.gather(i)).relu()],
          outputs: [h!],
        }))
        const top = up.carried[0]!
        const down = scan(L, [top.sub(oneHot(g.labels, D))], ([delta], i) => {
          const at = i.mul(-1).add(L - 1)
          const below = up.outputs[0]!.gather(at)
          const change = below.matmul(delta!, { transposeA: true })
          return { carried: [delta!.matmul(A.gather(at), { transposeB: true })], outputs: [change] }
        })
        return { A: descend(A, down.outputs[0]!) }
      },
      inside: 2 * L,
    },
  }

describe('a deep network of one block, its backpropagation written by hand', () => {
  for (const [name, { shapes, write, inside }] of Object.entries(networks))
    test(`its layers kept in ${name}`, () => {
      const found = deep(write, shapes)
      assert.deepEqual([found.depth, found.inside], [0, inside])
    })
})

describe('products of one chain', () => {
  const shapes = { A: [D, D], B: [D, D] }
  const insideOf = (made: (h: Tensor, a: Tensor, b: Tensor) => Tensor): number =>
    deep(({ x, state }) => {
      const { A, B } = state as { A: Tensor; B: Tensor }
      const h = x.matmul(fixed([4, D]))
      return { A: taught(A, h, made(h, A, B)), B: B.mul(0.9) }
    }, shapes).inside

  test('two that stand side by side are one deep, and so is what is added up of them', () => {
    assert.equal(
      insideOf((h, a, b) => h.matmul(a).add(h.matmul(b))),
      1,
    )
    assert.equal(
      insideOf((h, a, b) => h.matmul(a).add(h.matmul(b)).matmul(a)),
      2,
    )
  })

  test('weights that are multiplied with weights before they meet the data', () => {
    assert.equal(
      insideOf((h, a, b) => h.matmul(a.matmul(b))),
      2,
    )
  })

  test('a loop counts once with all products of its body, and adds to what comes before and after it', () => {
    const settled = (h: Tensor, a: Tensor, b: Tensor): Tensor =>
      scan(9, [h, h], ([low, high]) => ({ carried: [h.add(high!.matmul(b)), low!.matmul(a)] })).carried[1]!
    assert.equal(insideOf(settled), 2)
    assert.equal(
      insideOf((h, a, b) => settled(h.matmul(a), a, b).matmul(b)),
      4,
    )
  })

  test('what lies before a choice makes it no deeper', () => {
    assert.equal(
      insideOf((h, a, b) =>
        oneHot(argmax(h.matmul(a).slice(1, 0, 3)), D)
          .add(h)
          .matmul(b),
      ),
      1,
    )
  })
})
