import type { LayerTimesJob } from './job.js'
import type { LayerTime, StepTimes } from './layer-times.js'
import { staleMark } from './notes.js'
import { readRecord } from './records.js'
import { PARTS } from './step-parts.js'
import { table } from './tables.js'

interface Sum {
  readonly ms: number
  readonly flop: number
}

const sumOf = (parts: readonly Sum[]): Sum => ({
  ms: parts.reduce((sum, { ms }) => sum + ms, 0),
  flop: parts.reduce((sum, { flop }) => sum + flop, 0),
})

/** Of a step's time in float32 and in 8 bits: a table each, and what stands above it. */
export function layerTables(job: LayerTimesJob): string {
  const record = readRecord(job.id)
  if (!record) return ''
  const { gflops } = record.machine
  const ofStep = ({ precision, parts, rest, step }: StepTimes): string => {
    const all = sumOf(parts).ms + rest
    const bits = precision === 'int8' ? '8 bits' : precision
    return `${job.title}${staleMark(job.id)}, ${bits}, ${job.threads} threads, ${job.batch} images, of which a step takes ${step.toFixed(0)} ms; its nodes take ${all.toFixed(0)} ms under the profiler, ${rest.toFixed(0)} of them for what has no place in this table. The machine's own product: ${gflops.toFixed(0)} GFLOP/s.\n\n${stepTable(parts, job.batch, gflops)}`
  }
  return (record.results as unknown as readonly StepTimes[]).map(ofStep).join('\n\n')
}

/** A row for each layer and one for all; a part that no layer has gets no column. */
export function stepTable(parts: readonly LayerTime[], batch: number, gflops: number): string {
  const columns = PARTS.filter((part) => parts.some((own) => own.part === part))
  const layers = [...new Set(parts.map(({ layer }) => layer))].sort((a, b) => a - b)
  const cell = (own: readonly Sum[]): string => {
    const { ms, flop } = sumOf(own)
    if (flop === 0) return own.length === 0 ? '' : `${ms.toFixed(1)} ms`
    const speed = (flop * batch) / (ms * 1e6)
    return `${ms.toFixed(1)} ms, ${speed.toFixed(0)} GFLOP/s, ${((100 * speed) / gflops).toFixed(0)} %`
  }
  const row = (name: string, own: readonly LayerTime[]): string[] => [
    name,
    (sumOf(own.filter(({ part }) => part !== 'updates')).flop / 1e6).toFixed(1),
    ...columns.map((part) => cell(own.filter((one) => one.part === part))),
    cell(own),
  ]
  const named = (layer: number): string => (layer < 0 ? 'images, whitened' : `layer ${layer}`)
  return table(
    ['of a step', 'MFLOP an image', ...columns, 'all'],
    [
      ...layers.map((layer) =>
        row(
          named(layer),
          parts.filter((own) => own.layer === layer),
        ),
      ),
      row('all', parts),
    ],
  )
}
