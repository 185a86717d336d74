import type { TensorRecord } from '../../runtime/index.js'
import type { Position } from '../../train/plan.js'
import type { NamedTensor } from '../../train/safetensors.js'
import { decodeSafetensors, encodeSafetensors } from '../../train/safetensors.js'
import type { Objects, Values } from '../transport.js'
import type { Place } from './chunks.js'
import type { Port } from './cut.js'
import { keysOf } from './names.js'
import { getJson, type Known, putJson } from './values.js'

/** What of a stage is kept: its state lies in an object, and beside it how far its input was read. One record: replay is exact. */
export interface Standing extends Place {
  readonly object: string
  /** The sequence of the last message that it read from the edge below it; 0: none. */
  readonly sequence: number
  /** The epochs that it has done. */
  readonly epochs: number
  /** It has come to the end, or to where it was stopped. */
  readonly isOver: boolean
}

/** Sums over the steps of an epoch, by metric. */
export type Sums = Readonly<Record<string, { readonly sum: number; readonly count: number }>>

export interface StageState {
  readonly state: readonly NamedTensor[]
  readonly sums: Sums
}

export const encodeState = (ports: readonly Port[], state: TensorRecord, sums: Sums): Uint8Array =>
  encodeSafetensors({
    tensors: ports.map((port) => ({ ...port, data: state[port.name]! })),
    metadata: { sums: JSON.stringify(sums) },
  })

export function decodeState(bytes: Uint8Array): StageState {
  const { tensors, metadata } = decodeSafetensors(bytes)
  return { state: tensors, sums: JSON.parse(metadata.sums ?? '{}') }
}

/** The first standing of a stage, before any worker. */
export async function writeFirst(
  { values, objects }: { readonly values: Values; readonly objects: Objects },
  run: string,
  stage: number,
  at: Position,
  bytes: Uint8Array,
): Promise<void> {
  const keys = keysOf(run)
  const object = keys.state(stage, 0)
  await objects.put(object, bytes)
  const first: Standing = { chunk: 0, at, object, sequence: 0, epochs: 0, isOver: false }
  await putJson(values, keys.standing(stage), first, 0)
}

export const readStanding = (values: Values, run: string, stage: number): Promise<Known<Standing> | undefined> =>
  getJson<Standing>(values, keysOf(run).standing(stage))
