import type { Samples } from '../data/index.js'
import { type ConfusionTally, tallyConfusion } from '../targets/confusion.js'
import type { Seen } from './score.js'

/**
 * How often samples of each class were said to be of each: [classes, classes], a row for each true class, row after
 * row. A sample of which a score is no number is not counted.
 */
export interface Confusion {
  readonly classes: number
  readonly counts: Uint32Array
}

/** Of the network, and of each part that says something of the target. */
export interface Confused {
  readonly network?: Confusion
  readonly blocks: Readonly<Record<string, Confusion>>
}

/** Counts what is confused while samples are measured: `seen` is told of them. For targets that are classes. */
export function confusing({ names: { length: classes } }: Samples): { readonly seen: Seen; confused(): Confused } {
  const parts = new Map<string | undefined, ConfusionTally>()
  return {
    seen({ block }, scores, targets, rows) {
      const own = parts.get(block) ?? tallyConfusion(classes)
      parts.set(block, own)
      own.add(scores, targets, rows)
    },
    confused() {
      const network = parts.get(undefined)
      const blocks = [...parts].flatMap(([block, { counts }]) =>
        block === undefined ? [] : [[block, { classes, counts }] as const],
      )
      return {
        ...(network && { network: { classes, counts: network.counts } }),
        blocks: Object.fromEntries(blocks),
      }
    },
  }
}
