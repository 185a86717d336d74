import type { TrainEvent } from '../../train/events.js'
import { textWidth } from '../output/text.js'
import { renderLines } from './lines.js'
import { type Beside, summarize } from './summary.js'
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

/** Lines, and the summary when the run is done. On a terminal, a block below them is drawn in place until then. */
export function lineReporter(output: Output, aside: Output, beside: (run: string) => Beside): Reporter {
  const block = output.isTTY ? liveBlock(output) : undefined
  const say = (line: string): void => (block ? block.note(line) : void output.write(`${line}\n`))
  let view = EMPTY_VIEW
  return {
    show(event) {
      view = follow(view, event)
      const width = textWidth(output)
      for (const line of renderLines(view, event, block ? width : undefined)) say(line)
      if (event.event === 'done') {
        block?.clear()
        const facts = event.run === undefined ? {} : beside(event.run)
        for (const line of summarize(view, event, width, facts)) say(line)
      } else block?.draw(view, { force: event.event !== 'progress' && event.event !== 'measuring' })
    },
    note: (line) => (block ? block.note(line) : void aside.write(`${line}\n`)),
  }
}
