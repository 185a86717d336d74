import { imageShapeOf, type Samples } from '../data/index.js'
import { UsageError, UserError } from '../errors.js'
import { concat, reachable, type Tensor } from '../graph/index.js'
import { sameShape, show, sizeOf } from '../graph/types.js'
import type { StepGraph } from '../onnx/index.js'
import { checkOptions } from '../options/index.js'
import type { AnyRule } from '../rules/contract.js'
import { traceRule } from '../rules/trace.js'
import { type Checkpoint, checkState, statePorts, stateRecord } from '../train/checkpoint.js'
import type { Platform } from '../train/platform.js'
import { taskOf } from '../train/traced-plan.js'
import type { Features } from './features.js'
import { readOutInputs } from './read-out-inputs.js'

/** Eigenvectors of more features take minutes. */
const MOST = 4096

const BATCH = 200

/** The part of a SHA-256 that stands in names. */
export const shortHash = (sha256: string): string => sha256.slice(0, 8)

/**
 * The features of a classifier that Onward has trained: what its read-out reads. `sha256`: of its checkpoint. Throws a
 * UsageError where it reads other images, or where its scores are not read out of a layer.
 */
export async function classifierFeatures(
  rule: AnyRule,
  { settings, samples, state, data }: Checkpoint,
  platform: Platform,
  { where, sha256, images }: { readonly where: string; readonly sha256: string; readonly images: Samples },
): Promise<Features> {
  if (!rule.predict)
    throw new UsageError(`features are those of a run that predicts; ${rule.id} (${where}) only draws.`)
  const { shape, levels } = images.input
  if (!imageShapeOf(samples.input) || !sameShape(samples.input.shape, shape) || samples.input.levels !== levels)
    throw new UsageError(
      `the features of ${where} are of images ${described(samples)}, and what is judged is ${described(images)}.`,
    )
  const hyper = checkOptions(rule.hyper, settings.hyper, rule.id)
  const task = { ...(await taskOf(samples, settings.options, platform)), batch: BATCH }
  const graph = featureGraph(traceRule(rule, task, hyper).predict, where)
  const size = graph.metrics[0]!.output.shape[1]!
  if (size > MOST)
    throw new UsageError(
      `the read-out of ${where} reads ${size} numbers of an image; features are ${MOST} at most: take a smaller last layer.`,
    )
  checkState(statePorts(graph), state, where)
  const { device, threads } = settings.options
  const program = await platform.compile(graph, { device, ...(threads !== undefined && { threads }) })
  await program.load(stateRecord(state))
  const pixels = sizeOf(shape)
  return {
    name: `${rule.id}-${data}@${shortHash(sha256)}`.replaceAll(/[^\w@.-]+/g, '-'),
    says: `the ${size} numbers that the read-out of ${where} (${rule.id}, trained on ${data}) reads`,
    ...{ size, sha256 },
    async of(own, count) {
      const out = new Float32Array(count * size)
      for (let first = 0; first < count; first += BATCH) {
        const some = Math.min(BATCH, count - first)
        const x = new Float32Array(BATCH * pixels)
        x.set(own.subarray(first * pixels, (first + some) * pixels))
        const { metrics } = await program.run(1, { x })
        out.set((metrics.features as Float32Array).subarray(0, some * size), first * size)
      }
      return out
    },
    close: () => program.dispose(),
  }
}

const described = ({ input: { shape, levels } }: Samples): string =>
  `${show(shape)}${levels === undefined ? '' : ` in ${levels} levels`}`

/** The prediction, cut off before the read-out: `features` [N, D]. */
function featureGraph(predict: StepGraph, where: string): StepGraph {
  const scores = predict.metrics.find(({ name }) => name === 'scores')!.output
  const inputs = readOutInputs(scores)
  const [count] = scores.shape
  if (!inputs?.every(({ shape, dtype }) => shape[0] === count && dtype === 'float32'))
    throw new UsageError(
      `the scores of ${where} are not read out of a layer of features: take a run of a classifier with a read-out, of backprop, say.`,
    )
  const flat = inputs.map((x): Tensor => x.reshape([count!, -1]))
  const features = flat.length === 1 ? flat[0]! : concat(flat, 1)
  const used = new Set(reachable([features]).map(({ id }) => id))
  const batch = predict.batch.filter(({ name, input }) => name === 'x' || used.has(input.node.id))
  if (batch.length > 1) throw new UserError(`what ${where} predicts depends on noise: take another classifier`)
  return { state: predict.state, batch, metrics: [{ name: 'features', output: features }] }
}
