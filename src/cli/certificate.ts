import type { Certificate, LayerCertificate } from '../locality/certificate.js'
import { wrapText } from './output/columns.js'
import { plural } from './output/numbers.js'
import type { Style } from './output/style.js'

/** The certificate in words, lines of at most `width` places: what each layer learns from, and the verdict. */
export function describeCertificate(certificate: Certificate, style: Style, width: number): string[] {
  const indent = Math.max(...certificate.layers.map(({ name }) => name.length)) + 4
  const lines = certificate.layers.flatMap((layer) =>
    wrapText(describeLayer(layer), width - indent).map(
      (line, i) => (i === 0 ? `  ${layer.name}` : '').padEnd(indent) + line,
    ),
  )
  return [...lines, ...wrapText(verdict(certificate), width - 2).map((line) => `  ${colour(certificate, style)(line)}`)]
}

function describeLayer({ learns, window, depth, reads }: LayerCertificate): string {
  if (!learns) return 'does not learn'
  const derivatives = depth === 0 ? 'takes no derivatives' : 'takes derivatives of its own alone'
  const own = reads.feedback.length > 0 ? derivatives : 'learns from its own input alone'
  const inside = `${own} (its gradient crosses ${plural(depth, 'product')} inside it)`
  const across = `its gradient passes through ${plural(window, 'layer')}, ${plural(depth, 'product')} deep`
  const parts = [window > 1 ? across : depth > 1 ? inside : own]
  parts.push(
    { input: 'the label is part of its input', loss: 'the label enters its loss', none: 'it sees no label' }[
      reads.labels
    ],
  )
  if (reads.choice.length > 0) parts.push(`what it is shown is chosen with the help of ${owners(reads.choice)} above`)
  if (reads.feedback.length > 0) {
    const backwards = reads.transport ? ', with the forward weights used backwards' : ''
    parts.push(`it gets feedback from ${owners(reads.feedback)} above${backwards}`)
  }
  if (reads.global.length > 0) parts.push(`it gets the single numbers ${reads.global.join(', ')} from above`)
  return parts.join('; ')
}

/** Tensors by what they belong to: `layers.1.weight` and `layers.1.bias` are layer 1. */
function owners(tensors: readonly string[]): string {
  const owner = (name: string): string => {
    const [first, second] = name.split('.')
    return first === 'layers' ? `layer ${second}` : first!
  }
  return [...new Set(tensors.map(owner))].join(' and ')
}

const colour = ({ local }: Certificate, style: Style): ((text: string) => string) =>
  local ? style.green : style.yellow

function verdict({ local, layers }: Certificate): string {
  const chosen = layers.some(({ reads }) => reads.choice.length > 0) ? ['a choice'] : []
  const single = layers.some(({ reads }) => reads.global.length > 0) ? ['single numbers'] : []
  const above = [...chosen, ...single].join(' and ')
  if (local)
    return `Local: no gradient passes from one layer to another${above && `, and from above comes nothing but ${above}`}.`
  const wide = layers.filter(({ window }) => window > 1)
  const fed = layers.filter(({ reads }) => reads.feedback.length > 0)
  const reasons = [
    wide.length > 0 ? `gradients cross layers in the updates of ${names(wide)}` : '',
    fed.length > 0 ? `feedback from above enters the updates of ${names(fed)}` : '',
    layers.length < 2 ? 'the network is one block, so there is nothing to be local to' : '',
  ]
  return `Not local: ${reasons.filter(Boolean).join('; ')}.`
}

const names = (layers: readonly LayerCertificate[]): string => layers.map(({ name }) => name).join(', ')
