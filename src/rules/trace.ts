import { input, reachable, type Tensor } from '../graph/index.js'
import { noiseInputs } from '../nn/random.js'
import { leaves, mapTree, type Tree } from '../nn/tree.js'
import type { StepGraph } from '../onnx/index.js'
import type { AnyRule, Assessment, Batch, Picture, Prediction, Step, Task, View } from './contract.js'

export interface TracedStep extends StepGraph {
  readonly name: string
}

/** A rule, traced on a task: everything that the certificate and the runtime need. */
export interface TracedRule {
  /** Noise in, the first state out (as metrics, by name). */
  readonly init: StepGraph
  readonly steps: Readonly<Record<string, TracedStep>>
  /** What images give: `scores` and those of each layer, where the rule predicts, and its own `figures.NAME`. */
  readonly predict: StepGraph
  /** Images that the network draws, from images `x`: the pixels are the metric `images`. */
  picture(name: string): StepGraph
  /** Greedy steps and what feeds them, by layer; empty where the rule has none or cannot here. */
  greedy(layer: number): { step: TracedStep; features: StepGraph }
}

const named = (list: readonly [string, Tensor][]): { name: string; output: Tensor }[] =>
  list.map(([name, output]) => ({ name, output }))

const nameOf = (x: Tensor): string => x.node.attributes.name

function batchInputs(task: Task, xShape: readonly number[] = task.shape): { batch: Batch; inputs: () => Tensor[] } {
  const { random, inputs } = noiseInputs()
  const x = input({ name: 'x', kind: 'data', shape: [task.batch, ...xShape], dtype: 'float32' })
  const labels = input({ name: 'labels', kind: 'labels', shape: [task.batch], dtype: 'int32' })
  const progress = input({ name: 'progress', kind: 'schedule', shape: [], dtype: 'float32' })
  return { batch: { x, labels, progress, random }, inputs: () => [x, labels, progress, ...inputs] }
}

/** The state's leaves as inputs of a program, after a state that was traced by `init`. */
function stateInputs<S extends Tree>(state: S): S {
  return mapTree(state, ({ shape, dtype }, name) => input({ name, kind: 'state', shape, dtype }))
}

function traceStep(name: string, step: Step<Tree>, initial: Tree, task: Task, xShape?: readonly number[]): TracedStep {
  const before = stateInputs(initial)
  const { batch, inputs } = batchInputs(task, xShape)
  const [after, metrics] = step(before, batch)
  const outputs = new Map(leaves(after))
  return {
    name,
    state: leaves(before).map(([leaf, tensor]) => ({ name: leaf, input: tensor, output: outputs.get(leaf)! })),
    batch: inputs().map((x) => ({ name: nameOf(x), input: x })),
    metrics: named(Object.entries(metrics)),
  }
}

/** Traces `init`, every step and `predict` of a rule. Shape errors in a rule are thrown here, before anything runs. */
export function traceRule(rule: AnyRule, task: Task, hyper: unknown): TracedRule {
  const { random, inputs } = noiseInputs()
  const initial: Tree = rule.init(random, task, hyper)
  const init: StepGraph = {
    state: [],
    batch: inputs.map((x) => ({ name: nameOf(x), input: x })),
    metrics: named(leaves(initial)),
  }
  const steps = Object.entries<Step<Tree>>(rule.steps(task, hyper)).map(([name, step]): [string, TracedStep] => [
    name,
    traceStep(name, step, initial, task),
  ])
  const reading = (f: (state: Tree, view: View) => readonly [string, Tensor][]): StepGraph => {
    const state = stateInputs(initial)
    const { batch, inputs: read } = batchInputs(task)
    const outputs = f(state, batch)
    const used = new Set(reachable(outputs.map(([, output]) => output)).map(({ id }) => id))
    return {
      state: leaves(state).map(([name, leaf]) => ({ name, input: leaf, output: leaf })),
      batch: read()
        .filter((x) => nameOf(x) === 'x' || used.has(x.node.id))
        .map((x) => ({ name: nameOf(x), input: x })),
      metrics: named(outputs),
    }
  }
  return {
    init,
    steps: Object.fromEntries(steps),
    predict: reading((state, view) => {
      const predicted: Prediction | undefined = rule.predict?.(state, view.x, task, hyper)
      const figures: Assessment = rule.assess?.(state, view, task, hyper) ?? {}
      return [
        ...(predicted ? Object.entries({ scores: predicted.scores, ...predicted.layers }) : []),
        ...Object.entries(figures).map(([name, each]): [string, Tensor] => [`figures.${name}`, each]),
      ]
    }),
    picture: (name) => {
      const { draw }: Picture<Tree> = rule.pictures!(task, hyper)[name]!
      return reading((state, view) => [['images', draw(state, view)]])
    },
    greedy(layer) {
      const features = reading((state, { x }) => [
        ['features', layer === 0 ? x : rule.greedy!.features(state as never, x, layer, task, hyper)],
      ])
      const shape = features.metrics[0]!.output.shape.slice(1)
      const step = traceStep(`layers.${layer}`, rule.greedy!.step(layer, task, hyper), initial, task, shape)
      return { step, features }
    },
  }
}
