import { gatherInputs, type Samples, type Split, select } from '../../data/index.js'
import { sizeOf } from '../../graph/index.js'
import type { StepGraph } from '../../onnx/index.js'
import type { Block } from '../../rules/contract.js'
import { targetKind } from '../../targets/index.js'
import { heldOutNoise } from '../noise.js'
import type { TrainingOptions } from '../options.js'
import type { Programs } from '../programs.js'
import { countUnits, type Units, unitsGraph } from './units.js'

/** The most samples that are looked at besides what a training measures anyway. */
export const MOST_SAMPLES = 200

/** At most so many samples, spread over all of a split: the same ones each time. */
export function someOf(split: Split): Split {
  const count = Math.min(MOST_SAMPLES, split.count)
  return select(
    split,
    Array.from({ length: count }, (_, i) => Math.floor((i * split.count) / count)),
  )
}

export interface Seen {
  readonly predict: StepGraph
  readonly blocks: readonly Block[]
  readonly data: Samples
  readonly options: Pick<TrainingOptions, 'batch' | 'seed'>
  readonly programs: Pick<Programs, 'shared'>
}

/** What the units of the blocks do on samples, as the network is now. The last batch is filled up with the first sample. */
export async function unitsOn(
  split: Split,
  { predict, blocks, data, options, programs }: Seen,
): Promise<Record<string, Units>> {
  const graph = unitsGraph(predict, blocks)
  if (!graph || split.count === 0) return {}
  const { batch, seed } = options
  const batches = Math.ceil(split.count / batch)
  const places = Uint32Array.from({ length: batches * batch }, (_, i) => (i < split.count ? i : 0))
  const x = new Float32Array(places.length * sizeOf(data.input.shape))
  gatherInputs(data, split, places, x)
  const readsTarget = graph.batch.some(({ name }) => name === 'target')
  const target = readsTarget && { target: targetKind(data.target).gather(split, places, data) }
  const program = await programs.shared('units', graph)
  const { metrics } = await program.run(batches, { x, ...target, ...heldOutNoise(graph.batch, seed, 0, batches) })
  return countUnits(metrics as Record<string, Float32Array>, batches)
}
