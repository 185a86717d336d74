import assert from 'node:assert/strict'
import { turn } from '../../src/layout/turned.js'
import type { StepGraph } from '../../src/onnx/index.js'
import { evaluate, type Numbers } from '../rules/harness.js'

const transposed = (data: readonly number[], [rows, columns]: readonly number[]): number[] =>
  Array.from({ length: data.length }, (_, i) => data[(i % rows!) * columns! + Math.floor(i / rows!)]!)

/** Sums of the same numbers may come in another order: float64 all the same. */
const isNear = (a: number, b: number): boolean => Object.is(a, b) || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(b))

/** A step with some of its matrices turned, both ways of going on with them, gives in float64 what the step gives. */
export function assertTurns(step: StepGraph, names: ReadonlySet<string>, state: Numbers, batch: Numbers): void {
  const shapes = new Map(step.state.map(({ name, input }) => [name, input.shape]))
  const expected = evaluate(step, state, batch)
  const given = Object.fromEntries(
    Object.entries(state).map(([name, data]) => [name, names.has(name) ? transposed(data, shapes.get(name)!) : data]),
  )
  for (const eager of [true, false]) {
    const own = evaluate(turn(step, names, eager).graph, given, batch)
    const back = Object.entries(own.state).map(([name, data]) => {
      const [rows, columns] = shapes.get(name)!
      return [name, names.has(name) ? transposed(data, [columns!, rows!]) : data] as const
    })
    for (const [name, values] of [...back, ...Object.entries(own.metrics)])
      for (const [i, x] of values.entries()) {
        const wanted = { ...expected.state, ...expected.metrics }[name]![i]!
        assert.ok(isNear(x, wanted), `${name}[${i}] is ${x} with matrices turned, ${wanted} as it was traced`)
      }
  }
}
