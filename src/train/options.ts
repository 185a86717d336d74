import { z } from 'zod'
import { augmentationOptions, type DataSet, imageShapeOf, isAugmented } from '../data/index.js'
import { UsageError } from '../errors.js'
import { show } from '../graph/types.js'
import { unknownName } from '../names.js'
import { checkEffect, checkOptions, merge, type Values } from '../options/index.js'
import type { AnyRule, Preset } from '../rules/contract.js'
import { readOutOf } from '../rules/read-out.js'

/** The options of training itself, the same for every rule. What a rule learns by is in its own table. */
export const trainingOptions = z.strictObject({
  epochs: z.int().min(1).optional().describe("times through the training images; default: the rule's own"),
  batch: z.int().min(1).optional().describe("images per step; default: the rule's own"),
  seed: z.int().min(0).default(0).describe('of everything random: weights, order, noise, held-out images'),
  device: z.enum(['cpu', 'webgpu', 'wasm']).default('cpu').describe('where steps run; wasm in browsers only'),
  threads: z
    .int()
    .min(1)
    .optional()
    .describe('threads of one operation; default: all of the machine, or one where that is faster with the same bits'),
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
    .meta({ onlyWith: { schedule: 'greedy' } })
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
  limit: z
    .int()
    .min(1)
    .optional()
    .describe('use only the first training images, so many; default: all; the test set is always measured whole'),
})

/** The options with every default filled in, but for `threads`, the machine's business, and `layer`: all of them. */
export const resolvedOptions = trainingOptions.required({ epochs: true, batch: true, validation: true, limit: true })

export type TrainingOptions = Readonly<z.infer<typeof resolvedOptions>>

/** What a run was asked to do, complete: the same settings give the same run. */
export interface Settings {
  readonly hyper: Values
  readonly options: TrainingOptions
}

/** What a person asked for; all of it may be left out. */
export interface TrainInput {
  /** A named preset of the rule, under everything that is said beside it. */
  readonly preset?: string | undefined
  /**
   * Settings over the preset and under the wishes: those of another run. An option without effect in them is no slip.
   */
  readonly settings?: { readonly hyper?: Values; readonly options?: Values } | undefined
  readonly hyper?: Values | undefined
  readonly options?: Readonly<z.input<typeof trainingOptions>> | undefined
}

/** TrainInput over presets and defaults, where the data do not matter yet. */
interface Asked {
  readonly hyper: Values
  readonly options: z.infer<typeof trainingOptions>
}

/** The rule's preset of that name, or none where no name is given. */
export function presetOf(rule: AnyRule, name: string | undefined): Preset | undefined {
  if (name === undefined) return undefined
  if (Object.hasOwn(rule.presets, name)) return rule.presets[name]
  throw unknownName(`preset of ${rule.id}`, name, Object.keys(rule.presets))
}

/** Defaults, then the preset, then the wishes. Throws a UsageError about the first thing that is wrong. */
export const resolve = (rule: AnyRule, data: DataSet, wishes: TrainInput): Settings =>
  fit(rule, data, asked(rule, wishes))

/** The part of `resolve` that needs no data: what is wrong here is told before a data set is looked for. */
export function asked(rule: AnyRule, { preset, settings, hyper = {}, options = {} }: TrainInput): Asked {
  const base = presetOf(rule, preset)
  const training = merge(base?.train, settings?.options, options)
  // A layer alone is one phase of the greedy schedule; saying so again is not needed.
  if (training.layer !== undefined) training.schedule ??= 'greedy'
  const complete = {
    hyper: checkOptions(rule.hyper, merge(base?.hyper, settings?.hyper, hyper), rule.id) as Values,
    options: checkOptions(trainingOptions, training, 'training'),
  }
  checkEffect(rule.hyper, hyper, complete.hyper, rule.id)
  checkEffect(trainingOptions, options, complete.options, 'training')
  checkPadding(options, complete.options)
  return complete
}

/** Padding comes in with a shift or a rotation alone; that of a preset may wait for one. */
function checkPadding(wished: NonNullable<TrainInput['options']>, { augment }: Asked['options']): void {
  if (wished.augment?.padding !== 'reflect' || augment.shift > 0 || augment.rotation > 0) return
  throw new UsageError(
    'the option augment.padding of training has no effect without a shift or a rotation: leave it out, or set ' +
      'augment.shift or augment.rotation',
  )
}

/** Fills in what depends on the data, and checks what one option alone cannot say. */
export function fit(rule: AnyRule, data: DataSet, { hyper, options: given }: Asked): Settings {
  const options = filledIn(rule, data.train.count, given)
  check(rule, options, data)
  checkReadOut(rule, options, hyper)
  return { hyper, options }
}

/** Training options with those filled in that depend on how many training samples the data have. */
export function filledIn(rule: AnyRule, count: number, given: Asked['options']): TrainingOptions {
  const limit = Math.min(given.limit ?? count, count)
  const validation = given.validation ?? Math.min(Math.round(limit / 10), 5000)
  return {
    ...given,
    epochs: given.epochs ?? rule.training.epochs,
    batch: given.batch ?? Math.max(1, Math.min(rule.training.batch, limit - validation)),
    validation,
    limit,
  }
}

/** The kinds of targets in words. */
export const TARGET_WORDS = { class: 'one class', labels: 'several labels', values: 'values', none: 'no target' }

/** What one option alone cannot say. */
function check(
  rule: AnyRule,
  { validation, limit, batch, patience, precision, device, schedule, layer, augment }: TrainingOptions,
  { name, input, target }: DataSet,
): void {
  const learned = rule.targets ?? ['class']
  if (!learned.includes(target.kind))
    throw new UsageError(
      `${rule.id} learns ${learned.map((kind) => TARGET_WORDS[kind]).join(' or ')}, and ${name} has ` +
        `${TARGET_WORDS[target.kind]}: choose other data, or another rule (onward rules says what each learns)`,
    )
  const image = imageShapeOf(input)
  if (!image && isAugmented(augment))
    throw new UsageError(
      `augmentation changes images, and the inputs of ${name}, ${show(input.shape)}, are none: leave it out`,
    )
  if (image && augment.shift >= Math.min(image[1], image[2]))
    throw new UsageError(
      `a shift of ${augment.shift} pixels can push images of ${image[1]} x ${image[2]} out of sight: choose a smaller one`,
    )
  if (image && augment.cutout >= Math.min(image[1], image[2]))
    throw new UsageError(
      `a cut-out of ${augment.cutout} pixels can hide the whole of images of ${image[1]} x ${image[2]}: choose a smaller one`,
    )
  if (precision === 'int8' && device === 'webgpu')
    throw new UsageError('precision int8 runs on the processor alone: choose the device cpu, or float32')
  if (schedule === 'greedy' && !rule.greedy)
    throw new UsageError(`${rule.id} cannot train layer after layer: choose the schedule joint`)
  if (layer !== undefined && schedule !== 'greedy')
    throw new UsageError(`a layer is trained alone by the schedule greedy only: leave the schedule or the layer out`)
  const left = limit - validation
  if (left < 1)
    throw new UsageError(`validation takes ${validation} of ${limit} training images: none are left to train on`)
  if (batch > left)
    throw new UsageError(`a batch of ${batch} is larger than the ${left} training images (${validation} are held out)`)
  if (patience > 0 && validation === 0)
    throw new UsageError(
      `patience is ${patience}, but without validation images there is nothing to wait for: hold some out`,
    )
}

/** What a read-out that is solved after the last epoch needs. */
function checkReadOut(rule: AnyRule, { patience, validation }: TrainingOptions, hyper: unknown): void {
  const { id } = rule
  const readOut = readOutOf(rule, hyper)
  if (!readOut) return
  if (patience > 0)
    throw new UsageError(
      `patience waits for a better figure after an epoch, and the read-out of ${id} is solved after the last: leave it out`,
    )
  if (validation === 0 && readOut.lambdas(hyper).length > 1)
    throw new UsageError(
      'several lambdas are told apart by held-out images: hold some out (validation), or name one lambda',
    )
}
