import { collapsedLatents } from './collapsed-latents.js'
import { deadUnits } from './dead-units.js'
import type { Diagnosis } from './diagnosis.js'
import { explodingWeights } from './exploding-weights.js'
import { overfitting } from './overfitting.js'
import { saturatedGoodness } from './saturated-goodness.js'
import { stepSize } from './step-size.js'
import { stoppedLearning } from './stopped-learning.js'

/** All that is looked for. The thresholds are ours. */
export const DIAGNOSES: readonly Diagnosis[] = [
  deadUnits,
  stoppedLearning,
  explodingWeights,
  stepSize,
  overfitting,
  saturatedGoodness,
  collapsedLatents,
]
