import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { MemoryJob } from './job.js'
import { MEMORY } from './jobs/memory.js'
import { describeMachine } from './machine.js'
import { noteOf } from './notes.js'
import { readRecord, writeRecord } from './records.js'
import { notedTable, present } from './tables.js'

/** What `onward meter --json` says of a network as it stands, in bytes. */
interface Counted {
  readonly parameters: number
  readonly joint: { readonly activationBytes: number }
  readonly greedy?: { readonly activationBytes: number }
  readonly backpropagation?: {
    readonly plain: number
    readonly accumulated: { readonly micro: number; readonly bytes: number }
    readonly checkpointed: { readonly segment: number; readonly bytes: number }
  }
}

/** Counts what a training takes at its peak; nothing is trained. */
export async function runMemory({ id, arm, data, depth }: MemoryJob): Promise<void> {
  const given = ['meter', arm, '--data', data, '--depth', `${depth}`]
  const { stdout } = await promisify(execFile)(process.execPath, ['build/src/cli/main.js', ...given, '--json'])
  const { batch, own } = JSON.parse(stdout)
  const date = new Date().toISOString().slice(0, 10)
  const machine = await describeMachine()
  writeRecord({ id, command: `onward ${given.join(' ')}`, date, machine, results: [{ batch, ...own }] })
}

/** Activations and derivatives at their peak, in MiB. */
export function memoryTable(): string {
  const said = (bytes: number | undefined): string => (bytes === undefined ? '' : (bytes / 2 ** 20).toFixed(1))
  const rows = MEMORY.map(({ id, title, isBackprop }) => {
    const record = readRecord(id)
    if (!record) return undefined
    const { batch, ...own } = record.results[0]! as unknown as Counted & { readonly batch: number }
    const beside = isBackprop ? undefined : own.backpropagation
    return [
      ...[title, `${batch}`, `${own.parameters}`, said(own.joint.activationBytes), said(own.greedy?.activationBytes)],
      ...[beside?.plain, beside?.checkpointed.bytes, beside?.accumulated.bytes].map(said),
      ...[`\`${record.command}\``, noteOf(id)],
    ]
  })
  const head = [
    ...['what', 'images a step', 'parameters', 'all layers at once', 'layer after layer', 'backpropagation'],
    ...['checkpointed', 'accumulated image by image', 'command'],
  ]
  return notedTable(head, present(rows))
}
