import type { Certificate } from '../certificate/certificate.js'
import { certificateInWords, listed } from '../certificate/words.js'
import { type CertificateLayout, certificateLayout, type DrawnBox, type DrawnFlow } from './certificate-layout.js'
import { element, escaped, rounded } from './svg.js'

/** Colours of the lines, by day and by night; a page may set `--certificate-KIND`. */
const COLOURS: Record<DrawnFlow['kind'], readonly [light: string, dark: string]> = {
  input: ['#6b7280', '#9ca3af'],
  label: ['#0f766e', '#2dd4bf'],
  derivative: ['#b91c1c', '#f87171'],
  choice: ['#1d4ed8', '#7aa2ff'],
  broadcast: ['#7c3aed', '#c4a5ff'],
  feedback: ['#b45309', '#fbbf24'],
  transport: ['#be185d', '#f472b6'],
}

const DASHES: Partial<Record<DrawnFlow['kind'], string>> = { choice: '5 3', broadcast: '1.5 3.5' }

/** The rules of style that every drawing brings along; several in one page do no harm. */
const STYLE = [
  '.certificate{font:12px system-ui,sans-serif;max-width:100%;height:auto}',
  '.certificate text{fill:currentColor}',
  '.certificate .small{font-size:10px;opacity:.75}',
  '.certificate .box{fill:var(--certificate-box,#f3f4f6);stroke:currentColor;stroke-opacity:.35}',
  '.certificate .frozen{stroke-dasharray:4 3}',
  ...colours(0),
  `@media (prefers-color-scheme:dark){.certificate .box{fill:var(--certificate-box,#1f2937)}${colours(1).join('')}}`,
].join('')

function colours(scheme: 0 | 1): string[] {
  return Object.entries(COLOURS).map(([kind, colour]) => {
    const value = `var(--certificate-${kind},${colour[scheme]})`
    return `.certificate .${kind}{stroke:${value};fill:${value}}`
  })
}

/**
 * A certificate as one SVG element: layers as boxes, data and labels on their left, what comes from above on their right,
 * and what the lines mean below. It has a name for those who do not see it: the certificate in words.
 */
export function drawCertificate(certificate: Certificate): string {
  const layout = certificateLayout(certificate)
  const { width, height, boxes, flows, legend } = layout
  const { layers, verdict } = certificateInWords(certificate)
  const words = layers.map(({ names, text }) => `${listed(names)}: ${text}.`)
  const frame = {
    ...{ class: 'certificate', role: 'img', viewBox: `0 0 ${rounded(width)} ${rounded(height)}` },
    ...{ width: rounded(width), height: rounded(height), xmlns: 'http://www.w3.org/2000/svg' },
    'aria-label': [verdict, ...words].join(' '),
  }
  return element(
    'svg',
    frame,
    element('style', {}, STYLE),
    ...flows.map(drawFlow),
    ...boxes.map(drawBox),
    ...legend.flatMap(drawMeaning),
  )
}

function drawBox({ kind, name, detail, learns, x, y, width, height }: DrawnBox): string {
  const isPill = kind === 'data' || kind === 'labels' || kind === 'output'
  const middle = x + width / 2
  const frame = { class: learns || isPill ? 'box' : 'box frozen', x, y, width, height, rx: isPill ? height / 2 : 6 }
  const text = (line: string, at: number, small = false): string =>
    element(
      'text',
      { x: middle, y: rounded(at), 'text-anchor': 'middle', class: small ? 'small' : undefined },
      escaped(line),
    )
  return element(
    'g',
    {},
    element('title', {}, escaped(detail === undefined ? name : `${name}: ${detail}`)),
    element('rect', frame),
    ...(detail === undefined
      ? [text(name, y + height / 2 + 4)]
      : [text(shortened(name, 20), y + 17), text(detail, y + 32, true)]),
  )
}

const shortened = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`

function drawFlow({ kind, lines, dots, text, says }: DrawnFlow): string {
  const [first] = lines as [readonly (readonly [number, number])[]]
  return element(
    'g',
    { class: `flow ${kind}` },
    element('title', {}, escaped(says)),
    ...lines.map((line) => element('path', { d: pathOf(line), style: strokeOf(kind) })),
    element('path', { d: arrowAt(first), stroke: 'none' }),
    ...dots.map(([x, y]) => element('circle', { cx: x, cy: rounded(y), r: 2.5, stroke: 'none' })),
    ...(text
      ? [element('text', { class: 'small', x: text.x, y: rounded(text.y), stroke: 'none' }, escaped(text.text))]
      : []),
  )
}

const strokeOf = (kind: DrawnFlow['kind']): string => {
  const dash = DASHES[kind] ? `;stroke-dasharray:${DASHES[kind]};stroke-linecap:round` : ''
  return `fill:none;stroke-width:${kind === 'transport' ? 2.5 : 1.5}${dash}`
}

const pathOf = (line: readonly (readonly [number, number])[]): string =>
  line.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${rounded(x)} ${rounded(y)}`).join('')

/** A small triangle at the end of a line, whose last part lies flat. */
function arrowAt(line: readonly (readonly [number, number])[]): string {
  const [[from], [x, y]] = line.slice(-2) as [readonly [number, number], readonly [number, number]]
  const back = from < x ? -7 : 7
  return `M${rounded(x)} ${rounded(y)}l${back} -3.5v7z`
}

function drawMeaning({ kind, text, x, y }: CertificateLayout['legend'][number]): string[] {
  const line = [
    [x, y - 4],
    [x + 26, y - 4],
  ] as const
  return [
    element(
      'g',
      { class: `flow ${kind}` },
      element('path', { d: pathOf(line), style: strokeOf(kind) }),
      element('path', { d: arrowAt(line), stroke: 'none' }),
    ),
    element('text', { x: x + 36, y }, escaped(text)),
  ]
}
