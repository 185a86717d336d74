import type { TensorRecord } from '../runtime/index.js'
import { type Checkpoint, encodeCheckpoint } from './checkpoint.js'
import type { TrainConfig } from './config.js'
import type { CheckpointEvent, StoppedEvent } from './events.js'
import { adviceOn } from './not-finite.js'
import { beginOf, globalEpoch, globalStep, type Position, whereIs } from './plan.js'
import type { Trainer } from './trainer.js'

/** Where a training stands, and what of it is kept. */
export interface Standing {
  at: Position
  /** With patience: the best epoch of the phase so far, and the state after it. */
  best: Checkpoint['best']
  /** Writes a checkpoint, unless there is one of this place. `state`: what the trainer holds, if it is known. */
  save(state?: TensorRecord): AsyncGenerator<CheckpointEvent>
  /** The end of a training that was aborted: with a checkpoint. */
  stop(): AsyncGenerator<CheckpointEvent | StoppedEvent>
  /** The end of one whose numbers are no longer finite: the checkpoint before is kept. */
  ruined(what: string): StoppedEvent
  stopped(reason: StoppedEvent['reason'], message: string): StoppedEvent
}

export function standingOf(
  trainer: Trainer,
  { rule, platform, resume, told }: Pick<TrainConfig, 'rule' | 'platform' | 'resume' | 'told'>,
): Standing {
  const { plan, settings } = trainer
  let saved = resume && { at: resume.position, path: told?.run ?? 'the one that it began with' }
  const standing: Standing = {
    at: resume?.position ?? beginOf(plan.from),
    best: resume?.best,
    async *save(state) {
      const { at, best } = standing
      if (!platform.saveCheckpoint || saved?.at === at) return
      const checkpoint = trainer.checkpoint(at, state ?? (await trainer.read()), best)
      saved = { at, path: await platform.saveCheckpoint(encodeCheckpoint(checkpoint)) }
      const [step, epoch] = [globalStep(plan, at), globalEpoch(plan, at)]
      yield { event: 'checkpoint', path: saved.path, step, epoch, batch: at.batch }
    },
    async *stop() {
      yield* standing.save()
      const kept = saved ? `; it can go on from its checkpoint, ${saved.path}` : ''
      yield standing.stopped('aborted', `stopped ${whereIs(plan, standing.at)}${kept}`)
    },
    ruined(what) {
      const kept = saved ? `; the last good checkpoint is ${saved.path}` : ''
      return standing.stopped('not-finite', `${what}: ${adviceOn(rule.hyper, settings.hyper)}${kept}`)
    },
    stopped: (reason, message) => ({ event: 'stopped', reason, step: globalStep(plan, standing.at), message }),
  }
  return standing
}
