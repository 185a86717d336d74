import type { EpochEvent, MeasuringEvent, ProgressEvent, Scores, StartEvent, TrainEvent } from '../../train/events.js'

/** The figures of a row by column: what the training measures, and `validation NAME` of held-out samples. */
export type Row = Readonly<Record<string, number>>

/** Rows by the name of a block or part, in the order in which they are shown. */
export type Rows = ReadonlyMap<string, Row>

/** What a run has told so far: all that the display and the summary show. */
export interface View {
  readonly start?: StartEvent
  readonly progress?: ProgressEvent
  readonly epoch?: EpochEvent
  /** Held-out samples are being measured. */
  readonly measuring?: MeasuringEvent
  readonly rows: Rows
}

export const EMPTY_VIEW: View = { rows: new Map() }

/** The row of what concerns all blocks together. */
export const WHOLE = 'network'

/** The view after an event. */
export function follow({ measuring: _, ...view }: View, event: TrainEvent): View {
  const rows = (...more: readonly Rows[]): Rows => ordered(view.start, merged(view.rows, ...more))
  switch (event.event) {
    case 'start':
      return { ...view, start: event }
    case 'progress':
      return { ...view, progress: event, rows: rows(rowsOf(event.metrics)) }
    case 'measuring':
      return { ...view, measuring: event }
    case 'epoch':
      return { ...view, epoch: event, rows: rows(rowsOf(event.metrics), rowsOf(event.validation, 'validation ')) }
    default:
      return view
  }
}

/** Scores as rows; the names of the columns begin with `prefix`. */
export function rowsOf({ network, blocks }: Scores = {}, prefix = ''): Map<string, Row> {
  const named = (figures: Row): Row =>
    Object.fromEntries(Object.entries(figures).map(([name, value]) => [prefix + name, value]))
  const rows = Object.entries({ ...blocks, ...(network && { [WHOLE]: network }) })
  return new Map(rows.filter(([, own]) => Object.keys(own).length > 0).map(([name, own]) => [name, named(own)]))
}

/** All rows; where two have a figure of one name, that of the later one. */
export function merged(...all: readonly Rows[]): Map<string, Row> {
  const rows = new Map<string, Row>()
  for (const [name, row] of all.flatMap((own) => [...own])) rows.set(name, { ...rows.get(name), ...row })
  return rows
}

/** Blocks from below, then other parts, then the network. */
function ordered(start: StartEvent | undefined, rows: Rows): Rows {
  const blocks = start?.certificate.layers.map(({ name }) => name) ?? []
  const rank = (name: string): number => {
    if (name === WHOLE) return blocks.length + 1
    return blocks.includes(name) ? blocks.indexOf(name) : blocks.length
  }
  return new Map([...rows].sort(([a], [b]) => rank(a) - rank(b)))
}
