import type { TrainEvent } from '../../train/events.js'
import { PLAIN, type Style } from '../output/style.js'
import { notesOn, renderLine } from './lines.js'
import { type SummaryOptions, summarize } from './summary.js'
import { liveBlock, type Output } from './terminal.js'
import { EMPTY_VIEW, follow } from './view.js'

/** Prints a run as it happens. */
export interface Reporter {
  show(event: TrainEvent): void
  /** Something for the person at the keyboard, besides the events. */
  note(line: string): void
}

/** One JSON object per line on `output` and nothing else there; notes go to `aside`. */
export function jsonReporter(output: Output, aside: Output): Reporter {
  return {
    show: (event) => output.write(`${JSON.stringify(event)}\n`),
    note: (line) => aside.write(`${line}\n`),
  }
}

/** What the folder of a run adds to its summary: a yardstick by backpropagation, the file of its rule. */
export type Beside = (run: string | undefined) => Omit<SummaryOptions, 'width'>

/** A block that is drawn again in place, and the summary when the run is done. */
export function terminalReporter(output: Output, style: Style, beside: Beside): Reporter {
  const block = liveBlock(output, style)
  let view = EMPTY_VIEW
  return {
    show(event) {
      view = follow(view, event)
      if (event.event === 'start') for (const note of notesOn(event)) block.note(note)
      if (event.event === 'stopped' && event.reason === 'early') block.note(event.message)
      else if (event.event !== 'done') block.draw(view, { force: !['progress', 'measuring'].includes(event.event) })
      else {
        block.clear()
        output.write(linesOf(summarize(view, event, style, { width: widthOf(output), ...beside(event.run) })))
      }
    },
    note: (line) => block.note(line),
  }
}

/** The lines of `renderLine`, and the summary. */
export function lineReporter(output: Output, aside: Output, beside: Beside): Reporter {
  let view = EMPTY_VIEW
  return {
    show(event) {
      view = follow(view, event)
      const line = renderLine(view, event)
      if (line !== undefined) output.write(`${line}\n`)
      if (event.event === 'start') output.write(linesOf(notesOn(event)))
      if (event.event === 'done')
        output.write(linesOf(summarize(view, event, PLAIN, { width: widthOf(output), ...beside(event.run) })))
    },
    note: (line) => aside.write(`${line}\n`),
  }
}

/** Text is no wider than is good to read, nor than the terminal. */
export const widthOf = ({ columns }: Pick<Output, 'columns'>): number => Math.min(100, columns || 100)

const linesOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('')
