import { grad, type Tensor } from '../graph/index.js'
import type { Optimizer } from '../nn/optimizers.js'
import type { Random } from '../nn/random.js'
import { leaves, type Tree } from '../nn/tree.js'
import type { Batch, Metrics, Rule, Step, Task } from './contract.js'

/** What one cell makes of a batch: its loss reads its own parameters and its own input alone. */
export interface CellResult {
  /** What goes up, without gradient. */
  readonly output: Tensor
  /** A scalar. */
  readonly loss: Tensor
  /** Running values that no gradient changes, as they are after this batch. */
  readonly buffers: Tree
  /** Scalars besides the loss. */
  readonly metrics: Readonly<Record<string, Tensor>>
}

/** One layer that learns from its own input alone. The combinator makes the steps of a rule from a stack of these. */
export interface Cell<P extends Tree> {
  learn(parameters: P, buffers: Tree, input: Tensor): CellResult
}

/** The learned state of a stack of cells; the leaves' names start with these words. */
export type Stack<P extends Tree> = {
  readonly layers: readonly P[]
  readonly optimizers: readonly Tree[]
  readonly buffers: readonly Tree[]
}

/** One cell's update: gradient of its own loss, into its own parameters. */
export function updateCell<P extends Tree>(
  cell: Cell<P>,
  layer: number,
  { layers, optimizers, buffers }: Stack<P>,
  input: Tensor,
  optimizer: Optimizer,
  rate: Tensor,
): { parameters: P; optimizer: Tree; buffers: Tree; output: Tensor; metrics: Metrics } {
  const before = layers[layer]!
  const result = cell.learn(before, buffers[layer]!, input.stopGradient())
  const gradients = grad(
    result.loss,
    leaves(before).map(([, p]) => p),
  )
  const [parameters, state] = optimizer.update(before, gradients, optimizers[layer]!, rate)
  return {
    parameters,
    optimizer: state,
    buffers: result.buffers,
    output: result.output.stopGradient(),
    metrics: { blocks: { [`layer ${layer}`]: { loss: result.loss, ...result.metrics } } },
  }
}

/** Every cell learns on the batch, from below, each from what the one below put out before this update. */
export function learnJointly<P extends Tree>(
  cells: readonly Cell<P>[],
  stack: Stack<P>,
  input: Tensor,
  optimizer: Optimizer,
  rate: Tensor,
): { stack: Stack<P>; outputs: Tensor[]; metrics: Metrics } {
  const outputs: Tensor[] = []
  const updates = cells.map((cell, i) => {
    const update = updateCell(cell, i, stack, outputs.at(-1) ?? input, optimizer, rate)
    outputs.push(update.output)
    return update
  })
  return {
    stack: {
      layers: updates.map(({ parameters }) => parameters),
      optimizers: updates.map(({ optimizer: state }) => state),
      buffers: updates.map(({ buffers }) => buffers),
    },
    outputs,
    metrics: { blocks: Object.assign({}, ...updates.map(({ metrics }) => metrics.blocks)) },
  }
}

/** One cell of the stack learns; the others stay as they are. */
export function learnLayer<P extends Tree>(
  cell: Cell<P>,
  layer: number,
  stack: Stack<P>,
  input: Tensor,
  optimizer: Optimizer,
  rate: Tensor,
): { stack: Stack<P>; metrics: Metrics } {
  const update = updateCell(cell, layer, stack, input, optimizer, rate)
  return {
    stack: {
      layers: stack.layers.with(layer, update.parameters),
      optimizers: stack.optimizers.with(layer, update.optimizer),
      buffers: stack.buffers.with(layer, update.buffers),
    },
    metrics: update.metrics,
  }
}

/** A cell as a rule's author writes it. */
export interface LayerDesign<P extends Tree> {
  init(random: Random, name: string): P
  /** What goes up: input [N, ...] to output [N, ...]. */
  forward(parameters: P, input: Tensor): Tensor
  /** A scalar to be made small, from this cell's own parameters and input (and the batch's labels or noise). */
  objective(parameters: P, input: Tensor, output: Tensor, batch: Batch): Tensor
  /** What this layer alone says of the classes, [N, K]; predictions add up the layers that say something. */
  scores?(parameters: P, output: Tensor): Tensor
}

export interface LayerwiseDesign<Hyper, P extends Tree> {
  layers(task: Task, hyper: Hyper): readonly LayerDesign<P>[]
  optimizer(hyper: Hyper): Optimizer
  /** The step size, from the part of the training that is done. */
  rate(hyper: Hyper, progress: Tensor): Tensor
}

/**
 * From a stack of cells the parts of a rule: the joint step, greedy training, predictions and a promise of locality
 * (every update reads one layer) that the certificate checks.
 */
export function layerwise<Hyper, P extends Tree>(
  design: LayerwiseDesign<Hyper, P>,
): Pick<Rule<Hyper, Stack<P>>, 'locality' | 'init' | 'steps' | 'predict' | 'greedy'> {
  const cell = (layer: LayerDesign<P>, batch: Batch): Cell<P> => ({
    learn(parameters, buffers, input) {
      const output = layer.forward(parameters, input)
      return { output, loss: layer.objective(parameters, input, output, batch), buffers, metrics: {} }
    },
  })
  const outputs = (stack: Stack<P>, x: Tensor, layers: readonly LayerDesign<P>[]): Tensor[] => {
    const all: Tensor[] = []
    for (const [i, layer] of layers.entries()) all.push(layer.forward(stack.layers[i]!, all[i - 1] ?? x))
    return all
  }
  const joint = (task: Task, hyper: Hyper): Step<Stack<P>> => {
    const layers = design.layers(task, hyper)
    return (stack, batch) => {
      const cells = layers.map((layer) => cell(layer, batch))
      const rate = design.rate(hyper, batch.progress)
      const learned = learnJointly(cells, stack, batch.x, design.optimizer(hyper), rate)
      return [learned.stack, learned.metrics]
    }
  }
  return {
    locality: (task, hyper) => ({
      blocks: design.layers(task, hyper).map((_, i) => ({ name: `layer ${i}`, parameters: [`layers.${i}`] })),
      promise: { local: true, window: 1 },
    }),
    init(random, task, hyper) {
      const layers = design.layers(task, hyper).map((layer, i) => layer.init(random, `layers.${i}`))
      const optimizer = design.optimizer(hyper)
      return { layers, optimizers: layers.map((p) => optimizer.init(p)), buffers: layers.map(() => ({})) }
    },
    steps: (task, hyper) => ({ joint: joint(task, hyper) }),
    predict(stack, x, task, hyper) {
      const layers = design.layers(task, hyper)
      const each = outputs(stack, x, layers).flatMap((output, i): [string, Tensor][] => {
        const scores = layers[i]!.scores?.(stack.layers[i]!, output)
        return scores ? [[`layer ${i}`, scores]] : []
      })
      if (each.length === 0)
        throw new Error('layerwise: no layer says anything of the classes; give at least one of them `scores`')
      return { scores: each.map(([, scores]) => scores).reduce((a, b) => a.add(b)), parts: Object.fromEntries(each) }
    },
    greedy: {
      layers: (task, hyper) => design.layers(task, hyper).length,
      features: (stack, x, layer, task, hyper) =>
        outputs(stack, x, design.layers(task, hyper).slice(0, layer)).at(-1) ?? x,
      step: (layer, task, hyper) => {
        const own = design.layers(task, hyper)[layer]!
        return (stack, batch) => {
          const rate = design.rate(hyper, batch.progress)
          const learned = learnLayer(cell(own, batch), layer, stack, batch.x, design.optimizer(hyper), rate)
          return [learned.stack, learned.metrics]
        }
      },
    },
  }
}
