// The largest flow, against the smallest cut found by trying all sets of vertices.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { largestFlow } from '../../src/certificate/cut.js'
import type { Vertex } from '../../src/certificate/network.js'
import { constant } from '../../src/graph/index.js'
import { stream } from '../../src/random/stream.js'

const [COUNT, STARTS] = [9, 3]

test('the largest flow is the smallest cut, on two hundred small graphs', () => {
  for (let seed = 0; seed < 200; seed++) {
    const random = new Float32Array(COUNT * COUNT + COUNT)
    stream(seed, 0, 'graph').uniform(random)
    const vertices = Array.from(
      { length: COUNT },
      (_, id): Vertex => ({ id, tensor: constant(0), lane: undefined, sources: [] }),
    )
    vertices.forEach((v, i) => {
      v.sources.push(...vertices.filter((_, j) => j !== i && random[i * COUNT + j]! < 0.35))
    })
    const capacity = ({ id }: Vertex): number => Math.ceil(4 * random[COUNT * COUNT + id]!)
    const isStart = ({ id }: Vertex): boolean => id < STARTS
    const end = vertices.at(-1)!

    /** Whether a start leads to the end without a vertex of the cut; starts themselves are never cut. */
    const leads = (cut: number): boolean => {
      const seen = new Set([end])
      for (const v of seen) {
        if (isStart(v)) return true
        if ((cut >> v.id) & 1) continue
        for (const w of v.sources) seen.add(w)
      }
      return false
    }
    let smallest = Number.POSITIVE_INFINITY
    for (let cut = 0; cut < 2 ** COUNT; cut += 2 ** STARTS)
      if (!leads(cut))
        smallest = Math.min(
          smallest,
          vertices.reduce((sum, v) => sum + ((cut >> v.id) & 1) * capacity(v), 0),
        )
    assert.equal(
      largestFlow([end], isStart, ({ sources }) => sources, capacity),
      smallest,
      `seed ${seed}`,
    )
  }
})

test('flow that is there is sent another way where that makes room', () => {
  const names = ['end', 'a', 'b', 'c', 'd', 'e', 'f', 'start']
  const vertices = names.map((_, id): Vertex => ({ id, tensor: constant(0), lane: undefined, sources: [] }))
  const of = (name: string): Vertex => vertices[names.indexOf(name)]!
  // The shortest path, end a d start, blocks the two that have room beside each other.
  for (const way of ['end a d start', 'end a b c start', 'end e f d start']) {
    const path = way.split(' ').map(of)
    path.slice(1).forEach((v, i) => {
      path[i]!.sources.push(v)
    })
  }
  const capacity = (v: Vertex): number => (v === of('end') ? 9 : 1)
  assert.equal(
    largestFlow(
      [of('end')],
      (v) => v === of('start'),
      ({ sources }) => sources,
      capacity,
    ),
    2,
  )
})
