import { gaussianProcess } from './gp/gp.js'
import { randomSampler } from './random.js'
import type { Sampler } from './sampler.js'
import { tpe } from './tpe/tpe.js'

export const SAMPLERS = ['tpe', 'gp', 'random'] as const
export type SamplerName = (typeof SAMPLERS)[number]

export const samplerOf = (name: SamplerName): Sampler => ({ tpe, gp: gaussianProcess, random: randomSampler })[name]
