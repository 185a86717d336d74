import { UsageError } from '../errors.js'
import { reachable } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'
import { changes } from '../onnx/program.js'
import type { TracedRule } from '../rules/trace.js'

/** The parts of the state from which a network predicts, or by which it is judged where it only generates. */
function readParts({ state, metrics }: StepGraph): Set<string> {
  const nodes = new Set(reachable(metrics.map(({ output }) => output)).map(({ id }) => id))
  return new Set(state.filter(({ input }) => nodes.has(input.node.id)).map(({ name }) => name))
}

/**
 * Throws a UsageError where a training would run steps, but none of those by which the network learns to predict.
 * `running`: the names of the steps that run in it; `atEpoch`: those that a longer training would run in an epoch, from 0.
 */
export function checkTrains(
  id: string,
  { steps, predict, readOut }: TracedRule,
  running: ReadonlySet<string>,
  epochs: number,
  atEpoch: (epoch: number) => readonly string[],
): void {
  // What is solved after the last epoch needs no step.
  if (readOut) return
  const read = readParts(predict)
  const teaching = Object.keys(steps).filter((name) =>
    steps[name]!.state.some((part) => changes(part) && read.has(part.name)),
  )
  if (teaching.length === 0 || teaching.some((name) => running.has(name))) return
  const first = Array.from({ length: LOOK_AHEAD }, (_, i) => epochs + i).find((epoch) =>
    atEpoch(epoch).some((name) => teaching.includes(name)),
  )
  const advice = first === undefined ? 'change the options that keep them out' : `train for ${first + 1} epochs or more`
  throw new UsageError(
    `${id} would learn nothing in ${epochs === 1 ? 'one epoch' : `${epochs} epochs`}: predictions change by ` +
      `${teaching.join(' and ')}, and only ${[...running].join(' and ')} would run; ${advice}`,
  )
}

/** In how many epochs more a step is looked for. */
const LOOK_AHEAD = 1000
