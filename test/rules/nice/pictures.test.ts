import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { constant } from '../../../src/graph/index.js'
import { flowOf } from '../../../src/rules/nice/flow.js'
import { PRIORS } from '../../../src/rules/nice/priors.js'
import { close, numbers } from '../../nn/evaluate.js'
import { batchFor, evaluate, type Numbers, rowsOf, taskOf } from '../harness.js'
import { given } from './given.js'

describe('pictures', () => {
  const task = taskOf({ shape: [1, 2, 4], batch: 2 })
  const own = given({ units: [5], couplings: 2 }, task)
  // Small maps: a flow near what a trained one is, whose inverse stays among pixels.
  const state: Numbers = Object.fromEntries(
    Object.entries(own.state).map(([name, at]) => [name, name.startsWith('couplings') ? at.map((v) => v / 3) : at]),
  )
  const draw = (name: string, change: Numbers = {}) => {
    const graph = own.traced.picture(name)
    const batch = { ...batchFor(graph, task, 1), ...change }
    const { images } = evaluate(graph, state, batch).metrics
    return { rows: rowsOf(images!, graph.metrics[0]!.output.shape[0]!), batch }
  }
  const natsOf = (rows: readonly (readonly number[])[]): number[] => {
    const grey = rows.flat().map((v) => (v * 256 - 0.5) / 255)
    const each = rowsOf(grey, rows.length / 2).map((two) => {
      const half = { x: two, 'noise.grey': two.map(() => 0.5) }
      return evaluate(own.traced.predict, state, half).metrics['figures/nats']!
    })
    return each.flat()
  }

  test('samples are what the inverse makes of draws from the prior', () => {
    const { rows, batch } = draw('samples')
    assert.equal(rows.length, 100)
    const z = numbers(
      PRIORS.logistic.sample({ normal: fail, uniform: () => constant(batch['noise.prior']!, [100, 8]) }, '', []),
    )
    const flow = flowOf(task, own.hyper)
    const leaf = (name: string) => constant(state[name]!)
    const couplings = flow.orders.map((_, k) => ({
      layers: [0, 1].map((i) => {
        const [weight, bias] = [state[`couplings.${k}.layers.${i}.weight`]!, state[`couplings.${k}.layers.${i}.bias`]!]
        return { weight: constant(weight, [weight.length / bias.length, bias.length]), bias: constant(bias) }
      }),
      scale: leaf(`couplings.${k}.scale`),
    }))
    const from = { couplings, centre: leaf('centre'), unit: leaf('unit') }
    close(rows.flat(), numbers(flow.inverse(from, constant(z, [100, 8]))), 1e-9)
  })

  test('inpainting keeps what is seen, and what it paints is likelier than the means that it starts from', () => {
    const { rows, batch } = draw('inpainting', quiet())
    assert.equal(rows.length, 2 * 7)
    const images = rowsOf(batch.x!, 2).map((image) => image.map((v, i) => (v * 255 + batch['noise.grey']![i]!) / 256))
    for (const i of [0, 1]) {
      const [image, ...pairs] = rows.slice(7 * i, 7 * i + 7)
      assert.ok(image!.every((v) => v >= 0 && v <= 1))
      assert.ok(images.length === 2)
      for (const [m, isSeen] of [(n: number) => n < 4, (n: number) => n >= 4, (n: number) => n % 4 < 2].entries()) {
        const [masked, painted] = pairs.slice(2 * m, 2 * m + 2) as [number[], number[]]
        for (const n of image!.keys()) {
          assert.equal(masked[n], isSeen(n) ? image![n] : 0)
          if (isSeen(n)) assert.equal(painted[n], image![n])
        }
        const before = image!.map((v, n) => (isSeen(n) ? v : state.centre![n]!))
        const [then, now] = natsOf([before, painted]) as [number, number]
        assert.ok(now > then, `${m}: ${now} after ${then}`)
      }
    }
  })

  /** The ascent without its noise. */
  function quiet(): Numbers {
    const ports = own.traced.picture('inpainting').batch.filter(({ name }) => name.startsWith('noise.mask'))
    assert.equal(ports.length, 3)
    return Object.fromEntries(ports.map(({ name, input }) => [name, Array(input.size).fill(0)]))
  }
})

const fail = (): never => assert.fail('a logistic prior draws no normal numbers')
