import type { Best, Counts, TuneEvent, TuneStartEvent } from '../../tune/events.js'
import { textWidth } from '../output/text.js'
import type { Output } from '../train/terminal.js'
import { renderTuneLines, runningPart, statusLine } from './lines.js'

/** Prints a search as it happens. */
export interface TuneReporter {
  show(event: TuneEvent): void
  /** Something for the person at the keyboard, besides the events. */
  note(line: string): void
}

/** One JSON object a line on `output`, and nothing else there. */
export const jsonTuneReporter = (output: Output, aside: Output): TuneReporter => ({
  show: (event) => void output.write(`${JSON.stringify(event)}\n`),
  note: (line) => void aside.write(`${line}\n`),
})

/**
 * A line for each trial that ended; on a terminal, one below them that tells how far the search is. `file`: that of the rule,
 * where it has one.
 */
export function lineTuneReporter(output: Output, aside: Output, file: readonly string[]): TuneReporter {
  let start: TuneStartEvent | undefined
  let counts: Counts | undefined
  let best: Best | undefined
  let shown = false
  const running = new Map<number, string>()
  const erase = (): string => (shown ? '\r\x1b[2K' : '')
  const draw = (lines: readonly string[], isLast: boolean): void => {
    const status = start && counts && !isLast ? statusLine(start, counts, best, [...running.values()].join(', ')) : ''
    const text = lines.map((line) => `${line}\n`).join('')
    const line = output.isTTY ? status.slice(0, (output.columns || 80) - 1) : ''
    if (text === '' && line === '' && !shown) return
    output.write(erase() + text + line)
    shown = line !== ''
  }
  return {
    show(event) {
      if (event.event === 'start') start = event
      if ('counts' in event) counts = event.counts
      if ('best' in event && event.best) best = event.best
      if (event.event === 'trial') running.set(event.trial, runningPart(event.trial, undefined, undefined))
      if (event.event === 'report') running.set(event.trial, runningPart(event.trial, event.epoch, event.value))
      if (event.event === 'finished') running.delete(event.trial)
      draw(renderTuneLines(start, event, textWidth(output), file), event.event === 'done' || event.event === 'stopped')
    },
    note: (line) => (output.isTTY ? draw([line], false) : void aside.write(`${line}\n`)),
  }
}
