import type { Certificate, LayerCertificate } from '../certificate/certificate.js'
import { amountOf, bitsOf, listed } from '../certificate/words.js'

/** What a line of the drawing stands for. */
export type FlowKind = 'input' | 'label' | 'derivative' | 'choice' | 'broadcast' | 'feedback' | 'transport'

export interface DrawnBox {
  /** `layers`: several that are not drawn one by one. */
  readonly kind: 'data' | 'labels' | 'layer' | 'layers' | 'output'
  readonly name: string
  /** A second, smaller line. */
  readonly detail?: string
  readonly learns: boolean
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** A line that leaves some boxes and enters one. */
export interface DrawnFlow {
  readonly kind: FlowKind
  /** Polylines [x, y]; the first one ends in the arrow. */
  readonly lines: readonly (readonly (readonly [x: number, y: number])[])[]
  /** Where it leaves a box: a dot each. */
  readonly dots: readonly (readonly [x: number, y: number])[]
  /** A few letters beside the arrow, from `x` on. */
  readonly text?: { readonly x: number; readonly y: number; readonly text: string }
  /** The whole of it, for people. */
  readonly says: string
}

/** A certificate as boxes and lines, in pixels. */
export interface CertificateLayout {
  readonly width: number
  readonly height: number
  readonly boxes: readonly DrawnBox[]
  readonly flows: readonly DrawnFlow[]
  /** What the lines mean that are there. */
  readonly legend: readonly { readonly kind: FlowKind; readonly text: string; readonly x: number; readonly y: number }[]
}

const MEANINGS: Record<FlowKind, string> = {
  input: 'reads what lies below it',
  label: 'reads labels: in its loss, or in its input',
  derivative: 'its gradient passes through these layers',
  choice: 'what it is fed is chosen above: bits, no gradient',
  broadcast: 'the output is sent straight to it',
  feedback: 'feedback from above, through weights of its own',
  transport: 'feedback, with the forward weights used backwards',
}

/** How large the parts of a drawing are, in pixels. */
export interface Sizes {
  readonly box: { readonly x: number; readonly width: number; readonly height: number }
  /** From the top of a box to that of the next one. */
  readonly row: number
  /** Between the boxes and the first line from above: room for a few letters. */
  readonly stub: number
  readonly lane: number
}

const SMALL: Sizes = { box: { x: 84, width: 136, height: 42 }, row: 62, stub: 82, lane: 13 }
const [LABEL_BUS, DATA_BUS] = [24, 62]
/** Boxes of what is no layer; the output, where it is drawn, takes a row of its own. */
const PILL = 24
const OUTPUT_ROW = 50
const LEGEND_ROW = 18
/** What the longest meaning takes. */
const WIDTH = 356

/** Of more layers than `MOST` only the lowest and the highest are drawn one by one. */
const MOST = 12
const ENDS = 4

/** Rows of the drawing from below: a layer each, or those in the middle together. */
function rowsOf(layers: readonly LayerCertificate[]): LayerCertificate[][] {
  if (layers.length <= MOST) return layers.map((layer) => [layer])
  const each = (some: readonly LayerCertificate[]): LayerCertificate[][] => some.map((layer) => [layer])
  return [...each(layers.slice(0, ENDS)), layers.slice(ENDS, -ENDS), ...each(layers.slice(-ENDS))]
}

function detailOf({ learns, window, depth, inside }: LayerCertificate): string {
  if (!learns) return 'does not learn'
  const products = (count: number): string => `${count} ${count === 1 ? 'product' : 'products'} deep`
  if (window > 1) return `gradient through ${window} layers`
  if (depth === 0 && inside <= 1) return 'takes no derivatives'
  return products(Math.max(depth, inside))
}

/** A flow from above, before it has a place. */
interface Wanted {
  readonly kind: FlowKind
  readonly target: number
  /** Rows from which it comes, rising; the last one is the highest. */
  readonly sources: readonly number[]
  readonly text: string
  readonly says: string
}

function fromAbove(layers: readonly LayerCertificate[], rows: readonly (readonly LayerCertificate[])[]): Wanted[] {
  const top = rows.length
  const rowOf = (block: number): number => rows.findIndex((row) => row.some(({ layer }) => layer === block))
  const rowsFrom = (blocks: readonly number[]): number[] => [...new Set(blocks.map(rowOf))].sort((a, b) => a - b)
  const names = (blocks: readonly number[]): string => listed(blocks.map((i) => layers[i]!.name))
  return rows.flatMap(([own, ...more], target): Wanted[] => {
    if (!own || more.length > 0) return []
    const { choice, broadcast, feedback } = own.reads
    const spanned = Array.from({ length: own.window - 1 }, (_, i) => own.layer + i + 1).filter((i) => i < layers.length)
    const [chosen, fed] = [rowsFrom(choice?.blocks ?? []), rowsFrom(feedback?.blocks ?? [])]
    const flows: (Wanted | false | undefined)[] = [
      spanned.length > 0 && {
        ...{ kind: 'derivative', target, sources: rowsFrom(spanned), text: '' },
        says: `the gradient of ${own.name} passes through ${own.window} layers, ${own.depth} products deep`,
      },
      choice && {
        ...{ kind: 'choice', target, sources: chosen, text: bitsOf(Number(choice.bits.toFixed(1))) },
        says: `what ${own.name} is fed is chosen using ${names(choice.blocks)}: ${bitsOf(choice.bits)} a sample`,
      },
      broadcast && {
        ...{ kind: 'broadcast', target, sources: [top], text: amountOf(broadcast).replace('up to ', '≤ ') },
        says: `the output is sent straight to ${own.name}: ${amountOf(broadcast)} a sample`,
      },
      feedback && {
        ...{ kind: feedback.transport ? 'transport' : 'feedback', target, sources: fed, text: '' },
        says:
          `${own.name} gets feedback from ${names(feedback.blocks)}` +
          (feedback.transport ? ', with the forward weights used backwards' : ''),
      },
    ]
    return flows.filter((flow) => !!flow)
  })
}

/** A lane for each flow, short ones inside; flows of one lane do not meet. */
function lanesOf(wanted: readonly Wanted[]): number[] {
  const spanOf = ({ target, sources }: Wanted): number => sources.at(-1)! - target
  const lanes: (readonly [from: number, to: number])[][] = []
  const places = new Map<Wanted, number>()
  for (const flow of wanted.toSorted((a, b) => spanOf(a) - spanOf(b))) {
    const [from, to] = [flow.target, flow.sources.at(-1)!]
    const isFree = (lane: readonly (readonly [number, number])[]): boolean => lane.every(([a, b]) => to < a || b < from)
    const place = lanes.findIndex(isFree)
    const lane = place < 0 ? lanes.push([]) - 1 : place
    lanes[lane]!.push([from, to])
    places.set(flow, lane)
  }
  return wanted.map((flow) => places.get(flow)!)
}

/** Where the boxes and lines of a certificate lie: data at the bottom, what comes from above on the right. */
export function certificateLayout({ layers }: Certificate, sizes = SMALL): CertificateLayout {
  const { box: BOX, row: ROW, stub: STUB, lane: LANE } = sizes
  const rows = rowsOf(layers)
  const wanted = fromAbove(layers, rows)
  const lanes = lanesOf(wanted)
  const hasOutput = wanted.some(({ kind }) => kind === 'broadcast')
  const top = 8 + (hasOutput ? OUTPUT_ROW : 0)
  const yOf = (row: number): number => (row === rows.length ? 8 : top + (rows.length - 1 - row) * ROW)
  const right = BOX.x + BOX.width
  const bottom = top + rows.length * ROW + 2
  const width = Math.max(right + STUB + LANE * (Math.max(0, ...lanes) + 1), WIDTH)

  const boxes = rows.map((row, i): DrawnBox => {
    const place = { x: BOX.x, y: yOf(i), width: BOX.width, height: BOX.height }
    const [own] = row as [LayerCertificate]
    if (row.length === 1) return { kind: 'layer', name: own.name, detail: detailOf(own), learns: own.learns, ...place }
    const names = listed(row.map(({ name }) => name))
    return { kind: 'layers', name: names, detail: 'not drawn one by one', learns: row.some((l) => l.learns), ...place }
  })
  const pill = { learns: false, height: PILL, y: bottom }
  const isLabelled = rows.some(([own, ...more]) => more.length === 0 && isRead(own!))
  boxes.push({ kind: 'data', name: 'data', x: DATA_BUS - 12, width: 60, ...pill })
  if (isLabelled) boxes.push({ kind: 'labels', name: 'label', x: 2, width: 44, ...pill })
  if (hasOutput) {
    const place = { x: BOX.x, y: yOf(rows.length), width: BOX.width, height: PILL }
    boxes.push({ kind: 'output', name: 'output', learns: false, ...place })
  }

  const flows = [
    ...rows.flatMap((row, i) => fromBelow(row, yOf(i), bottom, BOX)),
    ...wanted.map((flow, i): DrawnFlow => {
      const x = right + STUB + lanes[i]! * LANE
      const same = wanted.filter(({ target }) => target === flow.target)
      const part = (same.indexOf(flow) + 1) / (same.length + 1)
      const enters = yOf(flow.target) + BOX.height * (same.length === 1 ? 0.64 : 0.2 + 0.7 * part)
      const leaves = (row: number): number => yOf(row) + (row === rows.length ? PILL / 2 : BOX.height * 0.24)
      const outputs = flow.sources.map((row) => [right, leaves(row)] as const)
      const [highest] = outputs.slice(-1) as [readonly [number, number]]
      return {
        kind: flow.kind,
        lines: [
          [highest, [x, highest[1]], [x, enters], [right, enters]],
          ...outputs.slice(0, -1).map(
            ([from, y]) =>
              [
                [from, y],
                [x, y],
              ] as const,
          ),
        ],
        dots: outputs,
        ...(flow.text !== '' && { text: { x: right + 10, y: enters - 4, text: flow.text } }),
        says: flow.says,
      }
    }),
  ]
  const kinds = (Object.keys(MEANINGS) as FlowKind[]).filter((kind) => flows.some((flow) => flow.kind === kind))
  const first = bottom + 24 + 26
  const legend = kinds.map((kind, i) => ({ kind, text: MEANINGS[kind], x: 6, y: first + i * LEGEND_ROW }))
  return { width, height: first + kinds.length * LEGEND_ROW, boxes, flows, legend }
}

const isRead = ({ reads: { labels } }: LayerCertificate): boolean => labels === 'input' || labels === 'loss'

/** What a row reads of the data and of labels. */
function fromBelow(row: readonly LayerCertificate[], y: number, bottom: number, BOX: Sizes['box']): DrawnFlow[] {
  const [own] = row as [LayerCertificate]
  const name = listed(row.map((layer) => layer.name))
  const enters = y + BOX.height * 0.74
  const data: DrawnFlow = {
    ...{ kind: 'input', dots: [], says: `${name}: reads what lies below` },
    lines: [
      [
        [DATA_BUS, bottom],
        [DATA_BUS, enters],
        [BOX.x, enters],
      ],
    ],
  }
  if (row.length > 1 || !isRead(own)) return [data]
  const [at, where] = [y + BOX.height * 0.36, own.reads.labels === 'loss' ? 'loss' : 'input']
  const says = where === 'loss' ? `the label enters the loss of ${name}` : `the label is part of the input of ${name}`
  const lines = [
    [
      [LABEL_BUS, bottom],
      [LABEL_BUS, at],
      [BOX.x, at],
    ] as const,
  ]
  return [data, { kind: 'label', lines, dots: [], text: { x: LABEL_BUS + 5, y: at - 4, text: where }, says }]
}
