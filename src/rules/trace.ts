import { outputCount } from '../data/dataset.js'
import { UserError } from '../errors.js'
import { GraphError, type InputAttributes, input, reachable, type Shape, type Tensor } from '../graph/index.js'
import { sameShape, show } from '../graph/types.js'
import { type Random, randomFrom } from '../nn/random.js'
import { leaves, mapTree, type Tree } from '../nn/tree.js'
import type { StepGraph } from '../onnx/index.js'
import { targetKind } from '../targets/index.js'
import { checkFigures, checkShape, checkStep } from './checked.js'
import type {
  AnyRule,
  Batch,
  Drawable,
  Generator,
  Labelled,
  Metrics,
  Prediction,
  Sights,
  Step,
  Task,
  View,
} from './contract.js'
import { flatten, unflatten } from './figures.js'
import { featuresOf, readOutOf, readOutStep } from './read-out.js'
import { type Between, type GeneratorPart, OF_LABELS, type TracedRule, type TracedStep } from './traced.js'

export { type GeneratorPart, OF_LABELS, type TracedRule, type TracedStep } from './traced.js'

const named = (list: readonly [string, Tensor][]): { name: string; output: Tensor }[] =>
  list.map(([name, output]) => ({ name, output }))

const nameOf = (x: Tensor): string => x.node.attributes.name

/**
 * What `span` mini-batches read: inputs, stacked [span, ...] where there are more than one, and the part of each batch.
 * An input exists from when a step first asks for it.
 */
function batchInputs(
  task: Task,
  span = 1,
  xShape: Shape = task.input.shape,
): { batches: Batch[]; inputs: () => StepGraph['batch'] } {
  const all = new Map<string, Tensor>()
  const part = (k: number, attributes: InputAttributes): Tensor => {
    const { name, shape } = attributes
    const before = all.get(name)
    const known = before?.node.attributes
    if (known && (known.distribution !== attributes.distribution || known.per !== attributes.per))
      throw new GraphError(`${name} is drawn in two ways in the steps of one period`)
    const whole = before ?? input(span === 1 ? attributes : { ...attributes, shape: [span, ...shape] })
    all.set(name, whole)
    if (span === 1) return whole
    if (!sameShape(whole.shape.slice(1), shape))
      throw new GraphError(
        `${name} has the shape ${show(shape)} in one step and ${show(whole.shape.slice(1))} in another`,
      )
    return whole.slice(0, k, k + 1).reshape(shape)
  }
  const batches = Array.from({ length: span }, (_, k): Batch => {
    return {
      get x() {
        return part(k, { name: 'x', kind: 'data', shape: [task.batch, ...xShape], dtype: 'float32' })
      },
      get target() {
        return part(k, { name: 'target', kind: 'labels', ...portOf(task) })
      },
      get progress() {
        return part(k, { name: 'progress', kind: 'schedule', shape: [], dtype: 'float32' })
      },
      random: randomFrom((attributes) => part(k, attributes)),
    }
  })
  return { batches, inputs: () => [...all.values()].map((x) => ({ name: nameOf(x), input: x })) }
}

/** The target of a batch, as an input. */
const portOf = ({ target, batch }: Task) => targetKind(target).port(batch, outputCount(target))

/** The same batch with other noise. */
const withRandom = (batch: Batch, random: Random): Batch => Object.create(batch, { random: { value: random } })

/** The state's leaves as inputs of a program, after a state that was traced by `init`. */
function stateInputs<S extends Tree>(state: S): S {
  return mapTree(state, ({ shape, dtype }, name) => input({ name, kind: 'state', shape, dtype }))
}

/**
 * Steps on consecutive mini-batches, one each, as one program. Metrics are means over those of its batches that have
 * them.
 */
function traceSteps(
  name: string,
  steps: readonly Step<Tree>[],
  initial: Tree,
  task: Task,
  { xShape, between = [] }: { xShape?: readonly number[]; between?: Between } = {},
): TracedStep {
  const before = stateInputs(initial)
  const { batches, inputs } = batchInputs(task, steps.length, xShape)
  let after = before
  const measured = new Map<string, Tensor[]>()
  for (const [k, step] of steps.entries()) {
    const handed: unknown = step(k === 0 ? before : handedOn(after, between), batches[k]!)
    checkStep(`the step ${name}`, handed, before)
    const [next, metrics] = handed
    after = next
    for (const [metric, value] of flatten(metrics)) measured.set(metric, [...(measured.get(metric) ?? []), value])
  }
  const mean = (values: readonly Tensor[]): Tensor =>
    values.length === 1 ? values[0]! : values.reduce((a, b) => a.add(b)).mul(1 / values.length)
  const outputs = new Map(leaves(after))
  return {
    name,
    span: steps.length,
    between,
    state: leaves(before).map(([leaf, tensor]) => ({ name: leaf, input: tensor, output: outputs.get(leaf)! })),
    batch: inputs(),
    metrics: named([...measured].map(([metric, values]) => [metric, mean(values)])),
  }
}

/**
 * What a step hands on to the next one within a program: values alone, or that one would differentiate through both.
 */
const handedOn = (state: Tree, between: Between): Tree =>
  mapTree(state, (leaf, name) => {
    const tensor = leaf.stopGradient()
    between.push({ name, tensor })
    return tensor
  })

/** Steps that run one after the other on the same batch, as one. */
function inRow(own: Readonly<Record<string, Step<Tree>>>, list: readonly string[], between: Between): Step<Tree> {
  if (list.length === 1) return own[list[0]!]!
  return (state, batch) => {
    let now = state
    let metrics: Metrics = {}
    for (const name of list) {
      const random: Random = {
        uniform: (noise, ...asked) => batch.random.uniform(`${name}.${noise}`, ...asked),
        normal: (noise, ...asked) => batch.random.normal(`${name}.${noise}`, ...asked),
      }
      const [next, more] = own[name]!(now === state ? state : handedOn(now, between), withRandom(batch, random))
      now = next
      metrics = unflatten([...flatten(metrics), ...flatten(more)])
    }
    return [now, metrics]
  }
}

/**
 * Traces `init` and `predict` of a rule, and its steps once they are asked for: a task on which a network cannot train, such
 * as a single sample under batch normalisation, may be one that it predicts. Shape errors are thrown before anything runs.
 */
export function traceRule(rule: AnyRule, task: Task, hyper: unknown): TracedRule {
  const first = batchInputs(task)
  const [sample] = first.batches
  const readOut = readOutOf(rule, hyper)
  const initial: Tree = rule.init(sample!.random, task, hyper, sample!)
  const init: StepGraph = { state: [], batch: first.inputs(), metrics: named(leaves(initial)) }
  const own: Readonly<Record<string, Step<Tree>>> = rule.steps(task, hyper)
  let steps: TracedRule['steps'] | undefined
  const reading = (f: (state: Tree, batch: Batch) => readonly [string, Tensor][], xShape?: Shape): StepGraph => {
    const state = stateInputs(initial)
    const { batches, inputs } = batchInputs(task, 1, xShape)
    const outputs = f(state, batches[0]!)
    const used = new Set(reachable(outputs.map(([, output]) => output)).map(({ id }) => id))
    return {
      state: leaves(state).map(([name, leaf]) => ({ name, input: leaf, output: leaf })),
      batch: inputs().filter(({ name, input: x }) => name === 'x' || used.has(x.node.id)),
      metrics: named(outputs),
    }
  }
  return {
    init,
    get steps() {
      steps ??= Object.fromEntries(
        Object.entries(own).map(([name, step]) => [name, traceSteps(name, [step], initial, task)]),
      )
      return steps
    },
    turn(name, lists) {
      const unknown = lists.flat().find((step) => !own[step])
      if (unknown !== undefined)
        throw new UserError(`the schedule of ${rule.id} names the step "${unknown}", which the rule does not have`)
      const between: Between = []
      return traceSteps(
        name,
        lists.map((list) => inRow(own, list, between)),
        initial,
        task,
        { between },
      )
    },
    predict: reading((state, view) => {
      const predicted: Prediction | undefined = rule.predict?.(state, view.x, task, hyper)
      const assessed: Metrics = rule.assess?.(state, view, task, hyper) ?? {}
      checkFigures('assess', assessed)
      checkFigures('predict', {
        blocks: Object.fromEntries(Object.keys(predicted?.parts ?? {}).map((name) => [name, {}])),
      })
      const figures = flatten(assessed)
      for (const [name, each] of figures) checkShape(`${name} of assess`, each, [task.batch])
      const shape = [task.batch, outputCount(task.target)]
      if (rule.predict) checkShape('scores of predict', predicted?.scores, shape)
      for (const [name, part] of Object.entries(predicted?.parts ?? {})) checkShape(`${name} of predict`, part, shape)
      return [
        ...(predicted ? [['scores', predicted.scores] as [string, Tensor]] : []),
        ...Object.entries(predicted?.parts ?? {}).map(([name, part]): [string, Tensor] => [`parts/${name}`, part]),
        ...figures.map(([name, each]): [string, Tensor] => [`figures/${name}`, each]),
      ]
    }),
    ...(readOut && {
      readOut: {
        features: reading((state, { x }) => [['features', featuresOf(readOut, state, x, task, hyper)]]),
        step: traceSteps('read-out', [readOutStep(readOut, task, hyper)], initial, task),
      },
    }),
    watch() {
      if (!rule.watch) return undefined
      return reading((state, batch) => {
        const sights: Sights = rule.watch!(state, batch, task, hyper)
        const named = Object.entries(sights).flatMap(([block, list]) =>
          list.map(({ phase, what, values }): [string, Tensor] => [`${block}/${phase}/${what}`, values]),
        )
        for (const [name, values] of named)
          checkShape(`${name} of watch`, values, [task.batch, ...values.shape.slice(1)])
        return named
      })
    },
    ...(rule.activities && {
      activities: reading((state, { x }) => Object.entries(rule.activities!(state as never, x, task, hyper))),
    }),
    picture: (name) => {
      const drawn: Drawable<Tree> = rule.pictures!(task, hyper)[name]!
      return reading((state, view) =>
        'draw' in drawn ? [['images', drawn.draw(state, view)]] : [['values', drawn.values(state, view)]],
      )
    },
    labelled() {
      const own: Labelled<Tree> | undefined = rule.labelled?.(task, hyper)
      if (!own || !rule.predict) return undefined
      return reading((state, { x }) => {
        const classes = outputCount(task.target)
        const shown = own.inputs(state, x)
        checkShape('inputs of labelled', shown, [task.batch, classes, ...shown.shape.slice(2)])
        const blocks = Object.entries(own.goodness(state, x))
        for (const [name, each] of blocks) checkShape(`${name} of labelled`, each, [task.batch, classes])
        return [
          ['inputs', shown],
          ['scores', rule.predict!(state as never, x, task, hyper).scores],
          ...blocks.map(([name, each]): [string, Tensor] => [OF_LABELS + name, each]),
        ]
      })
    },
    generator(part) {
      const all: Generator<Tree> = rule.generator?.(task, hyper) ?? {}
      const shape = [task.batch, ...(part === 'logWeight' ? [] : task.input.shape)]
      const draws: Record<GeneratorPart, ((state: Tree, view: View) => Tensor) | undefined> = {
        samples: all.samples && ((state, { random }) => all.samples!(state, random)),
        reconstructions: all.reconstructions,
        logWeight: all.density?.logWeight,
      }
      const draw = draws[part]
      return (
        draw &&
        reading((state, view) => {
          const drawn = draw(state, view)
          checkShape(`${part} of the generator`, drawn, shape)
          return [[part, drawn]]
        })
      )
    },
    latents() {
      const { latents }: Generator<Tree> = rule.generator?.(task, hyper) ?? {}
      if (!latents) return undefined
      const encode = reading((state, view) => [['latents', latents.encode(state, view)]])
      const size = encode.metrics[0]!.output.shape.slice(1)
      return { of: latents.of, encode, decode: reading((state, { x }) => [['images', latents.decode(state, x)]], size) }
    },
    greedy(layer) {
      const features = reading((state, { x }) => [
        ['features', layer === 0 ? x : rule.greedy!.features(state as never, x, layer, task, hyper)],
      ])
      const shape = features.metrics[0]!.output.shape.slice(1)
      const step = traceSteps(`greedy ${layer}`, [rule.greedy!.step(layer, task, hyper)], initial, task, {
        xShape: shape,
      })
      return { step, features }
    },
  }
}
