/** Judging what the network of a kept run draws. */
import { imageShapeOf } from './data/index.js'
import { UserError } from './errors.js'
import { openFeatures, PIXELS } from './judge/features.node.js'
import { type Generating, openGenerating } from './judge/generating.js'
import { type Evidence, type Judgement, type JudgeOptions, judgeImages } from './judge/judging.js'
import { dataOfRun, node, type RunOptions, readRun } from './runs.node.js'
import { partsOf } from './train/rows.js'

/** Images of each kind, log weights of each image. */
const [COUNT, DRAWS] = [10_000, 64]

export interface JudgeRunOptions extends RunOptions, Partial<JudgeOptions> {
  /** `pixels` (default), the folder of a run that classifies, or an ONNX file. */
  readonly features?: string | undefined
  /**
   * The images that it is judged by: the test images (default), or those that were held out of training, which is what
   * settings are to be chosen by.
   */
  readonly against?: 'test' | 'validation' | undefined
}

export interface RunJudgement extends Judgement {
  readonly against: 'test' | 'validation'
  readonly seed: number
}

/**
 * Compares what the network of a saved run draws with real images: the Frechet distance, precision and recall, and where
 * it has a density the likelihood. Throws a UserError where it draws nothing, or where features or images do not fit.
 */
export async function judgeRun(path: string, options: JudgeRunOptions = {}): Promise<RunJudgement> {
  const { features: wish = PIXELS, against = 'test', count = COUNT, draws = DRAWS, seed = 0 } = options
  const { checkpoint, mostThreads } = await readRun(path, options)
  const network = await openDrawing(path, options, count)
  try {
    const data = await dataOfRun(path, options)
    const { train, validation } = partsOf(data, checkpoint.settings.options)
    const held = against === 'test' ? data.test : validation
    if (held.count === 0)
      throw new UserError(
        against === 'test'
          ? `${data.name} has no test images: judge by those that were held out of training`
          : `no images were held out of the training of ${path}: judge by the test images`,
      )
    const evidence: Evidence = { samples: data, against: held, train }
    if (!imageShapeOf(data.input)) throw new UserError(`${data.name} holds no images: there is nothing to judge`)
    const features = await openFeatures(wish, evidence, node(mostThreads))
    try {
      return { ...(await judgeImages(network, features, evidence, { ...options, count, draws, seed })), against, seed }
    } finally {
      await features.close()
    }
  } finally {
    await network.close()
  }
}

/** Images of noise alone, in whole levels, by the network of a saved run. */
export async function samplesOfRun(
  path: string,
  options: RunOptions & { readonly count: number; readonly seed: number },
): Promise<Uint16Array[]> {
  const network = await openDrawing(path, options, options.count)
  try {
    if (!network.has.samples) throw new UserError(`the network of ${path} draws nothing of noise alone`)
    const { levels } = (await readRun(path, options)).checkpoint.samples.input
    const all: Uint16Array[] = []
    for await (const { count, values } of network.samples(options.count, options.seed)) {
      const size = values.length / count
      for (let i = 0; i < count; i++)
        all.push(
          Uint16Array.from(values.subarray(i * size, (i + 1) * size), (pixel) => Math.round(pixel * (levels! - 1))),
        )
    }
    return all
  } finally {
    await network.close()
  }
}

async function openDrawing(path: string, options: RunOptions, most: number): Promise<Generating> {
  const { rule, checkpoint, where, mostThreads } = await readRun(path, options)
  return await openGenerating(rule, checkpoint, node(mostThreads), { where, most })
}
