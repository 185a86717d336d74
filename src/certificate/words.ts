import type { Certificate, LayerCertificate } from './certificate.js'

/** A certificate for people: what each layer learns from, those alike as one entry, and the verdict. */
export function certificateInWords(certificate: Certificate): { layers: readonly Entry[]; verdict: string } {
  const { layers } = certificate
  const entries = merged(layers.map((layer) => ({ names: [layer.name], text: describeLayer(layer, layers) })))
  return { layers: entries, verdict: verdictOf(certificate) }
}

/** What layers of these names learn from. */
interface Entry {
  readonly names: readonly string[]
  readonly text: string
}

/** Entries, where three or more that follow each other say the same of layers of one kind as one. */
function merged(entries: readonly Entry[]): Entry[] {
  const same = grouped(entries, (a, b) => a.text === b.text && kindOf(a.names[0]!) === kindOf(b.names[0]!))
  return same.flatMap((group) =>
    group.length < RANGE ? group : [{ names: group.flatMap(({ names }) => names), text: group[0]!.text }],
  )
}

/** Names in order, those of one kind whose numbers follow each other as a range: layers 1 to 127 and output. */
export function listed(names: readonly string[]): string {
  const ranges = grouped(names, (a, b) => kindOf(a) === kindOf(b) && numberOf(a) + 1 === numberOf(b))
  const parts = ranges.flatMap((range) =>
    range.length < RANGE ? range : [`${kindOf(range[0]!)}s ${numberOf(range[0]!)} to ${numberOf(range.at(-1)!)}`],
  )
  return parts.length < 2 ? parts.join() : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}

/** So many make a range. */
const RANGE = 3

/** Runs of items, of which each goes on from the one before it. */
function grouped<T>(items: readonly T[], goesOn: (before: T, item: T) => boolean): T[][] {
  const groups: T[][] = []
  for (const item of items) {
    const last = groups.at(-1)
    if (last && goesOn(last.at(-1)!, item)) last.push(item)
    else groups.push([item])
  }
  return groups
}

/** "layer" of "layer 12", and 12. */
const kindOf = (name: string): string => name.replace(/ \d+$/, '')
const numberOf = (name: string): number => Number(/\d+$/.exec(name)?.[0])

const LABELS: Record<LayerCertificate['reads']['labels'], string> = {
  input: 'the label is part of its input',
  loss: 'the label enters its loss',
  weights: 'it sees no label, but other layers learned with labels',
  none: 'it sees no label',
}

/** Where a layer has more than these above it, "all layers above it" is told in place of their names or number. */
const FEW = 3

function describeLayer(layer: LayerCertificate, layers: readonly LayerCertificate[]): string {
  if (!layer.learns) return 'does not learn'
  const { labels, choice, broadcast, feedback } = layer.reads
  const above = layers.length - layer.layer - 1
  const from = ({ blocks }: { readonly blocks: readonly number[] }): string =>
    blocks.length === above && above > FEW ? 'all layers above it' : listed(blocks.map((i) => layers[i]!.name))
  const backwards = feedback?.transport ? ', with the forward weights used backwards' : ''
  const parts = [
    describeGradient(layer, above),
    LABELS[labels],
    choice &&
      `what it is fed is chosen using ${from(choice)} (a choice of ${bitsOf(choice.bits)} a sample, no gradient)`,
    broadcast && `the output is sent straight to it (${amountOf(broadcast)} a sample)`,
    feedback && `it gets feedback from ${from(feedback)}${backwards}`,
  ]
  return parts.filter(Boolean).join('; ')
}

function describeGradient({ window, depth, inside, reads }: LayerCertificate, above: number): string {
  const deep = `${plural(depth, 'product')} deep`
  if (window > FEW && window === above + 1)
    return `its gradient passes through all layers above it${depth === window ? '' : `, ${deep}`}`
  if (window > 1) return `its gradient passes through ${plural(window, 'layer')}, ${deep}`
  const derivatives = depth === 0 ? 'takes no derivatives' : 'takes derivatives of its own alone'
  const own = reads.feedback || reads.broadcast ? derivatives : 'learns from its own input alone'
  if (inside > depth && inside > 1) return `${own} (it is ${plural(inside, 'product')} deep)`
  return depth > 1 ? `${own} (its gradient crosses ${plural(depth, 'product')} inside it)` : own
}

/** "1 bit", "3.32 bits". */
export const bitsOf = (bits: number): string => `${Number(bits.toFixed(2))} ${bits === 1 ? 'bit' : 'bits'}`

export const amountOf = ({ bits, numbers }: { bits: number; numbers: number }): string =>
  bits < 32 ? bitsOf(bits) : `up to ${plural(numbers, 'number')}`

function verdictOf({ local, layers }: Certificate): string {
  const named = (found: (layer: LayerCertificate) => unknown): string =>
    listed(layers.filter(found).map(({ name }) => name))
  if (local) {
    const depth = Math.max(...layers.map((layer) => Math.max(layer.depth, layer.inside)))
    const bits = Math.max(...layers.map(({ reads }) => reads.choice?.bits ?? 0))
    const kind = depth > 1 ? `Local by cells, up to ${depth} products deep` : 'Local'
    const chosen = bits > 0 ? `, and from above comes nothing but a choice of ${bitsOf(bits)} a sample` : ''
    return `${kind}: no gradient passes from one layer to another${chosen}.`
  }
  const [wide, fed, sent] = [
    named(({ window }) => window > 1),
    named(({ reads }) => reads.feedback),
    named(({ reads }) => reads.broadcast),
  ]
  const reasons = [
    wide && `gradients cross layers in the updates of ${wide}`,
    fed && `feedback from above enters the updates of ${fed}`,
    sent && `the output is sent straight to ${sent}`,
  ].filter(Boolean)
  const why = reasons.length > 0 ? reasons : ['the network is one block, so there is nothing to be local to']
  return `Not local: ${why.join('; ')}.`
}

const plural = (number: number, noun: string): string =>
  `${number.toLocaleString('en-US')} ${noun}${number === 1 ? '' : 's'}`
