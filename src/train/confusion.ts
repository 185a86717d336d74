import type { Samples } from '../data/index.js'
import { targetKind } from '../targets/index.js'
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
export function confusing(samples: Samples): { readonly seen: Seen; confused(): Confused } {
  const { length } = samples.names
  const kind = targetKind(samples.target)
  const parts = new Map<string | undefined, Confusion>()
  return {
    seen({ block }, scores, targets, rows) {
      const own = parts.get(block) ?? { classes: length, counts: new Uint32Array(length * length) }
      parts.set(block, own)
      for (let row = 0; row < rows; row++) {
        const said = kind.say(scores.subarray(row * length, (row + 1) * length), samples)
        if ('label' in said && said.label >= 0) own.counts[targets[row]! * length + said.label]!++
      }
    },
    confused() {
      const network = parts.get(undefined)
      const blocks = [...parts].filter((part): part is [string, Confusion] => part[0] !== undefined)
      return { ...(network && { network }), blocks: Object.fromEntries(blocks) }
    },
  }
}
