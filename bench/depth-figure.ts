import { DEPTHS, idOf, METHODS } from './jobs/predictive-coding.js'
import { type Line, lineFigure } from './line-figure.js'
import { noteOf } from './notes.js'
import { readRecord } from './records.js'
import { tested } from './tables.js'

/** Test accuracy over depth by predictive coding, PC-ALM and backpropagation; undefined where nothing is recorded. */
export function depthFigure(): string | undefined {
  const lines = METHODS.map(({ method, name }): Line => {
    const points = DEPTHS.flatMap((x) => {
      const record = readRecord(idOf(method, x))
      return record ? [{ x, values: tested(record).map((accuracy) => 100 * accuracy) }] : []
    })
    const isStale = DEPTHS.some((x) => noteOf(idOf(method, x)) !== '')
    return { name: isStale ? `${name} (stale)` : name, points }
  }).filter(({ points }) => points.length > 0)
  if (lines.length === 0) return undefined
  return lineFigure(lines, {
    title: 'Fashion-MNIST, 32 units a layer, one epoch',
    xTitle: 'layers',
    yTitle: 'test accuracy, %',
  })
}
