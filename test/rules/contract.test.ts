// What every rule of the registry must do, with its defaults and with every preset, dense and convolutional.
// At most 75 s: every rule, with every preset, on ONNX Runtime; 17 rules, 105 settings.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import * as ort from 'onnxruntime-node'
import { certify } from '../../src/certificate/certify.js'
import { UserError } from '../../src/errors.js'
import { lowerStep, type StepGraph } from '../../src/onnx/index.js'
import { checkOptions, optionTable } from '../../src/options/index.js'
import { certifyRule } from '../../src/rules/certify.js'
import type { AnyRule, Block, Drawable, Task } from '../../src/rules/contract.js'
import { readOutOf } from '../../src/rules/read-out.js'
import { RULES } from '../../src/rules/registry.js'
import { classesOf } from '../../src/rules/task.js'
import { type TracedRule, traceRule } from '../../src/rules/trace.js'
import { openProgram } from '../../src/runtime/client.js'
import { createEngine } from '../../src/runtime/engine.js'
import type { Program, TensorRecord } from '../../src/runtime/program.js'
import type { Ort } from '../../src/runtime/slots.js'
import { close } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers, rowsOf, shapeOf, taskOf } from './harness.js'
import { assertPromise } from './promise.js'

interface Variant {
  readonly rule: AnyRule
  readonly name: string
  readonly isPreset: boolean
  // biome-ignore lint/suspicious/noExplicitAny: options of any rule
  readonly hyper: any
  task(other?: Partial<Task>): Task
}

/** Every rule with its defaults and its presets, on both kinds of networks where it knows both, and small. */
const ALL: Variant[] = RULES.flatMap((rule) => {
  const settings = { defaults: {}, ...Object.fromEntries(Object.entries(rule.presets).map(([k, v]) => [k, v.hyper])) }
  return Object.entries(settings).flatMap(([preset, own]) => {
    const full = rule.hyper.parse(own) as { network?: string; units?: number[] }
    const units = full.units && { units: full.units.map((_, i) => 6 - (i % 2)) }
    const small = { ...own, ...units, ...rule.small?.hyper }
    // A rule may refuse some of its cells with kernels.
    const networks = (full.network ? ['dense', 'convolutional'] : [undefined]).filter(
      (network) => rule.hyper.safeParse({ ...small, ...(network && { network }) }).success,
    )
    return networks.map((network) => ({
      rule,
      isPreset: preset !== 'defaults',
      name: `${rule.id}, ${preset}${network ? `, ${network}` : ''}`,
      hyper: rule.hyper.parse({ ...small, ...(network && { network }) }),
      task: (other = {}) => taskOf({ ...(rule.small?.shape && { shape: rule.small.shape }), ...other }),
    }))
  })
})

const picturesOf = ({ rule, hyper, task }: Pick<Variant, 'rule' | 'hyper' | 'task'>): string =>
  `${hyper.network} ${Object.keys(rule.pictures?.(task(), hyper) ?? {})}`

const settingsOf = ({ rule, hyper }: Variant): string => `${rule.id} ${JSON.stringify(hyper)}`

/** Presets that are no different once they are small are tried once, under the first of their names. */
const VARIANTS = ALL.filter((own, i) => ALL.findIndex((other) => settingsOf(other) === settingsOf(own)) === i)

const TASKS: Record<string, Partial<Task>> = { 'a batch of 4': {}, 'a batch of 1': { batch: 1 } }
const EIGHT_BITS: Record<string, Partial<Task>> = { 'a batch of 4 in 8 bits': { precision: { bits: 8, levels: 63 } } }

/** Whether a rule takes steps on a task. Only a single sample may be refused, by a rule that normalises over the batch. */
function canTrain(traced: TracedRule, task: Task): boolean {
  try {
    return Object.keys(traced.steps).length > 0
  } catch (error) {
    if (!(error instanceof UserError) || task.batch > 1) throw error
    assert.match(error.message, /^batch normalisation needs more than one number .*: take a larger batch$/)
    return false
  }
}

const pathOf = (part: Block['parameters'][number]): string => (typeof part === 'string' ? part : part.path)

let sessions = 0
const counting: Ort = {
  Tensor: ort.Tensor as unknown as Ort['Tensor'],
  InferenceSession: {
    create: async (bytes, options) => {
      sessions++
      return await ort.InferenceSession.create(bytes, options)
    },
  },
}
const engine = createEngine(counting)

const typed = (graph: StepGraph, numbers: Numbers): TensorRecord =>
  Object.fromEntries(
    [...graph.state, ...graph.batch]
      .filter(({ name }) => numbers[name])
      .map(({ name, input }) => [name, (input.dtype === 'int32' ? Int32Array : Float32Array).from(numbers[name]!)]),
  )

async function opened<T>(graph: StepGraph, use: (program: Program) => Promise<T>): Promise<T> {
  const program = await openProgram(engine, graph, { device: 'cpu' }, 1)
  try {
    return await use(program)
  } finally {
    await program.dispose()
  }
}

/** What the programs of a rule are, byte for byte. */
const digestsOf = (traced: TracedRule): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ init: traced.init, predict: traced.predict, ...traced.steps }).map(([name, graph]) => [
      name,
      createHash('sha256').update(lowerStep(graph, 'cpu').bytes).digest('hex'),
    ]),
  )

function assertFinite(numbers: Readonly<Record<string, ArrayLike<number>>>, what: string): void {
  for (const [name, data] of Object.entries(numbers))
    assert.ok(Array.from(data).every(Number.isFinite), `${what}: ${name} is not finite`)
}

/** Two steps of each kind from the first state: the new state after each, and the metrics. */
async function twoSteps(traced: TracedRule, task: Task) {
  const start = initialState(traced)
  const results: Record<string, { states: TensorRecord[]; metrics: TensorRecord[] }> = {}
  for (const [name, step] of Object.entries(traced.steps))
    results[name] = await opened(step, async (program) => {
      await program.load(typed(step, start))
      const [states, metrics]: [TensorRecord[], TensorRecord[]] = [[], []]
      const made = sessions
      for (const k of [0, 1]) {
        const result = await program.run(1, typed(step, batchFor(step, task, k)))
        assert.deepEqual(result.notFinite, [])
        metrics.push(result.metrics)
        states.push(await program.read())
      }
      assert.equal(sessions, made, `${name} was compiled again between two steps`)
      return { states, metrics }
    })
  return { start, results }
}

for (const { rule, name, hyper, isPreset, task: taskFor } of VARIANTS)
  describe(name, () => {
    let trained: ReturnType<typeof twoSteps> | undefined
    /** The two steps that more than one test asks about. */
    const trainedOnce = () => {
      trained ??= twoSteps(traceRule(rule, taskFor(), hyper), taskFor())
      return trained
    }

    test('is pure: traced twice it is the same program', () => {
      const [one, two] = [1, 2].map(() => digestsOf(traceRule(rule, taskFor(), hyper)))
      assert.deepEqual(one, two)
    })

    test('keeps the promise of its header', () => {
      const { blocks, promise } = rule.locality(taskFor(), hyper)
      for (const own of Object.values({ ...TASKS, ...EIGHT_BITS }))
        if (canTrain(traceRule(rule, taskFor(own), hyper), taskFor(own)))
          assertPromise(certifyRule(rule, taskFor(own), hyper), promise)
      const state = traceRule(rule, taskFor(), hyper).predict.state.map((entry) => entry.name)
      for (const path of blocks.flatMap(({ parameters, statistics = [] }) => [
        ...parameters.map(pathOf),
        ...statistics,
      ]))
        assert.ok(
          state.some((leaf) => leaf === path || leaf.startsWith(`${path}.`)),
          `no state under ${path}`,
        )
    })

    for (const [size, own] of Object.entries(isPreset ? TASKS : { ...TASKS, ...EIGHT_BITS }))
      test(`trains on ${size}: the same state by names and shapes, the same numbers again, nothing compiled again`, async () => {
        const task = taskFor(own)
        const traced = traceRule(rule, task, hyper)
        if (!canTrain(traced, task)) return
        const { start, results } = size === 'a batch of 4' ? await trainedOnce() : await twoSteps(traced, task)
        // That the numbers come again is shown by the defaults: of presets the programs are the same, byte for byte.
        const again = isPreset ? undefined : await twoSteps(traced, task)
        assertFinite(start, 'the first state')
        const between = new Set(rule.between?.(1, hyper).map(({ step }: { step: string }) => step))
        for (const [step, { states, metrics }] of Object.entries(results)) {
          if (again) assert.deepEqual({ states, metrics }, again.results[step])
          metrics.forEach((own, k) => {
            assert.ok(Object.keys(own).length > 0 || between.has(step), `${step} has no metrics`)
            assertFinite(own, `${step} ${k}`)
          })
          for (const state of states) {
            assertFinite(state, step)
            assert.deepEqual(Object.keys(state), Object.keys(start))
            for (const leaf of Object.keys(start)) assert.equal(state[leaf]!.length, start[leaf]!.length, leaf)
          }
          for (const { input, output } of traced.steps[step]!.state)
            assert.deepEqual([output.shape, output.dtype], [input.shape, input.dtype])
        }
      })

    const lists = [0, 1].map((batch) => rule.schedule?.(rule.training.epochs, batch, hyper, 0) ?? ['joint'])
    if (new Set(lists.flat()).size > 1)
      test('a period as one program is its steps one after the other', () => {
        const task = taskFor()
        const traced = traceRule(rule, task, hyper)
        const one = traced.turn('period', lists)
        const batches = lists.map((list, k) => {
          const step = traced.turn(`${k}`, [list])
          return { step, numbers: batchFor(step, task, k) }
        })
        const start = initialState(traced)
        let wanted = start
        for (const { step, numbers } of batches) wanted = evaluate(step, wanted, numbers).state
        const stacked = Object.fromEntries(
          one.batch.map(({ name, input }) => [
            name,
            batches.flatMap(({ numbers }) => numbers[name] ?? Array<number>(input.size / lists.length).fill(0)),
          ]),
        )
        const { state } = evaluate(one, start, stacked)
        for (const leaf of Object.keys(wanted)) close(state[leaf]!, wanted[leaf]!, 1e-12, leaf)
      })

    test('changes the parameters of every block', async () => {
      const { start, results } = await trainedOnce()
      const after = Object.values(results).map(({ states }) => states[1]!)
      const { metrics } = traceRule(rule, taskFor(), hyper).init
      for (const { name: block, parameters } of rule.locality(taskFor(), hyper).blocks) {
        const moved = parameters.some((part) => {
          const isOwn = (leaf: string): boolean => leaf === pathOf(part) || leaf.startsWith(`${pathOf(part)}.`)
          return Object.keys(start)
            .filter(isOwn)
            .some((leaf) => {
              const slice = (all: ArrayLike<number>): readonly number[] =>
                typeof part === 'string'
                  ? Array.from(all)
                  : rowsOf(Array.from(all), shapeOf(metrics, leaf)[0]!)[part.index]!
              const first = slice(start[leaf]!)
              return after.some((state) => slice(state[leaf]!).some((v, i) => v !== Math.fround(first[i]!)))
            })
        })
        // No step trains a read-out that is solved after the last epoch.
        const isSolved = parameters.some((part) => readOutOf(rule, hyper)?.weight.startsWith(`${pathOf(part)}.`))
        assert.equal(moved, !isSolved, `${block} did ${moved ? '' : 'not '}learn`)
      }
    })

    test('gives finite scores [N, K], of layers too, and figures [N]', async () => {
      for (const own of Object.values(TASKS)) {
        const task = taskFor(own)
        const traced = traceRule(rule, task, hyper)
        const ports = traced.predict.metrics
        const isFigure = (port: string): boolean => port.startsWith('figures/')
        assert.equal(
          ports.some((port) => port.name === 'scores'),
          rule.predict !== undefined,
        )
        assert.ok(rule.predict || ports.some((port) => port.name === `figures/${rule.objective}`), 'no objective')
        for (const { name: port } of ports.filter(({ name: port }) => isFigure(port))) {
          const figure = port.split('/').at(-1)!
          assert.ok(rule.figures?.[figure], `what is the figure ${figure}?`)
        }
        for (const { name: port, output } of ports)
          assert.deepEqual(output.shape, isFigure(port) ? [task.batch] : [task.batch, classesOf(task)], port)
        const { metrics } = await opened(traced.predict, async (program) => {
          await program.load(typed(traced.predict, initialState(traced)))
          return await program.run(1, typed(traced.predict, batchFor(traced.predict, task)))
        })
        assertFinite(metrics, 'predict')
      }
    })

    // Those of the defaults, and of presets that draw other ones.
    const draws = picturesOf({ rule, hyper, task: taskFor })
    const isKnown = VARIANTS.find((other) => other.rule === rule && picturesOf(other) === draws)!.name !== name
    if (rule.pictures && !isKnown)
      test('draws pictures of finite pixels', async () => {
        const task = taskFor()
        const traced = traceRule(rule, task, hyper)
        const all: Readonly<Record<string, Drawable<never>>> = rule.pictures?.(task, hyper) ?? {}
        for (const [picture, drawn] of Object.entries(all)) {
          assert.ok(drawn.description)
          const graph = traced.picture(picture)
          const { shape } = graph.metrics[0]!.output
          if ('draw' in drawn) assert.ok(shape.length === 4 && drawn.columns >= 1, picture)
          // Each name of a chart has as many rows as any other.
          else assert.ok(shape.length === 2 && shape[0]! % drawn.names.length === 0, picture)
          const { metrics } = await opened(graph, async (program) => {
            await program.load(typed(graph, initialState(traced)))
            return await program.run(1, typed(graph, batchFor(graph, task)))
          })
          assertFinite(metrics, picture)
        }
      })

    if (rule.greedy)
      test('trains layer after layer, or says why it cannot', () => {
        const traced = traceRule(rule, taskFor(), hyper)
        const { blocks } = rule.locality(taskFor(), hyper)
        for (let layer = 0; layer < blocks.length; layer++)
          try {
            if (layer >= rule.greedy!.layers(taskFor(), hyper)) continue
            const { step, features } = traced.greedy(layer)
            assert.deepEqual(
              step.state.map((entry) => entry.name),
              features.state.map((entry) => entry.name),
            )
            const changed = step.state.filter(({ input, output }) => input !== output).map((entry) => entry.name)
            const paths = blocks.map(({ parameters }) => parameters.map(pathOf))
            const own = paths[layer]!.map((path) => `${path}.`)
            const others = paths.filter((_, i) => i !== layer).flat()
            assert.ok(changed.some((leaf) => own.some((path) => leaf.startsWith(path))))
            assert.ok(!changed.some((leaf) => others.some((path) => leaf.startsWith(`${path}.`))), `${changed}`)
            const certificate = certify([step], blocks, { samples: taskFor().batch, choices: 10 })
            assert.equal(certificate.layers[layer]!.window, 1)
          } catch (error) {
            if (!(error instanceof UserError)) throw error
            assert.match(error.message, /greedy/)
          }
      })
  })

for (const rule of RULES)
  describe(`options of ${rule.id}`, () => {
    const options = optionTable(rule.hyper)
    const check = (values: Record<string, unknown>): unknown => checkOptions(rule.hyper, values, rule.id)

    test('may all be left out, and have a description', () => {
      assert.deepEqual(check({}), rule.hyper.parse({}))
      assert.ok(options.length > 0)
      for (const { name, description } of options) assert.ok(description, `${name} of ${rule.id} has no description`)
    })

    test('an unknown one is refused by name', () => {
      assert.throws(() => check({ nosuch: 1 }), {
        name: 'UserError',
        message: /There is no option of .* "nosuch"/,
        exitCode: 2,
      })
    })

    test('each refuses a value of another kind by name', () => {
      for (const { name } of options)
        assert.throws(() => check({ [name]: { wrong: true } }), {
          name: 'UserError',
          message: new RegExp(`^the option ${name} of ${rule.id} takes .*, not \\{"wrong":true\\}`),
          exitCode: 2,
        })
    })

    test('a wrong choice is told which ones there are', () => {
      for (const { name, kind } of options)
        if (kind.type === 'choice')
          assert.throws(
            () => check({ [name]: 'nosuch' }),
            (error) => error instanceof UserError && kind.values.every((choice) => error.message.includes(choice)),
          )
    })

    test('presets hold options of the rule alone', () => {
      for (const [name, { hyper, description }] of Object.entries(rule.presets)) {
        check({ ...hyper })
        assert.ok(description, name)
      }
    })

    test('its schedule names its own steps', () => {
      const hyper = rule.hyper.parse({})
      const names = Object.keys(rule.steps(taskOf(rule.small?.shape && { shape: rule.small.shape }), hyper))
      for (const epoch of [0, 1, 2])
        for (const batch of [0, 1, 2, 3])
          for (const step of rule.schedule?.(epoch, batch, hyper, 0) ?? ['joint']) assert.ok(names.includes(step), step)
    })
  })

test('names of rules are unique and their presets are not called defaults', () => {
  assert.equal(new Set(RULES.map(({ id }) => id)).size, RULES.length)
  for (const { presets } of RULES) assert.ok(!('defaults' in presets))
})
