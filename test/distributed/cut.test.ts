// Where the steps of each rule can be cut, and that the parts come to the bits of the whole.
// At most 45 s: every rule, with presets that differ when small, on ONNX Runtime.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as ort from 'onnxruntime-node'
import { cutStep } from '../../src/distributed/pipeline/cut.js'
import { placesOf } from '../../src/distributed/pipeline/places.js'
import { stagesOf } from '../../src/distributed/pipeline/stages.js'
import { UsageError } from '../../src/errors.js'
import type { StepGraph } from '../../src/onnx/index.js'
import { certifyRule } from '../../src/rules/certify.js'
import type { AnyRule, Locality } from '../../src/rules/contract.js'
import { RULES } from '../../src/rules/registry.js'
import { traceRule } from '../../src/rules/trace.js'
import { openProgram } from '../../src/runtime/client.js'
import { createEngine } from '../../src/runtime/engine.js'
import { ARRAYS, type TensorRecord } from '../../src/runtime/program.js'
import type { Ort } from '../../src/runtime/slots.js'
import { batchFor, initialState, type Numbers, taskOf } from '../rules/harness.js'

const engine = createEngine(ort as unknown as Ort)

interface Own {
  readonly rule: AnyRule
  readonly preset: string
  // biome-ignore lint/suspicious/noExplicitAny: options of any rule
  readonly hyper: any
}

/** Each rule with its defaults and its presets, small; those that are the same then are tried once. */
const ALL: Own[] = (RULES as AnyRule[]).flatMap((rule) => {
  const settings = { defaults: {}, ...Object.fromEntries(Object.entries(rule.presets).map(([k, v]) => [k, v.hyper])) }
  const known = new Set<string>()
  return Object.entries(settings).flatMap(([preset, own]) => {
    const full = rule.hyper.safeParse(own).data as { units?: number[] } | undefined
    const units = full?.units && { units: full.units.map((_, i) => 6 - (i % 2)) }
    const parsed = rule.hyper.safeParse({ ...own, ...units, ...rule.small?.hyper })
    const key = JSON.stringify(parsed.data)
    if (!parsed.success || known.has(key)) return []
    known.add(key)
    return [{ rule, preset, hyper: parsed.data }]
  })
})

/** Why the defaults of a rule cannot be cut; those that are not here can be, between all of their blocks. */
const REFUSED: Record<string, RegExp> = {
  'forward-forward': /what layer 0 is fed is chosen using/,
  trifecta: /the gradient of block 0 passes through 2 layers/,
  'sparse-cells': /read-out learns in no step of its own/,
  'equilibrium-propagation': /layer 0 gets feedback from output by their own weights/,
  'hopfield-vae': /feedback from .* by their own weights/,
  'target-propagation': /layer 0 gets feedback from/,
  'rec-lra': /layer 0 gets feedback from/,
  'predictive-coding': /layer 0 gets feedback from .* by their own weights/,
  broadcast: /the output is sent straight to layer 0/,
  'spike-alignment': /layer 0 gets feedback from/,
  nice: /the gradient of coupling 0 passes through 4 layers/,
  backprop: /the gradient of layer 0 passes through/,
}

const typed = (ports: StepGraph['batch'], numbers: Readonly<Record<string, ArrayLike<number>>>): TensorRecord =>
  Object.fromEntries(ports.map(({ name, input: { dtype } }) => [name, ARRAYS[dtype].from(numbers[name]!)]))

async function runOnce(graph: StepGraph, state: Numbers | TensorRecord, batch: Numbers | TensorRecord) {
  const program = await openProgram(engine, graph, { device: 'cpu' }, 1)
  try {
    await program.load(typed(graph.state, state))
    const { metrics } = await program.run(1, typed(graph.batch, batch))
    return { metrics, state: await program.read() }
  } finally {
    await program.dispose()
  }
}

/** One step by its parts, from below: the new state, and the metrics. */
async function inParts(step: StepGraph, parts: ReturnType<typeof cutStep>, state: TensorRecord, batch: Numbers) {
  const next: TensorRecord = {}
  const made: TensorRecord = {}
  let taken: Record<string, ArrayLike<number>> = {}
  for (const { program, takes, gives, passes } of parts) {
    assert.deepEqual(
      takes.map(({ name }) => name),
      Object.keys(taken),
    )
    const isTaken = (name: string): boolean => takes.some((port) => port.name === name)
    const own = program.batch.filter(({ name }) => !isTaken(name)).map(({ name }) => name)
    // Whoever stands higher has no samples of its own.
    if (takes.length > 0) assert.ok(!own.includes('x') && !own.includes('target'), `${own}`)
    const read = Object.fromEntries([...own, ...passes.map(({ name }) => name)].map((name) => [name, batch[name]!]))
    const result = await runOnce(program, state, { ...read, ...taken } as Numbers)
    Object.assign(next, result.state)
    Object.assign(made, result.metrics)
    const all: Record<string, ArrayLike<number>> = { ...read, ...taken, ...result.metrics }
    taken = Object.fromEntries(gives.map(({ name }) => [name, all[name]!]))
  }
  return { state: next, metrics: Object.fromEntries(step.metrics.map(({ name }) => [name, made[name]!])) }
}

for (const { rule, preset, hyper } of ALL)
  test(`${rule.id}, ${preset}`, async () => {
    const task = taskOf(rule.small?.shape && { shape: rule.small.shape })
    const traced = traceRule(rule, task, hyper)
    const { blocks }: Locality = rule.locality(task, hyper)
    const certificate = () => certifyRule(rule, task, hyper)
    const { cuts, homes, why } = placesOf(Object.values(traced.steps), blocks, certificate)
    const refused = preset === 'defaults' ? REFUSED[rule.id] : undefined
    if (refused) {
      assert.deepEqual(cuts, [])
      assert.match(why(1), refused)
      assert.throws(() => stagesOf(traced.steps, blocks, certificate, { rule: rule.id }), UsageError)
      const above = (name: string): number => Math.min(1, homes.get(name)!.first)
      // What learns nothing needs nothing from above either.
      if (rule.readOut) return
      assert.throws(() => Object.values(traced.steps).map((step) => cutStep(step, 2, above)), /there is no cut/)
    } else if (preset === 'defaults') assert.equal(cuts.length, blocks.length - 1, why(1))
    if (cuts.length === 0) return
    const stageOf = (name: string): number => cuts.filter((above) => homes.get(name)!.first >= above).length
    for (const step of Object.values(traced.steps)) {
      const parts = cutStep(step, cuts.length + 1, stageOf)
      let whole = typed(step.state, initialState(traced))
      for (let k = 0; k < 2; k++) {
        const numbers = batchFor(step, task, k)
        const wanted = await runOnce(step, whole, numbers)
        assert.deepEqual(await inParts(step, parts, whole, numbers), {
          state: Object.fromEntries(
            parts.flatMap(({ program }) => program.state.map(({ name }) => [name, wanted.state[name]])),
          ),
          metrics: wanted.metrics,
        })
        whole = wanted.state
      }
    }
  })
