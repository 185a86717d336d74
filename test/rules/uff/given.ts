import { constant } from '../../../src/graph/index.js'
import type { Random } from '../../../src/nn/index.js'
import { traceRule } from '../../../src/rules/trace.js'
import type { CellOptions } from '../../../src/rules/uff/cells.js'
import { type UffHyper, uff } from '../../../src/rules/uff/uff.js'
import { normals, numbers } from '../../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers, taskOf } from '../harness.js'

/** Cells without a hidden layer whose maps are linear. */
export const LINEAR: CellOptions = {
  ...uff.hyper.parse({ hidden: [], activation: 'identity', likelihood: 'gaussian', tied: false }),
}

/** No noise. */
export const quiet: Random = {
  uniform: (_, shape) => constant(0).broadcastTo(shape),
  normal: (_, shape) => constant(0).broadcastTo(shape),
}

/** The rule in small, and its step and a batch for it. */
export function given(options: Partial<UffHyper>, task = taskOf()) {
  const hyper = uff.hyper.parse({ units: [6, 5], ...options })
  const traced = traceRule(uff, task, hyper)
  const start = Object.entries(initialState(traced)).map(([name, value]): [string, readonly number[]] => [
    name,
    /readOuts|bias/.test(name) ? numbers(normals(name, [value.length]).mul(0.3)) : value,
  ])
  const state: Numbers = Object.fromEntries(start)
  const joint = (traced.steps.joint ?? traced.steps.classifier)!
  const batch = batchFor(joint, task, 1)
  return { hyper, traced, task, state, joint, batch }
}

/** The gradients of the first step: Adam's first moments, which are kept unscaled. */
export function firstGradients(
  { joint, state, batch }: ReturnType<typeof given>,
  under: string,
  moments: string,
): Numbers {
  const after = evaluate(joint, state, batch).state
  const own = Object.keys(state).filter((name) => name.startsWith(`${under}.`))
  return Object.fromEntries(own.map((name, i) => [name, after[`${moments}.first.${i}`]!]))
}

export const KINDS: Partial<UffHyper>[] = [
  { tied: false, likelihood: 'gaussian', activation: 'tanh' },
  { tied: true, hidden: [4] },
  { cell: 'denoising', noise: 'gaussian', tied: false, activation: 'softplus' },
  { cell: 'denoising', noise: 'masking', activation: 'tanh' },
  { cell: 'variational', hidden: [4], tied: false, beta: 0.7 },
  { cell: 'variational', likelihood: 'gaussian', variance: 0.3 },
  { sparsity: 0.4, activation: 'tanh' },
  { network: 'convolutional', units: [2, 3], kernel: 3, activation: 'tanh', tied: false },
  { network: 'convolutional', units: [2, 3], kernel: 2, hidden: [2], sparsity: 0.2 },
  { network: 'convolutional', units: [2, 3], kernel: 3, cell: 'denoising', poolAfter: [0] },
  { network: 'convolutional', units: [2, 3], kernel: 3, cell: 'variational', hidden: [2], poolAfter: [1] },
]
