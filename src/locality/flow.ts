import type { InputAttributes, LoopAttributes, Node, Tensor } from '../graph/index.js'
import type { StepGraph } from '../onnx/index.js'

/** Where a value comes from, one step back: through loops, and through the state into the step that wrote it. */
export interface Flow {
  /** The tensors that a tensor is computed from. */
  sources(tensor: Tensor): readonly Tensor[]
  /** The name of the state that a tensor is the input of. */
  stateName(tensor: Tensor): string | undefined
  /** What the steps write under a name; empty where no step changes it. */
  written(name: string): readonly Tensor[]
  readonly names: readonly string[]
}

export function flowOf(steps: readonly StepGraph[]): Flow {
  const stateNames = new Map<Tensor, string>()
  const written = new Map<string, Tensor[]>()
  for (const { name, input, output } of steps.flatMap(({ state }) => state)) {
    stateNames.set(input, name)
    if (!written.has(name)) written.set(name, [])
    if (output !== input) written.get(name)!.push(output)
  }
  const owners = new Map<Tensor, { node: Node; index: number }>()

  /** A parameter of a loop's body holds what the loop was given at first, then what the iteration before left. */
  const ofParameter = (tensor: Tensor): readonly Tensor[] => {
    const owner = owners.get(tensor)
    if (!owner) return []
    const body: LoopAttributes = owner.node.attributes
    return [owner.node.inputs[owner.index]!, body.results[owner.index]!]
  }

  const ofLoop = (node: Node, index: number): readonly Tensor[] => {
    const body: LoopAttributes = node.attributes
    const size = body.parameters.length
    body.parameters.forEach((parameter, i) => {
      owners.set(parameter, { node, index: i })
    })
    const stop = body.condition ? [body.condition] : []
    if (index < size) return [body.results[index]!, node.inputs[index]!, ...stop]
    if (index < size + body.stacked.length) return [body.stacked[index - size]!, ...stop]
    return [body.parameters[index - size - body.stacked.length]!]
  }

  return {
    names: [...written.keys()],
    stateName: (tensor) => stateNames.get(tensor),
    written: (name) => written.get(name) ?? [],
    sources(tensor) {
      const { node, index } = tensor
      if (node.op === 'loop') return ofLoop(node, index)
      if (node.op !== 'input') return node.inputs
      const { kind }: InputAttributes = node.attributes
      return kind === 'loop' ? ofParameter(tensor) : []
    },
  }
}
