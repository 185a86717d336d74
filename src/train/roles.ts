import { reachable } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import type { Block, Locality } from '../rules/contract.js'

/**
 * What a tensor of a state is: part of the model, a running statistic or its like that goes with the model, or what
 * the optimiser keeps from step to step. Machines that average their models average the first two.
 */
export type Role = 'model' | 'statistics' | 'optimizer'

const isUnder = (name: string, path: string): boolean => name === path || name.startsWith(`${path}.`)

/** The place of the block that a tensor of the state belongs to; -1 where it belongs to none. */
export const blockOf = (blocks: readonly Block[], name: string): number =>
  blocks.findIndex(({ parameters }) => parameters.some((path) => isUnder(name, path)))

/** The role of each tensor of a state. What predictions read and no block owns is statistics, declared or not. */
export function rolesOf(
  { state, metrics }: Pick<StepGraph, 'state' | 'metrics'>,
  { blocks, statistics = [] }: Pick<Locality, 'blocks' | 'statistics'>,
): Map<string, Role> {
  const read = new Set(reachable(metrics.map(({ output }) => output)))
  const roleOf = (name: string, isRead: boolean): Role => {
    if (blockOf(blocks, name) >= 0) return 'model'
    return isRead || statistics.some((path) => isUnder(name, path)) ? 'statistics' : 'optimizer'
  }
  return new Map(state.map(({ name, input }) => [name, roleOf(name, read.has(input.node))]))
}
