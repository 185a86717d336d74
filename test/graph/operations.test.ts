// Every operation and compound, by oracle: each gradient against central differences on the float64 interpreter, each
// lowering (values and gradients) against the interpreter on the CPU provider. webgpu.test.ts runs the same table.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import ort from 'onnxruntime-node'
import * as functions from '../../src/graph/functions.js'
import { GraphError, interpret, type Op, primitives, reachable } from '../../src/graph/index.js'
import { blockOf } from '../../src/runtime/block.js'
import type { Ort } from '../../src/runtime/slots.js'
import { CASES } from './cases.js'
import { ALL, assertClose, assertLowering, centralDifferences, gradients, trace } from './harness.js'

describe('the table of cases', () => {
  it('has a case for every operation and every function, which uses it', () => {
    for (const op of Object.keys(primitives()) as Op[]) {
      assert.ok(CASES[op], `no case for ${op}`)
      for (const own of CASES[op]) {
        const seen = reachable(trace(op, own).outputs).map((node) => node.op)
        assert.ok(seen.includes(op), `${op}: ${own.name} does not use it`)
      }
    }
    for (const name of Object.keys(functions)) assert.ok(CASES[name], `no case for ${name}`)
  })
})

describe('gradients agree with central differences', () => {
  for (const { op, own } of ALL) {
    const { gradient } = own
    if (gradient === 'none' || !own.inputs.some(({ dtype }) => dtype === 'float32')) continue
    it(`${op}: ${own.name}`, () => {
      const traced = trace(op, own)
      if (gradient === 'refused') {
        assert.throws(() => gradients(traced), GraphError)
        return
      }
      const actual = interpret(gradients(traced), traced.bindings)
      const smooth = gradient && trace(op, { ...own, build: gradient })
      const expected = smooth
        ? interpret(gradients(smooth), smooth.bindings).map(({ data }) => data)
        : centralDifferences(traced)
      actual.forEach(({ data }, i) => {
        assertClose(data, expected[i]!, own.rounding ?? 1e-7, `gradient ${i}`)
      })
    })
  }
})

describe('lowerings agree with the interpreter on the CPU provider', () => {
  for (const { op, own } of ALL) it(`${op}: ${own.name}`, () => assertLowering(op, own, 'cpu'))
})

describe('so do convolutions by the kernels for blocks of channels, where the processor has them', async () => {
  const block = await blockOf(ort as unknown as Ort)
  for (const op of ['conv2d', 'convolutionWeightGradient'])
    for (const own of CASES[op]!)
      if (own.name.includes('blocks')) it(`${op}: ${own.name}`, () => assertLowering(op, own, 'cpu', block))
})
