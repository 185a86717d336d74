import type { Distribution } from './distribution.js'
import type { Draw } from './draw.js'
import type { Direction, Trial } from './study.js'

/** What a sampler is asked for: a number for each of these parameters. */
export interface Question {
  readonly distributions: readonly (readonly [name: string, distribution: Distribution])[]
  /** Those that it may learn from, in the order of their numbers: finished, running, and diverged ones. */
  readonly trials: readonly Trial[]
  readonly directions: readonly Direction[]
  readonly draw: Draw
}

/** Gives a number for each parameter of the question, in its order. */
export interface Sampler {
  /** Of parameters that every finished trial has. */
  joint(question: Question): number[]
  /** Of one that some trials lack, since it has no effect with what they chose. */
  alone(question: Question): number[]
}

/** So many finished trials are drawn at random before a model is made of them. */
export const START_UP = 10

/** A training whose numbers blew up: its trial has failed, and tells where not to look. */
export const hasDiverged = ({ state, notes }: Trial): boolean => state === 'failed' && notes.diverged !== undefined
