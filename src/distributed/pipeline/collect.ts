import { unflatten } from '../../rules/figures.js'
import type { TensorRecord } from '../../runtime/index.js'
import type { Scores } from '../../train/events.js'
import type { Transport } from '../transport.js'
import { keysOf } from './names.js'
import { decodeState, readStanding, type Standing } from './standing.js'

/** What the stages stored: the whole state, and the means of an epoch's metrics. */
export interface Collected {
  readonly state: TensorRecord
  readonly metrics: Scores
}

export async function standingsOf({ values }: Transport, run: string, stages: number): Promise<Standing[]> {
  const all: Standing[] = []
  for (let stage = 0; stage < stages; stage++) all.push((await readStanding(values, run, stage))!.value)
  return all
}

/** Puts the state together from these objects, one of each stage, from below. */
export async function collect({ objects }: Transport, names: readonly string[]): Promise<Collected> {
  const state: TensorRecord = {}
  const metrics: [string, number][] = []
  for (const name of names) {
    const bytes = await objects.get(name)
    if (!bytes) throw new Error(`${name} is not there`)
    const own = decodeState(bytes)
    for (const { name: tensor, data } of own.state) state[tensor] = data
    for (const [metric, { sum, count }] of Object.entries(own.sums)) metrics.push([metric, sum / count])
  }
  return { state, metrics: unflatten(metrics) }
}

/** The state after an epoch that all stages have done; what was kept of the one before goes. */
export async function collectEpoch(
  transport: Transport,
  run: string,
  stages: number,
  epoch: number,
): Promise<Collected> {
  const keys = keysOf(run)
  const own = Array.from({ length: stages }, (_, stage) => keys.epoch(stage, epoch))
  const collected = await collect(transport, own)
  if (epoch > 1)
    for (let stage = 0; stage < stages; stage++) await transport.objects.delete(keys.epoch(stage, epoch - 1))
  return collected
}
