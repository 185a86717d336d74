import { grad, type Tensor } from '../graph/index.js'
import type { Optimizer } from '../nn/optimizers.js'
import { leaves, type Tree } from '../nn/tree.js'
import type { Metrics } from './contract.js'

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
