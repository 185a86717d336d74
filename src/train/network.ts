import {
  checkSplit,
  type DataSet,
  flatNumbers,
  type GivenNumbers,
  outputCount,
  type Samples,
  type Split,
} from '../data/index.js'
import { UserError } from '../errors.js'
import { type ExportedModel, exportModel } from '../export/model.js'
import { show, sizeOf } from '../graph/types.js'
import { checkOptions } from '../options/index.js'
import type { AnyRule } from '../rules/contract.js'
import { traceRule } from '../rules/trace.js'
import { type Said, targetKind } from '../targets/index.js'
import { type Checkpoint, checkState, statePorts, stateRecord } from './checkpoint.js'
import { type Confused, confusing } from './confusion.js'
import type { Criterion, Scores } from './events.js'
import { benchOf, criterionOf, highestOf, learnedPart } from './judge.js'
import type { Platform } from './platform.js'
import type { NamedTensor } from './safetensors.js'
import { type Measured, measure, measured, predictor, scoresOf } from './score.js'
import { taskOf } from './traced-plan.js'

/** What a network says of one sample. */
export type Predicted = Said & {
  /** What the network puts out: of each class or label, larger is likelier; of values, standardised. */
  readonly scores: readonly number[]
  /** What a score is: 'goodness', say. */
  readonly scoreName: string
  /** Of each class or label, where the scores are log-probabilities. */
  readonly probabilities?: readonly number[]
}

/** A trained network, ready to be used. */
export interface Network {
  /** The block that its run trained alone, where those above it have learned nothing. */
  readonly highest?: string
  /** Which figure it is judged by. */
  readonly criterion: Criterion
  /** Takes the numbers of another state of the same network. Throws a UserError where they do not fit. */
  load(state: readonly NamedTensor[]): Promise<void>
  /** What it and its parts say of samples, and the rule's own figures. `confused` is told which classes it confuses. */
  measure(data: DataSet, split: Split, confused?: (confused: Confused) => void): Promise<Scores>
  /** The same with the figures of each class or label, where all of the network has learned. */
  measured(data: DataSet, split: Split): Promise<Measured>
  /**
   * What it says of inputs as the data set has them: levels or parts of 1, or real numbers in their own units. Throws a
   * UserError on another size, on numbers that are none of these, and where the network only generates.
   */
  predict(inputs: readonly GivenNumbers[]): Promise<Predicted[]>
  /** The network as an ONNX model. Throws a UserError where it only generates. */
  exported(): ExportedModel
  close(): Promise<void>
}

/** The network of a checkpoint; `where` names the file in messages. Throws a UserError if it is another rule's. */
export async function openNetwork(
  rule: AnyRule,
  checkpoint: Checkpoint,
  platform: Platform,
  where: string,
): Promise<Network> {
  const { settings, samples } = checkpoint
  let { state } = checkpoint
  const { device, threads, batch } = settings.options
  if (checkpoint.rule !== rule.id) throw new UserError(`${where} was trained by ${checkpoint.rule}, not by ${rule.id}`)
  const hyper = checkOptions(rule.hyper, settings.hyper, rule.id)
  const task = await taskOf(samples, settings.options, platform)
  const traced = traceRule(rule, task, hyper)
  const bench = benchOf(rule, task, { ...settings, hyper }, rule.locality(task, hyper).blocks)
  const highest = highestOf(bench)
  checkState(statePorts(traced.predict), state, where)
  const program = await platform.compile(traced.predict, { device, ...(threads !== undefined && { threads }) })
  await program.load(stateRecord(state))
  const own = predictor({
    ...{ program, inputs: traced.predict.batch, batch, samples },
    seed: settings.options.seed,
  })
  const { input } = samples
  const size = sizeOf(input.shape)

  const checked = (data: DataSet, split: Split): Split => {
    const same = JSON.stringify([data.input, data.target]) === JSON.stringify([input, samples.target])
    if (!same) throw new UserError(`${where} reads ${described(samples)}; those of ${data.name} are ${described(data)}`)
    return checkSplit(split, samples, `these samples of ${data.name}`)
  }

  return {
    criterion: criterionOf(bench, highest),
    ...(highest !== undefined && { highest: bench.blocks[highest]! }),
    async load(other) {
      checkState(statePorts(traced.predict), other, where)
      await program.load(stateRecord(other))
      state = other
    },
    async measure(data, split, confused) {
      const counts = confused && samples.target.kind === 'class' ? confusing(samples) : undefined
      const scores = learnedPart(bench, await measure(own, checked(data, split), counts?.seen), highest)
      if (counts) confused?.(counts.confused())
      return scores
    },
    async measured(data, split) {
      const { scores, breakdown } = await measured(own, checked(data, split))
      return { scores: learnedPart(bench, scores, highest), ...(breakdown && highest === undefined && { breakdown }) }
    },
    async predict(inputs) {
      if (!rule.predict)
        throw new UserError(`${rule.id} only generates, it predicts nothing: draw with it instead (onward samples)`)
      if (!Array.isArray(inputs)) throw new UserError('what is to be predicted is a list of inputs, an array for each')
      const wrong = inputs.findIndex(
        (one, i) => flatNumbers(one, `the numbers of input ${i + 1}`).numbers.length !== size,
      )
      if (wrong >= 0)
        throw new UserError(
          `input ${wrong + 1} has ${flatNumbers(inputs[wrong], '').numbers.length} numbers; ${where} reads ${size}: ` +
            show(input.shape),
        )
      const split = checkSplit(
        { inputs, count: inputs.length },
        { input, target: { kind: 'none' } },
        'what is to be predicted',
      )
      const kind = targetKind(samples.target)
      const width = outputCount(samples.target)
      const scoreName = rule.scoreName?.(hyper) ?? 'score'
      const areProbable = rule.probabilities?.(hyper) === true
      const predicted: Predicted[] = []
      for await (const { rows, outputs } of scoresOf(own, split)) {
        for (let row = 0; row < rows; row++) {
          const scores = [...outputs.scores!.subarray(row * width, (row + 1) * width)]
          const probabilities = areProbable ? kind.probabilities?.(scores) : undefined
          predicted.push({ ...kind.say(scores, samples), scores, scoreName, ...(probabilities && { probabilities }) })
        }
      }
      return predicted
    },
    exported: () => exportModel(rule, task, hyper, stateRecord(state), samples),
    close: () => program.dispose(),
  }
}

/** `inputs [1, 28, 28] in 256 levels with class (10)`. */
function described({ input, target }: Pick<Samples, 'input' | 'target'>): string {
  const levels = input.levels === undefined ? '' : ` in ${input.levels} levels`
  const said = target.kind === 'none' ? 'no target' : `${target.kind} (${target.count})`
  return `inputs ${show(input.shape)}${levels} with ${said}`
}
