import type { DataSet, Split } from '../data/index.js'
import { imageSize } from '../data/index.js'
import { UserError } from '../errors.js'
import type { AnyRule } from '../rules/contract.js'
import { traceRule } from '../rules/trace.js'
import { type Checkpoint, checkState, statePorts, stateRecord } from './checkpoint.js'
import { taskOf } from './course.js'
import { highestOf, learnedPart } from './layer-alone.js'
import type { Platform } from './platform.js'
import { best, type Measured, measure, predictor, scoresOf } from './score.js'
import { checkSettings } from './settings.js'

/** What a network makes of one image. */
export interface PredictedImage {
  /** The class that scores highest, and its name. */
  readonly label: number
  readonly className: string
  /** Of each class; larger is likelier. */
  readonly scores: readonly number[]
}

/** A trained network, ready to be used. */
export interface Network {
  /** The layer that its run trained alone, where those above it have learned nothing. */
  readonly highest?: number
  /** The share of images that it labels rightly, that of each layer alone, and the rule's own figures. */
  measure(data: DataSet, split: Split): Promise<Measured>
  /**
   * Labels images, each [C, H, W] with pixels up to the data set's maximum. Throws a UserError on another size, and where
   * the network only generates.
   */
  predict(images: readonly Uint8Array[]): Promise<PredictedImage[]>
  close(): Promise<void>
}

/** The network of a checkpoint; `where` names the file in messages. Throws a UserError if it is another rule's. */
export async function openNetwork(
  rule: AnyRule,
  checkpoint: Checkpoint,
  platform: Platform,
  where: string,
): Promise<Network> {
  const { settings, images: kind, state } = checkpoint
  const { device, threads, batch } = settings.options
  if (checkpoint.rule !== rule.id) throw new UserError(`${where} was trained by ${checkpoint.rule}, not by ${rule.id}`)
  const hyper = checkSettings(rule.hyper, settings.hyper, rule.id)
  const task = await taskOf(kind, settings.options, platform)
  const traced = traceRule(rule, task, hyper)
  const complete = { ...settings, hyper }
  const highest = highestOf(rule, task, complete)
  checkState(statePorts(traced.predict), state, where)
  const program = await platform.compile(traced.predict, { device, ...(threads !== undefined && { threads }) })
  await program.load(stateRecord(state))
  const own = predictor({
    ...{ program, inputs: traced.predict.batch, batch, classes: kind.classes },
    seed: settings.options.seed,
  })
  const size = imageSize(kind.shape)

  return {
    ...(highest !== undefined && { highest }),
    async measure(data, split) {
      const fits = data.classes === kind.classes && JSON.stringify(data.shape) === JSON.stringify(kind.shape)
      if (!fits)
        throw new UserError(
          `${where} reads images [${kind.shape.join(', ')}] of ${kind.classes} classes; those of ${data.name} are ` +
            `[${data.shape.join(', ')}] of ${data.classes}`,
        )
      return learnedPart((await measure(own, split, data.maximum))!, rule, hyper, highest)
    },
    async predict(images) {
      if (!rule.predict)
        throw new UserError(`${rule.id} only generates, it labels nothing: draw with it instead (onward samples)`)
      const wrong = images.findIndex(({ length }) => length !== size)
      if (wrong >= 0)
        throw new UserError(
          `image ${wrong + 1} has ${images[wrong]!.length} pixels; ${where} reads ${size}: [${kind.shape.join(', ')}]`,
        )
      const all = new Uint8Array(images.length * size)
      images.forEach((image, i) => {
        all.set(image, i * size)
      })
      const split = { images: all, labels: new Uint8Array(images.length), count: images.length }
      const predicted: PredictedImage[] = []
      for await (const { rows, outputs } of scoresOf(own, split, kind.maximum)) {
        const scores = outputs.scores!
        for (let row = 0; row < rows; row++) {
          const label = best(scores, row, kind.classes)
          const ofRow = [...scores.subarray(row * kind.classes, (row + 1) * kind.classes)]
          predicted.push({ label, className: kind.classNames[label] ?? 'not a number', scores: ofRow })
        }
      }
      return predicted
    },
    close: () => program.dispose(),
  }
}
