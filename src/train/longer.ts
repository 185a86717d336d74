import { UsageError } from '../errors.js'
import type { Checkpoint } from './checkpoint.js'
import { beginOf } from './plan.js'

/**
 * The checkpoint of a training as one of `epochs` epochs in all, so that a run that is done can go on. What rules do by
 * the part that is done then goes by the new total: with rates that do not change, the numbers are those of a training
 * that had this total from the start. Throws a UsageError where a longer training has no clear meaning; `run` names it.
 */
export function prolonged(checkpoint: Checkpoint, epochs: number, run: string): Checkpoint {
  const { settings, position } = checkpoint
  const { options } = settings
  if (epochs === options.epochs) return checkpoint
  const anew = `start a new run from its weights instead (--from ${run})`
  if (options.schedule === 'greedy')
    throw new UsageError(`${run} trained layer after layer, so its lower layers cannot learn longer now: ${anew}.`)
  const isDone = position.phase > 0
  if (isDone && options.patience > 0)
    throw new UsageError(`${run} is done and kept its best epoch, from which no training goes on: ${anew}.`)
  const at = isDone ? { ...beginOf(0), epoch: options.epochs } : position
  if (epochs <= at.epoch)
    throw new UsageError(`${run} has done ${at.epoch} epochs: epochs is the new total, and must be more.`)
  return {
    ...checkpoint,
    settings: { ...settings, options: { ...options, epochs } },
    position: at,
  }
}
