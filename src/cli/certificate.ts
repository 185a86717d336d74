import type { Certificate, LayerCertificate } from '../certificate/certificate.js'
import { wrapText } from './output/columns.js'
import { plural } from './output/numbers.js'
import type { Style } from './output/style.js'

/** What no certificate can see, whatever the rule. */
export const LIMITS =
  'A certificate reads programs, and is no proof. It does not see what passes outside of them: code that changes data, ' +
  'options or state by what it measured. It does not see how the first state came about, nor what the bits of a choice ' +
  'are used for, and these add up over the samples of a batch, over steps and over blocks. It takes blocks as the rule ' +
  'declares them (and their order, where nothing is predicted), and says how many products deep each one is.'

/** The certificate in words, lines of at most `width` places: what each layer learns from, and the verdict. */
export function describeCertificate(certificate: Certificate, style: Style, width: number): string[] {
  const names = certificate.layers.map(({ name }) => name)
  const indent = Math.max(...names.map(({ length }) => length)) + 4
  const lines = certificate.layers.flatMap((layer) =>
    wrapText(describeLayer(layer, names), width - indent).map(
      (line, i) => (i === 0 ? `  ${layer.name}` : '').padEnd(indent) + line,
    ),
  )
  return [...lines, ...wrapText(verdict(certificate), width - 2).map((line) => `  ${colour(certificate, style)(line)}`)]
}

const LABELS: Record<LayerCertificate['reads']['labels'], string> = {
  input: 'the label is part of its input',
  loss: 'the label enters its loss',
  weights: 'it sees no label, but other layers learned with labels',
  none: 'it sees no label',
}

function describeLayer({ learns, window, depth, inside, reads }: LayerCertificate, names: readonly string[]): string {
  if (!learns) return 'does not learn'
  const { labels, choice, broadcast, feedback } = reads
  const derivatives = depth === 0 ? 'takes no derivatives' : 'takes derivatives of its own alone'
  const own = feedback || broadcast ? derivatives : 'learns from its own input alone'
  const cell =
    inside > depth
      ? `${own} (it is ${plural(inside, 'product')} deep)`
      : depth > 1
        ? `${own} (its gradient crosses ${plural(depth, 'product')} inside it)`
        : own
  const across = `its gradient passes through ${plural(window, 'layer')}, ${plural(depth, 'product')} deep`
  const parts = [window > 1 ? across : inside > 1 || depth > 1 ? cell : own, LABELS[labels]]
  const from = ({ blocks }: { blocks: readonly number[] }): string => listed(blocks.map((i) => names[i]!))
  if (choice)
    parts.push(
      `what it is fed is chosen using ${from(choice)} (a choice of ${bitsOf(choice.bits)} a sample, no gradient)`,
    )
  if (broadcast) parts.push(`the output is sent straight to it (${amountOf(broadcast)} a sample)`)
  if (feedback) {
    const backwards = feedback.transport ? ', with the forward weights used backwards' : ''
    parts.push(`it gets feedback from ${from(feedback)}${backwards}`)
  }
  return parts.join('; ')
}

const bitsOf = (bits: number): string => `${Number(bits.toFixed(2))} ${bits === 1 ? 'bit' : 'bits'}`

const amountOf = ({ bits, numbers }: { bits: number; numbers: number }): string =>
  bits < 32 ? bitsOf(bits) : `up to ${plural(numbers, 'number')}`

/** Names in order, those of the same kind as a range: layers 1 to 127 and output. */
export function listed(names: readonly string[]): string {
  const runs: { stem: string; first: number; last: number; names: string[] }[] = []
  for (const name of names) {
    const [, stem = '', digits] = /^(.* )(\d+)$/.exec(name) ?? []
    const number = digits === undefined ? Number.NaN : Number(digits)
    const run = runs.at(-1)
    if (run && run.stem === stem && run.last + 1 === number) {
      run.last = number
      run.names.push(name)
    } else runs.push({ stem, first: number, last: number, names: [name] })
  }
  const parts = runs.flatMap(({ stem, first, last, names: own }) =>
    own.length < 3 ? own : [`${stem.trim()}s ${first} to ${last}`],
  )
  return parts.length < 2 ? parts.join() : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`
}

const colour = ({ local }: Certificate, style: Style): ((text: string) => string) =>
  local ? style.green : style.yellow

function verdict({ local, layers }: Certificate): string {
  const named = (found: (layer: LayerCertificate) => unknown): string =>
    listed(layers.filter(found).map(({ name }) => name))
  if (local) {
    const depth = Math.max(...layers.map((layer) => Math.max(layer.depth, layer.inside)))
    const bits = Math.max(...layers.map(({ reads }) => reads.choice?.bits ?? 0))
    const kind = depth > 1 ? `Local by cells, up to ${depth} products deep` : 'Local'
    const chosen = layers.some(({ reads }) => reads.choice)
      ? `, and from above comes nothing but a choice of ${bitsOf(bits)} a sample`
      : ''
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
