import { DEPTHS, idOf, METHODS } from './jobs/predictive-coding.js'
import { type Line, lineFigure } from './line-figure.js'
import { noteOf } from './notes.js'
import { divergedOf, finished, readRecord } from './records.js'
import { present, tested } from './tables.js'

/** Test accuracy over depth by predictive coding, PC-ALM and backpropagation; undefined where nothing is recorded. */
export function depthFigure(): string | undefined {
  const lines = METHODS.map(({ method, name }): Line => {
    const points = DEPTHS.flatMap((x) => {
      const record = readRecord(idOf(method, x))
      return record && finished(record).length > 0
        ? [{ x, values: tested(record).map((accuracy) => 100 * accuracy) }]
        : []
    })
    const ids = DEPTHS.map((x) => idOf(method, x))
    const marks = [
      ...(ids.some((id) => noteOf(id) !== '') ? ['stale'] : []),
      ...(present(ids.map(readRecord)).some((record) => divergedOf(record) !== '') ? ['some diverged'] : []),
    ]
    return { name: marks.length > 0 ? `${name} (${marks.join(', ')})` : name, points }
  }).filter(({ points }) => points.length > 0)
  if (lines.length === 0) return undefined
  return lineFigure(lines, {
    title: 'Fashion-MNIST, 32 units a layer, one epoch',
    xTitle: 'layers',
    yTitle: 'test accuracy, %',
  })
}
