import type { Scores } from '../../../src/train/events.js'

/** A figure of the network or of a block, as it went. */
export interface Curve {
  /** Undefined: the network's. */
  readonly block?: string
  readonly figure: string
  readonly points: readonly { readonly step: number; readonly value: number }[]
}

/** What a training told of its steps; no more points than a plot can show. */
export interface History {
  readonly curves: readonly Curve[]
  with(told: { readonly step: number; readonly metrics: Scores }): History
}

/** A curve that grows longer keeps every second point. */
const MOST = 400

export const historyOf = (curves: readonly Curve[] = []): History => ({
  curves,
  with: ({ step, metrics }) => historyOf(added(curves, step, metrics)),
})

function added(curves: readonly Curve[], step: number, { network = {}, blocks = {} }: Scores): readonly Curve[] {
  const told = [
    ...Object.entries(network).map(([figure, value]) => ({ block: undefined, figure, value })),
    ...Object.entries(blocks).flatMap(([block, own]) =>
      Object.entries(own).map(([figure, value]) => ({ block, figure, value })),
    ),
  ]
  const next = [...curves]
  for (const { block, figure, value } of told) {
    if (!Number.isFinite(value)) continue
    const at = next.findIndex((own) => own.block === block && own.figure === figure)
    const before = at < 0 ? { ...(block !== undefined && { block }), figure, points: [] } : next[at]!
    const curve = { ...before, points: thinned([...before.points, { step, value }]) }
    if (at < 0) next.push(curve)
    else next[at] = curve
  }
  return next
}

const thinned = <T>(points: readonly T[]): readonly T[] =>
  points.length <= MOST ? points : points.filter((_, i) => i % 2 === 0 || i === points.length - 1)
