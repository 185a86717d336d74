import type { TrainConfig } from '../../train/config.js'
import type { Over, TrainEvent } from '../../train/events.js'
import { memoryEngine } from '../memory.js'
import { workersHere } from './here.js'
import { trainPipeline } from './train.js'

export interface PipelineFlags {
  readonly workers?: number | undefined
  readonly mode: Over['mode']
  readonly engine: Over['engine']
}

/** A training on workers, as `train` takes it. */
export const pipeline =
  ({ workers }: PipelineFlags) =>
  (config: TrainConfig): AsyncGenerator<TrainEvent> => {
    const { rule, platform } = config
    const { connect } = memoryEngine()
    const start: Parameters<typeof trainPipeline>[0]['start'] = (...given) =>
      workersHere(connect, { rule, platform, data: config.data as never })(...given)
    return trainPipeline({ ...config, transport: connect(), workers, start })
  }
