import type { Figures, TrainEvent } from '../../train/events.js'

type Start = Extract<TrainEvent, { event: 'start' }>
type Progress = Extract<TrainEvent, { event: 'progress' }>
type Epoch = Extract<TrainEvent, { event: 'epoch' }>

/** What a run has told so far: all that the display and the summary show. */
export interface View {
  readonly start?: Start
  readonly progress?: Progress
  readonly epoch?: Epoch
  /** The part of the test set that is measured, once the training is done. */
  readonly tested?: number
  /** The last figures of each row by column: `layer 0`, its `loss`. */
  readonly rows: ReadonlyMap<string, Figures>
}

export const EMPTY_VIEW: View = { rows: new Map() }

/** The row of what concerns all layers together. */
export const WHOLE = 'network'

/** The view after an event. */
export function follow(view: View, event: TrainEvent): View {
  switch (event.event) {
    case 'start':
      return { ...view, start: event }
    case 'progress':
      return { ...view, progress: event, rows: withFigures(view.rows, event.metrics) }
    case 'epoch': {
      const { progress, ...rest } = view
      // In greedy training the accuracy is that of the layer that learns, which has a row of its own.
      const whole = event.layer === undefined ? event.validationAccuracy : undefined
      const validation = accuracies(event.layers, whole)
      const figures = new Map(Object.entries(event.validation ?? {}))
      const measured = { ...suffixed(validation, 'validation'), ...suffixed(figures, 'held out') }
      const rows = withFigures(withFigures(rest.rows, event.metrics), measured)
      return { ...rest, ...(progress && { progress }), epoch: event, rows }
    }
    case 'testing':
      return { ...view, tested: event.progress }
    default:
      return view
  }
}

/** `layers.0` and the whole network, each with its accuracy. */
export function accuracies(layers: Figures, whole: number | undefined): Map<string, number> {
  const rows = new Map(Object.entries(layers).map(([name, accuracy]) => [rowName(name), accuracy]))
  if (whole !== undefined) rows.set(WHOLE, whole)
  return rows
}

const suffixed = (rows: ReadonlyMap<string, number>, column: string): Figures =>
  Object.fromEntries([...rows].map(([row, value]) => [`${row}\0${column}`, value]))

/** Adds figures named `layers.0.loss`, `head.loss` or `loss` to their rows. */
function withFigures(rows: View['rows'], figures: Figures): View['rows'] {
  const next = new Map(rows)
  for (const [name, value] of Object.entries(figures)) {
    const [row, column] = place(name)
    next.set(row, { ...next.get(row), [column]: value })
  }
  return new Map([...next].sort(([a], [b]) => rank(a) - rank(b)))
}

function place(name: string): [row: string, column: string] {
  const marked = name.indexOf('\0')
  if (marked >= 0) return [name.slice(0, marked), name.slice(marked + 1)]
  const dot = name.lastIndexOf('.')
  return dot < 0 ? [WHOLE, name] : [rowName(name.slice(0, dot)), name.slice(dot + 1)]
}

/** `layers.3` to `layer 3`; other names as they are. */
const rowName = (name: string): string => name.replace(/^layers\.(\d+)$/, 'layer $1')

/** Layers from below, then what else there is, then the whole. */
function rank(row: string): number {
  const layer = /^layer (\d+)$/.exec(row)
  if (layer) return Number(layer[1])
  return row === WHOLE ? Number.MAX_SAFE_INTEGER : Number.MAX_SAFE_INTEGER - 1
}
