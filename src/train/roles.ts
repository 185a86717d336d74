import { type DType, reachable, type Shape } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import type { Block } from '../rules/contract.js'

/**
 * What a tensor of a state is: part of the model, a running statistic or its like that goes with the model, or what
 * the optimiser keeps from step to step. Machines that average their models average the first two.
 */
export type Role = 'model' | 'statistics' | 'optimizer'

/** A tensor of a state, and what it is there for. */
export interface StateTensor {
  readonly name: string
  readonly dtype: DType
  readonly shape: Shape
  readonly role: Role
  /**
   * Whether predictions, or those of a part, read it (of a rule that only generates: its figures); else it serves
   * learning alone.
   */
  readonly isRead: boolean
}

const isUnder = (name: string, path: string): boolean => name === path || name.startsWith(`${path}.`)

/**
 * The place of the first block that a tensor of the state, or a slice of it, belongs to; -1 where it belongs to none.
 */
export const blockOf = (blocks: readonly Block[], name: string): number =>
  blocks.findIndex(({ parameters }) =>
    parameters.some((path) => isUnder(name, typeof path === 'string' ? path : path.path)),
  )

/** The tensors of a state. What predictions read and no block owns is statistics, declared or not. */
export function tensorsOf(predict: StepGraph, blocks: readonly Block[]): StateTensor[] {
  const read = new Set(reachable(predict.metrics.map(({ output }) => output)))
  const scores = predict.metrics.filter(({ name }) => name === 'scores' || name.startsWith('parts/'))
  const said = scores.length > 0 ? new Set(reachable(scores.map(({ output }) => output))) : read
  return predict.state.map(({ name, input }) => {
    const isStatistic =
      read.has(input.node) || blocks.some(({ statistics }) => statistics?.some((path) => isUnder(name, path)))
    const role = blockOf(blocks, name) >= 0 ? 'model' : isStatistic ? 'statistics' : 'optimizer'
    return { name, dtype: input.dtype, shape: input.shape, role, isRead: said.has(input.node) }
  })
}
