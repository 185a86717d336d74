/** Time is counted in slots: one layer that learns one chapter or, in a stream of activations, one message. */
export interface Bound {
  readonly slots: number
  /** Of one worker that does it all. */
  readonly alone: number
  readonly speedUp: number
  readonly why: string
}

const round = (x: number): string => `${Number(x.toFixed(2))}`

/**
 * Activations go up in `messages`; the slowest worker has the part `share` of all work. While the first message goes up,
 * those above wait.
 */
export function activationsBound(messages: number, workers: number, share: number): Bound {
  const slots = messages + workers - 1
  const speedUp = messages / slots / share
  return {
    ...{ slots, alone: messages * workers, speedUp },
    why: `the slowest worker has ${round(100 * share)} % of the work, and ${workers} workers take ${messages} messages in ${messages} + ${workers} - 1 slots`,
  }
}

/** All-Layers PFF: `chapters` of `layers`, shared out among `workers` in turn: (S / N) L + N - 1 slots. */
export function allLayersBound(chapters: number, layers: number, workers: number): Bound {
  const slots = Math.ceil(chapters / workers) * layers + Math.min(workers, chapters) - 1
  const alone = chapters * layers
  return {
    ...{ slots, alone, speedUp: alone / slots },
    why: `${chapters} chapters of ${layers} layers on ${workers} workers take (S / N) L + N - 1 = ${slots} slots in place of ${alone}`,
  }
}

/** Single-Layer PFF: one worker a layer, S + L - 1 slots; each also repeats the layers below its own, forwards alone. */
export function singleLayerBound(chapters: number, layers: number): Bound {
  const slots = chapters + layers - 1
  const alone = chapters * layers
  return {
    ...{ slots, alone, speedUp: alone / slots },
    why: `${chapters} chapters of ${layers} layers, a worker each, take S + L - 1 = ${slots} slots in place of ${alone}`,
  }
}
