import type { Checkpoint } from '../train/checkpoint.js'

export interface Followed {
  load(state: Checkpoint['state']): Promise<void>
}

/**
 * What is made for the network as it is when it is first asked for, and brought to the network as it then is whenever
 * it is asked for after a change. Not for calls at the same time.
 */
export function followed<T extends Followed>(
  open: (checkpoint: Checkpoint) => Promise<T>,
  now: () => Promise<Checkpoint>,
  version: () => number,
): () => Promise<T> {
  let known: { readonly value: T; readonly version: number } | undefined
  return async () => {
    const at = version()
    if (known?.version === at) return known.value
    const checkpoint = await now()
    const value = known?.value ?? (await open(checkpoint))
    if (known) await value.load(checkpoint.state)
    known = { value, version: at }
    return value
  }
}
