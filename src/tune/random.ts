import { drawUniform } from './draw.js'
import type { Question, Sampler } from './sampler.js'

/** All values equally likely, whatever came before. */
export const uniformly = ({ distributions, draw }: Question): number[] =>
  distributions.map(([, distribution]) => drawUniform(distribution, draw))

export const randomSampler: Sampler = { joint: uniformly, alone: uniformly }
