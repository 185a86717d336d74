// At most 60 s: every rule, with every preset, on ONNX Runtime.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as ort from 'onnxruntime-node'
import type { Certificate } from '../../src/certificate/certificate.js'
import { cutStep } from '../../src/distributed/pipeline/cut.js'
import { placesOf } from '../../src/distributed/pipeline/places.js'
import type { StepGraph } from '../../src/onnx/index.js'
import { certifyRule } from '../../src/rules/certify.js'
import type { AnyRule, Locality } from '../../src/rules/contract.js'
import { RULES } from '../../src/rules/registry.js'
import { traceRule } from '../../src/rules/trace.js'
import { openProgram } from '../../src/runtime/client.js'
import { createEngine } from '../../src/runtime/engine.js'
import type { TensorRecord } from '../../src/runtime/program.js'
import type { Ort } from '../../src/runtime/slots.js'
import { batchFor, initialState, taskOf } from '../rules/harness.js'

const engine = createEngine(ort as unknown as Ort)

for (const rule of RULES as AnyRule[]) {
  const settings = { defaults: {}, ...Object.fromEntries(Object.entries(rule.presets).map(([k, v]) => [k, v.hyper])) }
  for (const [preset, own] of Object.entries(settings))
    test(`${rule.id} ${preset}`, async () => {
      const full = rule.hyper.parse(own) as { units?: number[] }
      const hyper = rule.hyper.parse({
        ...own,
        ...(full.units && { units: full.units.map(() => 6) }),
        ...rule.small?.hyper,
      })
      const task = taskOf(rule.small?.shape && { shape: rule.small.shape })
      const traced = traceRule(rule, task, hyper)
      const { blocks }: Locality = rule.locality(task, hyper)
      const certificate = (): Certificate => certifyRule(rule, task, hyper)
      const steps = Object.values(traced.steps)
      const places = placesOf(steps, blocks, certificate)
      console.log(rule.id, preset, blocks.map(({ name }) => name).join(), 'cuts', places.cuts, places.why(1))
      if (places.cuts.length === 0) return
      const stageOf = (name: string) => places.cuts.filter((c) => places.homes.get(name)!.first >= c).length
      const n = places.cuts.length + 1
      const start = initialState(traced)
      for (const step of steps) {
        const parts = cutStep(step, n, stageOf)
        console.log(step.name, parts.map((p) => p.takes.map((t) => `${t.name}[${t.shape}]`).join(' ')).join(' | '))
        const run = async (graph: StepGraph, state: TensorRecord, batch: TensorRecord) => {
          const p = await openProgram(engine, graph, { device: 'cpu' }, 1)
          await p.load(state)
          const { metrics } = await p.run(1, batch)
          const after = await p.read()
          await p.dispose()
          return { metrics, after }
        }
        const typed = (ports: readonly { name: string; input: any }[], numbers: any): TensorRecord =>
          Object.fromEntries(
            ports
              .filter(({ name }) => numbers[name])
              .map(({ name, input }) => [
                name,
                ({ float32: Float32Array, int32: Int32Array, bool: Uint8Array } as any)[input.dtype].from(
                  numbers[name],
                ),
              ]),
          )
        let whole = typed(step.state, start)
        let split = whole
        for (let k = 0; k < 3; k++) {
          const numbers = batchFor(step, task, k)
          const w = await run(step, whole, typed(step.batch, numbers))
          let handed: any = {}
          let next: TensorRecord = {}
          const metrics: TensorRecord = {}
          for (const part of parts) {
            const batch = typed(part.program.batch, { ...numbers, ...handed })
            const r = await run(
              part.program,
              Object.fromEntries(part.program.state.map(({ name }) => [name, split[name]!])),
              batch,
            )
            handed = { ...handed, ...r.metrics }
            next = { ...next, ...r.after }
            for (const m of step.metrics) if (r.metrics[m.name]) metrics[m.name] = r.metrics[m.name]!
          }
          for (const name of Object.keys(w.after)) assert.deepEqual(next[name], w.after[name], name)
          assert.deepEqual(metrics, Object.fromEntries(Object.entries(w.metrics).map(([n, v]) => [n, v])))
          whole = w.after
          split = next
        }
      }
    })
}
