import type { EpochEvent, MeasuringEvent, ProgressEvent, StartEvent, TrainEvent } from '../../train/events.js'
import { overlaid, type Told } from './table.js'

/** What a run has told so far: all that the display and the summary show. */
export interface View {
  readonly start?: StartEvent
  readonly progress?: ProgressEvent
  readonly epoch?: EpochEvent
  /** Held-out samples are being measured. */
  readonly measuring?: MeasuringEvent
  /** The last figures of each name. */
  readonly told: Told
}

export const EMPTY_VIEW: View = { told: {} }

/** The view after an event. */
export function follow({ measuring: _, ...view }: View, event: TrainEvent): View {
  const { told } = view
  switch (event.event) {
    case 'start':
      return { ...view, start: event }
    case 'progress':
      return { ...view, progress: event, told: { ...told, training: overlaid(told.training, event.metrics) } }
    case 'measuring':
      return { ...view, measuring: event }
    case 'epoch': {
      const training = overlaid(told.training, event.metrics)
      const validation = overlaid(told.validation, event.validation)
      return { ...view, epoch: event, told: { training, validation } }
    }
    default:
      return view
  }
}
