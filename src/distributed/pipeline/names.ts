import type { StreamLimits } from '../transport.js'

/** What a run of a pipeline keeps where its workers find it. `run`: 8 to 16 letters and digits. */
export const keysOf = (run: string) => ({
  manifest: `${run}.manifest`,
  /** Present: to be stopped. */
  stop: `${run}.stop`,
  /** Present: numbers stopped being finite, and what. */
  broken: `${run}.broken`,
  lease: (stage: number) => `${run}.lease.${stage}`,
  /** Where a stage stands: which object holds its state. */
  standing: (stage: number) => `${run}.standing.${stage}`,
  /** The state of a stage after a chunk of its steps. */
  state: (stage: number, chunk: number) => `${run}.state.${stage}.${chunk}`,
  /** The same at the end of an epoch: kept until it was collected. */
  epoch: (stage: number, epoch: number) => `${run}.epoch.${stage}.${epoch}`,
  stream: `${run}-edges`,
  /** What goes up to a stage from the one below it. */
  edge: (stage: number) => `${run}.edge.${stage}`,
  progress: (stage: number) => `${run}.progress.${stage}`,
})

export const limitsOf = (run: string, window: number, stages: number, messageBytes: number): StreamLimits => ({
  subjects: [`${run}.edge.>`],
  // Those that may be ahead of the consumer's checkpoint, and the one that it ends with.
  mostPerSubject: window + 2,
  mostBytes: (window + 2) * Math.max(1, stages - 1) * messageBytes,
  mostMessageBytes: messageBytes,
})
