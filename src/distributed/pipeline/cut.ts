import { type Node, reachable, type Tensor } from '../../graph/index.js'
import type { StepGraph } from '../../onnx/index.js'
import { withInputs } from './replace.js'

/** A value that goes up from stage to stage. */
export interface Port {
  readonly name: string
  readonly dtype: Tensor['dtype']
  readonly shape: readonly number[]
}

/** The part of a step that one stage computes. */
export interface StageStep {
  /** On the state of the stage alone; `batch` holds what it draws or makes itself, and what it takes from below. */
  readonly program: StepGraph
  /** What comes up from below for this stage or for one above it; of the lowest one, nothing. */
  readonly takes: readonly Port[]
  /** What of `takes` the program reads. */
  readonly reads: readonly string[]
  /** Inputs of the step that the lowest stage reads for higher ones alone. */
  readonly passes: StepGraph['batch']
  /** What goes up: metrics of the program by these names, inputs of the step, or what was taken and is handed on. */
  readonly gives: readonly Port[]
}

/**
 * Cuts a step into stages, from below. `stageOf` gives the stage of each tensor of the state. A value made of the state
 * of lower stages goes up as it was before their update; what is made of no state is computed where it is read, from
 * the samples, which go up too. The same operations run on the same numbers as in the whole step. Throws an Error where
 * a stage would need what a higher one makes: see `placesOf`.
 */
export function cutStep(step: StepGraph, stages: number, stageOf: (name: string) => number): StageStep[] {
  const levels = levelsOf(step, stageOf)
  const levelOf = ({ node }: Tensor): number => levels.get(node)!
  const results = Array.from({ length: stages }, (_, stage) => ({
    state: step.state.filter(({ name }) => stageOf(name) === stage),
    metrics: step.metrics.filter(({ output }) => Math.max(0, levelOf(output)) === stage),
  }))
  const lost = results.flatMap(({ state }, stage) => state.filter(({ output }) => levelOf(output) > stage))[0]
  if (lost) throw new Error(`the new ${lost.name} is made of what a higher stage holds: there is no cut`)

  // From above: what a stage hands up may itself need something from below.
  const needs: Needs[] = []
  const wanted = new Set<Tensor>()
  for (let stage = stages - 1; stage >= 0; stage--) {
    const { state, metrics } = results[stage]!
    const handed = [...wanted].filter((x) => levelOf(x) === stage)
    const own = neededBy([...[...state, ...metrics].map(({ output }) => output), ...handed], stage, levelOf)
    for (const x of own.taken) wanted.add(x)
    needs.unshift(own)
  }
  const values = [...wanted].sort((a, b) => a.node.id - b.node.id || a.index - b.index)
  const inputs = new Map(step.batch.map(({ name, input }) => [input, name]))
  const names = new Map(values.map((x, i) => [x, inputs.get(x) ?? `${HANDED}${i}`]))
  const portOf = (x: Tensor): Port => ({ name: names.get(x)!, dtype: x.dtype, shape: x.shape })
  /** What crosses the edge below a stage. */
  const edge = (stage: number): Tensor[] =>
    values.filter((x) => levelOf(x) < stage && needs.slice(stage).some(({ taken }) => taken.has(x)))

  return results.map(({ state, metrics }, stage) => {
    const { taken, made } = needs[stage]!
    const given = stage + 1 < stages ? edge(stage + 1) : []
    const own = given.filter((x) => levelOf(x) === stage)
    const outputs = [...metrics, ...own.map((output) => ({ name: names.get(output)!, output }))]
    const handed = new Map([...taken].filter((x) => !inputs.has(x)).map((x) => [x, names.get(x)!]))
    const replaced = withInputs(
      [...state, ...outputs].map(({ output }) => output),
      handed,
    )
    const reads = [...taken].map((x) => names.get(x)!)
    return {
      program: {
        state: state.map((entry) => ({ ...entry, output: replaced.of(entry.output) })),
        batch: [
          ...step.batch.filter(({ input }) => made.has(input) || taken.has(input)),
          ...[...handed].map(([x, name]) => ({ name, input: replaced.of(x) })),
        ],
        metrics: outputs.map(({ name, output }) => ({ name, output: replaced.of(output) })),
      },
      takes: stage === 0 ? [] : edge(stage).map(portOf),
      reads,
      passes: stage > 0 ? [] : step.batch.filter(({ input }) => given.includes(input) && !made.has(input)),
      gives: given.map(portOf),
    }
  })
}

/** No metric is called so: their names hold a slash. */
const HANDED = 'handed '

/** Of each node, the highest stage whose state it is made of; -1 where it is made of none. */
function levelsOf({ state, metrics }: StepGraph, stageOf: (name: string) => number): Map<Node, number> {
  const own = new Map(state.map(({ name, input }) => [input.node, stageOf(name)]))
  const levels = new Map<Node, number>()
  for (const node of reachable([...state, ...metrics].map(({ output }) => output)))
    levels.set(node, own.get(node) ?? Math.max(-1, ...node.inputs.map((x) => levels.get(x.node)!)))
  return levels
}

/** Operations that move numbers and make no others: done again above, so that only what they move goes up. */
const MOVES = new Set(['stopGradient', 'reshape', 'transpose', 'broadcastTo'])

/** What a stage takes from below for its results, and what of the inputs of the step it has itself. */
interface Needs {
  readonly taken: ReadonlySet<Tensor>
  readonly made: ReadonlySet<Tensor>
}

function neededBy(results: readonly Tensor[], stage: number, levelOf: (x: Tensor) => number): Needs {
  const taken = new Set<Tensor>()
  const made = new Set<Tensor>()
  const seen = new Set<Tensor>()
  const open = [...results]
  for (let x = open.pop(); x; x = open.pop()) {
    if (seen.has(x)) continue
    seen.add(x)
    const { op, inputs, attributes } = x.node
    const level = levelOf(x)
    const isSample = op === 'input' && (attributes.kind === 'data' || attributes.kind === 'labels')
    if (level >= 0 && level < stage && !MOVES.has(op)) taken.add(x)
    else if (isSample && stage > 0) taken.add(x)
    else if (op === 'input') made.add(x)
    else open.push(...inputs)
  }
  return { taken, made }
}
