import { grad, oneHot, softmax, type Tensor } from '../../graph/index.js'
import { targetKind } from '../../targets/index.js'
import type { Task } from '../contract.js'
import { classesOf } from '../task.js'
import { reconstructCode } from './label-autoencoder.js'
import type { TargetPropagationHyper } from './options.js'
import type { TargetPropagationState } from './state.js'

/** What the layers of one step make of images, from below; no gradient passes from one layer to another. */
export interface Pass {
  /** h_l of the hidden layers. */
  readonly activities: readonly Tensor[]
  /** What the output layer reads. */
  readonly read: Tensor
  readonly scores: Tensor
}

/** The number of classes, of which the targets of these options begin. Throws a UserError where there are none. */
export const seenClasses = (task: Task, { topTarget }: TargetPropagationHyper): number =>
  classesOf(task, { setting: `topTarget=${topTarget}`, instead: 'topTarget=gradient' })

/** The target of the layer at which targets begin. */
export function topTarget(
  { activities, read, scores }: Pass,
  state: TargetPropagationState,
  labels: Tensor,
  task: Task,
  h: TargetPropagationHyper,
): Tensor {
  const top = activities.at(-1)!
  if (h.topTarget === 'gradient') {
    const [slope] = grad(targetKind(task.target).loss(scores, labels).sum(), [read])
    return top.sub(slope!.mul(h.step))
  }
  const classes = seenClasses(task, h)
  if (h.topTarget === 'output') return scores.sub(softmax(scores).sub(oneHot(labels, classes)).mul(h.step))
  const r = (seen: Tensor): Tensor => reconstructCode(state.autoencoder!, top, seen)
  const wished = r(oneHot(labels, classes))
  return h.form === 'plain' ? wished : top.add(wished.sub(r(softmax(scores))))
}
