import type { Scores, TrainEvent } from '../train/events.js'

/** The columns of `metrics.csv`: one number a row, which every table program can turn as it needs it. */
export const CSV_HEAD = 'time,step,epoch,source,block,figure,value'

/** The rows of an event; none of most. `time`: as ISO 8601. Of the whole network the block is empty. */
export function rowsOf(event: TrainEvent, time: string): string[] {
  const rows = (source: string, { network = {}, blocks = {} }: Scores, step: number, epoch: number | ''): string[] =>
    [['', network] as const, ...Object.entries(blocks)].flatMap(([block, figures]) =>
      Object.entries(figures).map(([figure, value]) =>
        [time, step, epoch, source, quoted(block), quoted(figure), value ?? 'NaN'].join(','),
      ),
    )
  switch (event.event) {
    case 'progress':
      return rows('training', event.metrics, event.step, event.epoch)
    case 'epoch':
      return event.validation ? rows('validation', event.validation, event.step, event.epoch) : []
    case 'done':
      return rows('test', event.test, event.step, '')
    default:
      return []
  }
}

/** What RFC 4180 asks to be quoted. */
const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)

/** The text of a file without what was logged after a step: the training goes on from there. */
export function csvUntil(text: string, step: number): string {
  const [head = CSV_HEAD, ...rows] = text.split('\n')
  const kept = rows.filter((row) => row !== '' && row.split(',').length >= 7 && Number(row.split(',')[1]) <= step)
  return [head, ...kept, ''].join('\n')
}
