import { UserError } from '../errors.js'
import { grad, oneHot, type Tensor } from '../graph/index.js'
import { show } from '../graph/types.js'
import { leaves, mapTree, type Tree } from '../nn/tree.js'
import type { AnyRule, ReadOut, Step, Task } from './contract.js'
import { classesOf } from './task.js'

// biome-ignore lint/suspicious/noExplicitAny: of rules of all options and states
type AnyReadOut = ReadOut<any, any>

const SOLVED = { setting: 'a solved read-out', instead: 'a trained one (readOut=trained)' }

/** The read-out that a rule solves with these options; undefined where it solves none. */
export function readOutOf({ readOut }: Pick<AnyRule, 'readOut'>, hyper: unknown): AnyReadOut | undefined {
  return typeof readOut === 'function' ? readOut(hyper) : readOut
}

/** What a read-out reads, [N, V, D]. Throws a UserError where it does not fit the weights. */
export function featuresOf(readOut: AnyReadOut, state: Tree, x: Tensor, task: Task, hyper: unknown): Tensor {
  const features = readOut.features(state, x, task, hyper)
  const { weight, bias } = weightsOf(readOut, state)
  const classes = classesOf(task, SOLVED)
  const [count, , size] = features.shape
  if (features.rank !== 3 || count !== task.batch)
    throw new UserError(`the features of a read-out are [${task.batch}, views, D], not ${show(features.shape)}`)
  for (const [name, { shape }, wanted] of [
    [readOut.weight, weight, [size!, classes]],
    [readOut.bias, bias, [classes]],
  ] as const)
    if (show(shape) !== show(wanted))
      throw new UserError(
        `the read-out of ${size} features for ${classes} classes needs ${name} as ${show(wanted)}, not ${show(shape)}`,
      )
  return features
}

function weightsOf({ weight, bias }: AnyReadOut, state: Tree): { weight: Tensor; bias: Tensor } {
  const all = new Map(leaves(state))
  const named = (name: string): Tensor => {
    const own = all.get(name)
    if (!own) throw new UserError(`the read-out names ${name}, which init does not make`)
    return own
  }
  return { weight: named(weight), bias: named(bias) }
}

/**
 * For the certificate, the step that stands for the solution: of gradient descent on the loss whose minimum the trainer
 * solves for, from the same features and targets. It never runs.
 */
export const readOutStep =
  (readOut: AnyReadOut, task: Task, hyper: unknown): Step<Tree> =>
  (state, { x, target }) => {
    const { weight, bias } = weightsOf(readOut, state)
    const features = featuresOf(readOut, state, x, task, hyper)
    const wanted = oneHot(target, classesOf(task, SOLVED)).reshape([task.batch, 1, -1])
    const error = features.matmul(weight).add(bias).sub(wanted).square().sum()
    const slopes = grad(error.add(weight.square().sum()), [weight, bias])
    const moved = new Map([weight, bias].map((own, i) => [own, own.sub(slopes[i]!)]))
    return [mapTree(state, (leaf) => moved.get(leaf) ?? leaf), {}]
  }
