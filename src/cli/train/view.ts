import type { TrainEvent } from '../../train/events.js'
import { overlaid, type Told } from './table.js'

/** What a run has told so far, which is all that the display and the summary show: the last event of each kind. */
export type View = { readonly [E in TrainEvent as E['event']]?: E } & {
  /** The last figures of each name. */
  readonly told: Told
}

export const EMPTY_VIEW: View = { told: {} }

/** The view after an event. While held-out samples are measured, that is the last one. */
export function follow({ measuring: _, told, ...before }: View, event: TrainEvent): View {
  const view = { ...before, [event.event]: event }
  if (event.event === 'round') return { ...view, told: { validation: overlaid(told.validation, event.validation) } }
  if (event.event !== 'progress' && event.event !== 'epoch') return { ...view, told }
  const training = overlaid(told.training, event.metrics)
  if (event.event === 'progress') return { ...view, told: { ...told, training } }
  return { ...view, told: { training, validation: overlaid(told.validation, event.validation) } }
}
