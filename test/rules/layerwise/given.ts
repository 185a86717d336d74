// Small rules of layers with a read-out each, on four images of sixteen pixels and three classes.
import { z } from 'zod'
import { affine, crossEntropy, type Dense, dense, flat, SCHEDULES, sgd, type Tree } from '../../../src/nn/index.js'
import type { Rule } from '../../../src/rules/contract.js'
import {
  type LayerwiseDesign,
  type LocalLayer,
  layerwise,
  type Passed,
  type Stack,
  traceRule,
} from '../../../src/rules/index.js'
import { batchFor, evaluate, initialState, type Numbers, taskOf } from '../harness.js'

export type Weights = { readonly hidden?: Dense; readonly readout?: Dense }

export const RATE = 0.1

export const readOut = (inputs: number, outputs: number): LocalLayer<Weights> => ({
  init: (random, name) => ({
    hidden: dense(random, `${name}.hidden`, inputs, outputs, 'he'),
    readout: dense(random, `${name}.readout`, outputs, 3, 'fan-in'),
  }),
  forward: ({ hidden }, x) => affine(hidden!, flat(x)).tanh(),
  loss: ({ parameters, output, batch }) => crossEntropy(affine(parameters.readout!, output), batch.target).mean(),
  scores: ({ readout }, y) => affine(readout!, y),
})

export const THREE = [readOut(16, 5), readOut(5, 4), readOut(4, 6)]

type Design = LayerwiseDesign<Weights, Tree, unknown, Passed, Dense>

export const rule = (design: Partial<Design> & Pick<Design, 'layers'>): Rule<object, Stack<Weights, Tree, Dense>> => ({
  id: 'fixture',
  title: 'Fixture',
  summary: 'a fixture',
  source: 'ours',
  hyper: z.strictObject({}),
  training: { epochs: 1, batch: 4 },
  presets: {},
  ...layerwise(() => ({
    optimizer: sgd(),
    rate: (progress) => SCHEDULES.constant(progress).mul(RATE),
    ...design,
  })),
})

/** A step of it. */
export function given(design: Partial<Design> & Pick<Design, 'layers'>, name = 'joint') {
  const traced = traceRule(rule(design), taskOf(), {})
  const step = traced.steps[name]!
  const [state, batch] = [initialState(traced), batchFor(step, taskOf(), 1)]
  return { traced, step, state, batch, after: evaluate(step, state, batch) }
}

/** The derivatives of a metric by one leaf of the state, by central differences. */
export function slopesOf({ step, state, batch }: ReturnType<typeof given>, metric: string, leaf: string): number[] {
  const h = 1e-5
  const value = state[leaf]!
  return value.map((v, i) => {
    const at = (shift: number): number =>
      evaluate(step, { ...state, [leaf]: value.with(i, v + shift) }, batch).metrics[metric]![0]!
    return (at(h) - at(-h)) / (2 * h)
  })
}

/** By how much a leaf went down, by the step size. */
export const descent = ({ state, after }: { state: Numbers; after: { state: Numbers } }, leaf: string): number[] =>
  state[leaf]!.map((v, i) => (v - after.state[leaf]![i]!) / RATE)

export const leavesUnder = (state: Numbers, path: string): string[] =>
  Object.keys(state).filter((name) => name === path || name.startsWith(`${path}.`))
