/**
 * Backpropagation through the same layers in two ways that take less memory, as rules: traced as any other rule is, so
 * that what is told of them is counted over a graph, and their gradients can be compared. Nobody trains by them here.
 */
import { grad, pullback, type Tensor } from '../graph/index.js'
import { flat } from '../nn/axes.js'
import { affine, type Dense } from '../nn/dense.js'
import { hiddenLayers } from '../nn/network.js'
import { optimizerOf, stepSize } from '../nn/optimizers.js'
import { mapTree, rebuild, type Tree, tensorsOf } from '../nn/tree.js'
import { type BackpropHyper, type BackpropState, backprop } from '../rules/backprop.js'
import type { Rule, Task } from '../rules/contract.js'
import { targetKind } from '../targets/index.js'

/**
 * Checkpointing (Chen et al. 2016, arXiv:1604.06174): of the forward pass only what each segment of `length` hidden
 * layers reads is kept, and a segment is computed again when its derivatives are due. The last segment and the output
 * are computed once. All gradients are there before the optimiser's step, as in plain backpropagation here.
 */
export function checkpointed(length: number): Rule<BackpropHyper, BackpropState> {
  return {
    ...backprop,
    steps: (task, h) => ({
      joint({ layers, optimizer }, { x, target, progress }) {
        const hidden = hiddenLayers(h, task.input.shape)
        const starts = hidden.map((_, i) => i).filter((i) => i % length === 0)
        const segment = (start: number, input: Tensor): Tensor =>
          hidden
            .slice(start, start + length)
            .reduce((below, layer, i) => layerOutput(layer, layers[start + i]!, below, task), input)
        const inputs = [x]
        for (const start of starts.slice(0, -1)) inputs.push(segment(start, inputs.at(-1)!).stopGradient())

        const said = targetKind(task.target)
        const [top, last] = [inputs.at(-1)!, starts.at(-1)!]
        const scores = affine(layers.at(-1)!, flat(segment(last, top)), task.precision)
        const loss = said.loss(scores, target).mean()
        const own = tensorsOf(layers.slice(last))
        const gradients = grad(loss, starts.length > 1 ? [...own, top] : own)
        let cotangent = gradients.at(-1)!
        const all = gradients.slice(0, own.length)
        for (let k = starts.length - 2; k >= 0; k--) {
          const parameters = tensorsOf(layers.slice(starts[k]!, starts[k + 1]!))
          const sources = k > 0 ? [...parameters, inputs[k]!] : parameters
          const found = pullback([segment(starts[k]!, inputs[k]!)], [cotangent], sources) as Tensor[]
          all.unshift(...found.slice(0, parameters.length))
          cotangent = found.at(-1)!
        }
        const [next, state] = optimizerOf(h).update(layers, all, optimizer, stepSize(h, progress))
        return [{ layers: next, optimizer: state }, { network: { loss, ...said.metrics(scores, target) } }]
      },
    }),
  }
}

function layerOutput(
  layer: ReturnType<typeof hiddenLayers>[number],
  { weight, bias }: Dense,
  x: Tensor,
  task: Task,
): Tensor {
  return layer.pool(layer.linear(weight, x, task.precision).add(layer.offset(bias)).relu())
}

type Accumulating = BackpropState & { readonly gradients: readonly Dense[] }

/**
 * Gradient accumulation: the step of one micro-batch, which adds its gradients to those of the ones before. The
 * optimiser's step, once a batch, is another program, and holds no activations.
 */
export const accumulating: Rule<BackpropHyper, Accumulating> = {
  ...(backprop as unknown as Rule<BackpropHyper, Accumulating>),
  init(random, task, h, sample) {
    const state = backprop.init(random, task, h, sample)
    return { ...state, gradients: mapTree(state.layers as never, (leaf) => leaf.mul(0)) as readonly Dense[] }
  },
  steps: (task, h) => ({
    joint(state, { x, target }) {
      const { scores } = backprop.predict!(state, x, task, h)
      const loss = targetKind(task.target).loss(scores, target).mean()
      const sums = tensorsOf(state.gradients)
      const added = grad(loss, tensorsOf(state.layers)).map((g, i) => sums[i]!.add(g))
      return [
        { ...state, gradients: rebuild(state.gradients as Tree, added) as readonly Dense[] },
        { network: { loss } },
      ]
    },
  }),
}
