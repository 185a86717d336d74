import { z } from 'zod'
import { augmentationOptions, type DataSet, imageShapeOf } from '../data/index.js'
import { UserError } from '../errors.js'
import { show } from '../graph/types.js'
import type { AnyRule } from '../rules/contract.js'
import { checkSettings, nearestName } from './settings.js'

/** The options of training itself, the same for every rule. What a rule learns by is in its own table. */
export const trainingOptions = z.strictObject({
  epochs: z.int().min(1).optional().describe("times through the training images; default: the rule's own"),
  batch: z.int().min(1).optional().describe("images per step; default: the rule's own"),
  seed: z.int().min(0).default(0).describe('of everything random: weights, order, noise, held-out images'),
  device: z.enum(['cpu', 'webgpu', 'wasm']).default('cpu').describe('where steps run; wasm in browsers only'),
  threads: z.int().min(1).optional().describe('threads of one operation; default: all that the machine has'),
  precision: z
    .enum(['float32', 'int8'])
    .default('float32')
    .describe('of the large products of the hidden layers; int8 rounds their operands to 8 bits'),
  schedule: z
    .enum(['joint', 'greedy'])
    .default('joint')
    .describe('all layers at once, or one after the other, each for all epochs, those below frozen'),
  layer: z
    .int()
    .min(0)
    .optional()
    .describe('greedy: train this layer (from 0) alone, on what the frozen layers of another run below it hand up'),
  cacheBytes: z
    .int()
    .min(0)
    .default(2 ** 29)
    .describe('greedy: the most memory for what the frozen layers hand up; above it, that is recomputed'),
  validation: z
    .int()
    .min(0)
    .optional()
    .describe('training images held out for validation; default: a tenth, at most 5,000; 0 trains on all'),
  augment: augmentationOptions.prefault({}).describe('random changes of the training images'),
  patience: z
    .int()
    .min(0)
    .default(0)
    .describe('stop after so many epochs without a better held-out figure, keep the best epoch; 0: never'),
  checkpointEvery: z.int().min(0).default(0).describe('batches between checkpoints; there is one after every epoch'),
  limit: z.int().min(1).optional().describe('use only the first training images, so many; default: all'),
})

/** The options with every default filled in, but for `threads`, the machine's business, and `layer`: all of them. */
export const resolvedOptions = trainingOptions.required({ epochs: true, batch: true, validation: true, limit: true })

export type TrainingOptions = Readonly<z.infer<typeof resolvedOptions>>

/** What a run was asked to do, complete: the same settings give the same run. */
export interface Settings {
  readonly hyper: Readonly<Record<string, unknown>>
  readonly options: TrainingOptions
}

/** What a person asked for; all of it may be left out. */
export interface Wishes {
  /** A named preset of the rule, under everything that is said beside it. */
  readonly preset?: string | undefined
  readonly hyper?: Readonly<Record<string, unknown>> | undefined
  readonly options?: Readonly<z.input<typeof trainingOptions>> | undefined
}

const usage = (message: string): UserError => new UserError(message, { exitCode: 2 })

/** Defaults, then the preset, then the wishes; throws a UserError with one sentence about the first thing that is wrong. */
export function resolve(rule: AnyRule, data: DataSet, { preset, hyper = {}, options = {} }: Wishes): Settings {
  const presets = Object.keys(rule.presets)
  if (preset !== undefined && !presets.includes(preset))
    throw usage(
      presets.length === 0
        ? `${rule.id} has no presets: leave "${preset}" out`
        : `${rule.id} has no preset "${preset}"${nearestName(preset, presets)}; it has ${presets.join(', ')}`,
    )
  const base = preset === undefined ? undefined : rule.presets[preset]
  const asked = { ...base?.train, ...options }
  // A layer alone is one phase of the greedy schedule; saying so again is not needed.
  const implied = asked.layer !== undefined && asked.schedule === undefined ? { schedule: 'greedy' } : {}
  const given = checkSettings(trainingOptions, { ...asked, ...implied }, 'training')
  const limit = Math.min(given.limit ?? data.train.count, data.train.count)
  const validation = given.validation ?? Math.min(Math.round(limit / 10), 5000)
  const settings: Settings = {
    hyper: checkSettings(rule.hyper, { ...base?.hyper, ...hyper }, rule.id) as Record<string, unknown>,
    options: {
      ...given,
      epochs: given.epochs ?? rule.training.epochs,
      batch: given.batch ?? Math.max(1, Math.min(rule.training.batch, limit - validation)),
      validation,
      limit,
    },
  }
  check(rule, settings.options, data)
  return settings
}

const WORDS = { class: 'one class', labels: 'several labels', values: 'values', none: 'no target' }

/** What one option alone cannot say. */
function check(
  rule: AnyRule,
  { validation, limit, batch, patience, precision, device, schedule, layer, augment }: TrainingOptions,
  { name, input, target }: DataSet,
): void {
  const learned = rule.targets ?? ['class']
  if (!learned.includes(target.kind))
    throw usage(
      `${rule.id} learns ${learned.map((kind) => WORDS[kind]).join(' or ')}, and ${name} has ${WORDS[target.kind]}: choose another rule or data set`,
    )
  const image = imageShapeOf(input)
  if (!image && (augment.shift > 0 || augment.rotation > 0 || augment.flip))
    throw usage(`augmentation changes images, and the inputs of ${name}, ${show(input.shape)}, are none: leave it out`)
  if (image && augment.shift >= Math.min(image[1], image[2]))
    throw usage(
      `a shift of ${augment.shift} pixels can push images of ${image[1]} x ${image[2]} out of sight: choose a smaller one`,
    )
  if (precision === 'int8' && device === 'webgpu')
    throw usage('precision int8 runs on the processor alone: choose the device cpu, or float32')
  if (schedule === 'greedy' && !rule.greedy)
    throw usage(`${rule.id} cannot train layer after layer: choose the schedule joint`)
  if (layer !== undefined && schedule !== 'greedy')
    throw usage(`a layer is trained alone by the schedule greedy only: leave the schedule or the layer out`)
  const left = limit - validation
  if (left < 1) throw usage(`validation takes ${validation} of ${limit} training images: none are left to train on`)
  if (batch > left)
    throw usage(`a batch of ${batch} is larger than the ${left} training images (${validation} are held out)`)
  if (patience > 0 && validation === 0)
    throw usage(`patience is ${patience}, but without validation images there is nothing to wait for: hold some out`)
}
