import type { TrainEvent } from '../train/events.js'
import type { RunConfig } from '../train/run-config.js'
import { encodeJson, RUN_FILES } from '../train/run-files.js'
import { journal } from './journal.js'
import type { RunFiles } from './session.js'

type Bytes = Uint8Array<ArrayBuffer>

interface PageRunOptions {
  /** What there is of it before. */
  readonly metrics?: Uint8Array | undefined
  readonly checkpoint?: Bytes | undefined
  /** Known when the session is open. */
  config(): RunConfig
  /** Whether the store has it as it is. */
  readonly isStored: boolean
  /** Whether the store has another run of its name, whose place it takes after an epoch of its own. */
  readonly replaces: boolean
  /** Puts it into the store; false where that fails and the training goes on without. Absent: it is not kept. */
  readonly store?: ((files: RunFiles) => Promise<boolean>) | undefined
}

/** A run as its page holds it: what it told, its last checkpoint, and whether the store has these. */
export function pageRun({ metrics, checkpoint, config, isStored, replaces, store }: PageRunOptions) {
  let told = journal(metrics)
  let last = checkpoint
  let isWorthKeeping = !replaces
  const files = (own: Bytes): RunFiles => ({
    [RUN_FILES.config]: encodeJson(config()),
    [RUN_FILES.metrics]: told.bytes(),
    [RUN_FILES.checkpoint]: own,
  })
  const standsAt = (bytes: Bytes): void => {
    last = bytes
    isStored = false
  }
  return {
    get last() {
      return last
    },
    /** Whether the store has the last checkpoint. */
    get isStored() {
      return isStored
    },
    files,
    hears(event: TrainEvent): void {
      isWorthKeeping ||= event.event === 'epoch'
      told.add(event)
    },
    standsAt,
    /** Before the first step. What the store has stays there until the next epoch has ended. */
    beginsAnew(bytes: Bytes): void {
      standsAt(bytes)
      told = journal()
      isWorthKeeping = false
    },
    async keep(): Promise<void> {
      if (!store || !last || !isWorthKeeping) return
      const own = last
      if (await store(files(own))) isStored = own === last
    },
  }
}

export type PageRun = ReturnType<typeof pageRun>
