import { constant } from '../../../src/graph/index.js'
import { convolutionLayer, denseLayer, FLOAT32, type Random } from '../../../src/nn/index.js'
import type { LocalLayer, Passed } from '../../../src/rules/index.js'
import { traceRule } from '../../../src/rules/trace.js'
import { type AutoencoderOptions, autoencoder } from '../../../src/rules/uff/autoencoder.js'
import { NUMBERS } from '../../../src/rules/uff/cell.js'
import { type UffHyper, uff } from '../../../src/rules/uff/uff.js'
import { normals, numbers } from '../../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers, taskOf } from '../harness.js'

/** An auto-encoder alone, of real numbers unless said. */
export const dense = (inputs: number, units: number, options: Partial<AutoencoderOptions> = {}) =>
  autoencoder(denseLayer(inputs, units), { source: NUMBERS, precision: FLOAT32, masked: 0, ...options })

/** On maps of two channels, with a 2x2 max-pooling. */
export const pooled = (height: number, width: number) =>
  autoencoder(convolutionLayer([2, height, width], 3, 3, true), { source: NUMBERS, precision: FLOAT32, masked: 0 })

/** No noise. */
export const quiet: Random = {
  uniform: (_, shape) => constant(0).broadcastTo(shape),
  normal: (_, shape) => constant(0).broadcastTo(shape),
}

/** What a cell hands up while it learns, and its loss. */
export function learned<P extends Passed>(
  // biome-ignore lint/suspicious/noExplicitAny: cells of all parameters
  cell: LocalLayer<any, any, unknown, P>,
  parameters: unknown,
  input: ReturnType<typeof constant>,
  random: Random = quiet,
) {
  const pass = { training: true, learns: true, running: {}, random, given: undefined }
  const made = cell.forward(parameters, input, pass) as P
  const batch = undefined as never
  const loss = cell.loss!({ ...pass, parameters, input, output: made.output, made, batch })
  return { made, output: made.output, loss: 'loss' in loss ? loss.loss : loss }
}

/** The rule in small, and its step and a batch for it. */
export function given(options: Partial<UffHyper>, task = taskOf()) {
  const hyper = uff.hyper.parse({ units: [6, 5], hidden: 4, ...options })
  const traced = traceRule(uff, task, hyper)
  const start = Object.entries(initialState(traced)).map(([name, value]): [string, readonly number[]] => [
    name,
    /head|bias|decoder/.test(name) && !name.includes('optimizer')
      ? numbers(normals(name, [value.length]).mul(0.3))
      : value,
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
  {},
  { cell: 'denoising' },
  { cell: 'variational' },
  { sparsity: 0.4 },
  { network: 'convolutional', units: [2, 3], kernel: 3 },
  { network: 'convolutional', units: [2, 3], kernel: 2, sparsity: 0.2 },
  { network: 'convolutional', units: [2, 3], kernel: 3, cell: 'denoising', poolAfter: [0] },
]
