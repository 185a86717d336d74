import { reachable } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import type { Block } from '../rules/contract.js'

/**
 * What a tensor of a state is: part of the model, a running statistic or its like that goes with the model, or what
 * the optimiser keeps from step to step. Machines that average their models average the first two.
 */
export type Role = 'model' | 'statistics' | 'optimizer'

const isUnder = (name: string, path: string): boolean => name === path || name.startsWith(`${path}.`)

/** The place of the first block that a tensor of the state, or a slice of it, belongs to; -1 where it belongs to none. */
export const blockOf = (blocks: readonly Block[], name: string): number =>
  blocks.findIndex(({ parameters }) =>
    parameters.some((path) => isUnder(name, typeof path === 'string' ? path : path.path)),
  )

/** The role of each tensor of a state. What predictions read and no block owns is statistics, declared or not. */
export function rolesOf(
  { state, metrics }: Pick<StepGraph, 'state' | 'metrics'>,
  blocks: readonly Block[],
): Map<string, Role> {
  const read = new Set(reachable(metrics.map(({ output }) => output)))
  const roleOf = (name: string, isRead: boolean): Role => {
    if (blockOf(blocks, name) >= 0) return 'model'
    const isStatistic = isRead || blocks.some(({ statistics }) => statistics?.some((path) => isUnder(name, path)))
    return isStatistic ? 'statistics' : 'optimizer'
  }
  return new Map(state.map(({ name, input }) => [name, roleOf(name, read.has(input.node))]))
}
