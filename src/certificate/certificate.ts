/** Where labels enter a block's update. */
export type Labels =
  /** Past what the block is fed: in its loss, in its targets. */
  | 'loss'
  /** In what the block is fed, and nowhere else. */
  | 'input'
  /** Only through what other blocks learned with labels. */
  | 'weights'
  | 'none'

/** What comes down to a block from blocks above, and from which: their indices, rising. */
export interface Above {
  readonly blocks: readonly number[]
}

/** What one block's update reads, found in the graph. */
export interface LayerCertificate {
  /** From below, starting at 0. */
  readonly layer: number
  readonly name: string
  /** Some step changes it; a frozen block reads nothing. */
  readonly learns: boolean
  /** The number of blocks that the update's derivatives span: 1 is strictly local. */
  readonly window: number
  /** The number of trained products that the longest derivative path crosses; the body of a loop counts every time. */
  readonly depth: number
  /**
   * The most of its own products on one chain of one step, whether derivatives cross them or not; a loop counts once,
   * but weights that it takes anew in every iteration count every time.
   */
  readonly inside: number
  readonly reads: {
    readonly labels: Labels
    /** What the block is fed is chosen above: at most this many bits for each sample of the data. */
    readonly choice?: Above & { readonly bits: number }
    /** Sent from the output straight to the block: at most so many bits, or numbers of 32 bits, for each sample. */
    readonly broadcast?: { readonly bits: number; readonly numbers: number }
    /** Everything else. `transport`: a forward weight of a block above is used transposed in it. */
    readonly feedback?: Above & { readonly transport: boolean }
  }
}

export interface Certificate {
  /** Every window is 1, nothing but choices comes from above, and more blocks than one hold parameters. */
  readonly local: boolean
  readonly layers: readonly LayerCertificate[]
}

/** The layers of these certificates, each at its worst: what a training may do that runs any of their programs. */
export function worstOf(certificates: readonly Certificate[]): Certificate {
  const [first] = certificates as [Certificate]
  const layers = first.layers.map((_, i) => certificates.map(({ layers: all }) => all[i]!).reduce(worse))
  return { local: certificates.every(({ local }) => local), layers }
}

/** Whether no layer reads what only backpropagation and its like send. */
export const areLocal = (layers: readonly LayerCertificate[]): boolean =>
  layers.every(({ window, reads }) => window === 1 && !reads.feedback && !reads.broadcast)

const LABELS: readonly Labels[] = ['none', 'weights', 'input', 'loss']

function worse(a: LayerCertificate, b: LayerCertificate): LayerCertificate {
  const labels = LABELS[Math.max(LABELS.indexOf(a.reads.labels), LABELS.indexOf(b.reads.labels))]!
  const blocks = (x?: Above, y?: Above) =>
    [...new Set([...(x?.blocks ?? []), ...(y?.blocks ?? [])])].sort((i, j) => i - j)
  const bits = (key: 'choice' | 'broadcast') => Math.max(a.reads[key]?.bits ?? 0, b.reads[key]?.bits ?? 0)
  const [{ choice, feedback, broadcast }, other] = [a.reads, b.reads]
  const transport = (feedback?.transport || other.feedback?.transport) ?? false
  return {
    ...a,
    learns: a.learns || b.learns,
    window: Math.max(a.window, b.window),
    depth: Math.max(a.depth, b.depth),
    inside: Math.max(a.inside, b.inside),
    reads: {
      labels,
      ...((choice || other.choice) && { choice: { blocks: blocks(choice, other.choice), bits: bits('choice') } }),
      ...((broadcast || other.broadcast) && { broadcast: broadcastOf(bits('broadcast')) }),
      ...((feedback || other.feedback) && { feedback: { blocks: blocks(feedback, other.feedback), transport } }),
    },
  }
}

export const broadcastOf = (bits: number): { bits: number; numbers: number } => ({
  bits,
  numbers: Math.ceil(bits / 32),
})
