import type { Certificate, LayerCertificate } from '../../certificate/certificate.js'
import { reachable } from '../../graph/index.js'
import type { StepGraph } from '../../onnx/index.js'
import type { Block } from '../../rules/contract.js'

/** The blocks, by their places from below, that a tensor of the state belongs to: the first and the last. */
interface Home {
  readonly first: number
  readonly last: number
}

/** Where the steps of a rule can be cut, so that nothing that is below a cut ever waits for what is above it. */
export interface Places {
  /** Of each tensor of the state, by name. What no block owns belongs to the lowest block that learns with it. */
  readonly homes: ReadonlyMap<string, Home>
  /** The numbers of blocks that may lie below a cut, rising: from 1 to one less than there are. */
  readonly cuts: readonly number[]
  /** Why there is no cut below block `above`, in words. */
  why(above: number): string
}

/** Reads the places from all steps that a training may run. The certificate is asked for reasons alone. */
export function placesOf(
  steps: readonly StepGraph[],
  blocks: readonly Block[],
  certificate: () => Certificate,
): Places {
  const reads = readsOf(steps)
  const homes = homesOf(reads, blocks)
  /** For each block, what of the state its own new values read that has its home highest. */
  const tops = blocks.map((_, block) => {
    let top = { name: '', last: block }
    for (const [name, sources] of reads) {
      const { first, last } = homes.get(name)!
      if (first !== block) continue
      for (const source of [...sources, name]) {
        const home = source === name ? last : homes.get(source)!.last
        if (home > top.last) top = { name: source, last: home }
      }
    }
    return top
  })
  const blocked = (above: number): number => tops.findIndex(({ last }, block) => block < above && last >= above)
  const learners = learnersIn(steps, homes)
  /** The cuts from below, each with a block that learns on either side; what learns in no step goes with those below. */
  const cuts: number[] = []
  for (let above = 1; above < blocks.length; above++) {
    const isLearning = (from: number, to: number): boolean => [...learners].some((own) => own >= from && own < to)
    if (blocked(above) < 0 && isLearning(cuts.at(-1) ?? 0, above) && isLearning(above, blocks.length)) cuts.push(above)
  }
  return {
    homes,
    cuts,
    why(above) {
      const lower = blocked(above)
      if (lower < 0)
        return above === 0 || cuts.includes(above) || learners.has(above)
          ? ''
          : `${blocks[above]!.name} learns in no step of its own`
      const { name, last } = tops[lower]!
      return (
        reasonOf(certificate(), lower, above) ?? `${blocks[lower]!.name} learns with ${name} of ${blocks[last]!.name}`
      )
    },
  }
}

/** Of each tensor of the state, the names of the state that its new values are computed from, over all steps. */
function readsOf(steps: readonly StepGraph[]): Map<string, Set<string>> {
  const reads = new Map<string, Set<string>>()
  for (const { state } of steps) {
    const names = new Map(state.map(({ name, input }) => [input, name]))
    for (const { name, input, output } of state) {
      const own = reads.get(name) ?? new Set()
      reads.set(name, own)
      if (output === input) continue
      for (const node of reachable([output]))
        for (const x of node.outputs) {
          const source = names.get(x)
          if (source !== undefined) own.add(source)
        }
    }
  }
  return reads
}

/** The blocks whose state some step changes. */
const learnersIn = (steps: readonly StepGraph[], homes: ReadonlyMap<string, Home>): ReadonlySet<number> =>
  new Set(
    steps.flatMap(({ state }) =>
      state.flatMap(({ name, input, output }) => (output === input ? [] : [homes.get(name)!.first])),
    ),
  )

function homesOf(reads: ReadonlyMap<string, ReadonlySet<string>>, blocks: readonly Block[]): Map<string, Home> {
  const homes = new Map<string, Home>()
  for (const name of reads.keys()) {
    const own = holders(blocks, name)
    if (own.length > 0) homes.set(name, { first: own[0]!, last: own.at(-1)! })
  }
  const free = [...reads.keys()].filter((name) => !homes.has(name))
  // Optimisers and their like: with the lowest of those that learn with them, through others of their kind too.
  for (let changed = true; changed; ) {
    changed = false
    for (const name of free) {
      const readers = [...reads].filter(([reader, sources]) => reader !== name && sources.has(name))
      const lowest = Math.min(...readers.map(([reader]) => homes.get(reader)?.first ?? Number.POSITIVE_INFINITY))
      if (lowest === Number.POSITIVE_INFINITY || lowest === homes.get(name)?.first) continue
      homes.set(name, { first: lowest, last: lowest })
      changed = true
    }
  }
  // Copies that nothing learns with: where all that they are made of is known.
  for (const name of free.filter((own) => !homes.has(own))) {
    const highest = Math.max(0, ...[...reads.get(name)!].map((source) => homes.get(source)?.last ?? 0))
    homes.set(name, { first: highest, last: highest })
  }
  return homes
}

const isUnder = (name: string, path: string): boolean => name === path || name.startsWith(`${path}.`)

const holders = (blocks: readonly Block[], name: string): number[] =>
  blocks.flatMap(({ parameters, statistics = [] }, i) =>
    [...parameters.map((own) => (typeof own === 'string' ? own : own.path)), ...statistics].some((path) =>
      isUnder(name, path),
    )
      ? [i]
      : [],
  )

/** What the certificate says of blocks below a cut that read what is above it. */
function reasonOf({ layers }: Certificate, lower: number, above: number): string | undefined {
  const reason = (layer: LayerCertificate): string | undefined => {
    const { window, reads } = layer
    const { feedback, broadcast, choice } = reads
    const from = (own: { readonly blocks: readonly number[] }): string =>
      own.blocks.map((i) => layers[i]!.name).join(', ')
    if (window > 1) return `the gradient of ${layer.name} passes through ${window} layers`
    if (feedback?.transport) return `${layer.name} gets feedback from ${from(feedback)} by their own weights`
    if (feedback) return `${layer.name} gets feedback from ${from(feedback)}`
    if (broadcast) return `the output is sent straight to ${layer.name}`
    if (choice) return `what ${layer.name} is fed is chosen using ${from(choice)}`
    return undefined
  }
  const own = layers.slice(lower, above).map(reason)
  return own.find((text) => text !== undefined)
}
