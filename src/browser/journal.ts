import type { TrainEvent } from '../train/events.js'
import { isRecorded, journalLine } from '../train/run-files.js'

/** The lines of `metrics.jsonl`, as bytes: what a long training tells is held in few large pieces. */
export interface Journal {
  add(event: TrainEvent): void
  bytes(): Uint8Array<ArrayBuffer>
}

export function journal(before: Uint8Array = new Uint8Array()): Journal {
  let text = new TextDecoder().decode(before)
  if (text !== '' && !text.endsWith('\n')) text += '\n'
  return {
    add(event) {
      if (isRecorded(event)) text += `${journalLine(event)}\n`
    },
    bytes: () => new TextEncoder().encode(text),
  }
}
