import { UsageError } from '../../errors.js'
import type { Greedy, Step, Task } from '../contract.js'
import type { AnyDesign, AnyStack, Fed } from './design.js'
import { learnHead, learnLayers } from './learn.js'
import { headInputInUse, passesUp, passUp } from './pass.js'

/**
 * Layer after layer, and then the head: each reads what the frozen layers below hand up, its own parameters and its own
 * noise, so it may as well run alone on another machine, from kept features.
 */
export function greedyOf<Hyper>(design: (given: { task: Task; hyper: Hyper }) => AnyDesign): Greedy<Hyper, AnyStack> {
  const designFor = (task: Task, hyper: Hyper): AnyDesign => {
    const own = design({ task, hyper })
    if (typeof own.greedy === 'string') throw new UsageError(`greedy training is not possible here: ${own.greedy}`)
    if ((own.window ?? 1) > 1)
      throw new UsageError(
        'greedy training is not possible here: gradients span several layers; take window=1, or the schedule joint',
      )
    return own
  }
  return {
    layers(task, hyper) {
      const { layers, head } = designFor(task, hyper)
      return layers.length + (head ? 1 : 0)
    },
    features(stack, x, layer, task, hyper) {
      const own = designFor(task, hyper)
      const { layers, input, greedy } = own
      if (layer === layers.length) return headInputInUse(own, stack, x)
      const output = passUp(layers.slice(0, layer), stack, input?.use(x) ?? { x }).at(-1)!.made.output
      return typeof greedy === 'object' ? greedy.keep(output, x.shape[0]!) : output
    },
    step(layer, task, hyper) {
      const own = designFor(task, hyper)
      return layer === own.layers.length ? headStep(own) : layerStep(own, layer)
    },
  }
}

function layerStep(design: AnyDesign, layer: number): Step<AnyStack> {
  const { layers, input, greedy } = design
  return (stack, batch) => {
    const lowest = layer === 0 && input?.training(batch, { stack })
    const kept = layer > 0 && typeof greedy === 'object' && greedy.training(batch, layer)
    const fed: Fed = lowest || kept || { x: batch.x }
    const running = passesUp(layers.slice(0, layer + 1), stack, fed, {
      random: batch.random,
      from: layer,
      learns: () => true,
    })
    const learned = learnLayers(design, stack, running, batch, () => true)
    return [learned.stack, { blocks: learned.blocks }]
  }
}

const headStep =
  (design: AnyDesign): Step<AnyStack> =>
  (stack, batch) => {
    const { head, blocks } = learnHead(design, stack, batch.x, batch)
    return [{ ...stack, head }, { blocks }]
  }
