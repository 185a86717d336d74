import { checkSplit, type GivenNumbers, gatherInputs, type ImageShape } from '../data/index.js'
import { UserError } from '../errors.js'
import { sizeOf } from '../graph/index.js'
import type { AnyRule } from '../rules/contract.js'
import { traceRule } from '../rules/trace.js'
import { type Checkpoint, checkState, statePorts, stateRecord } from './checkpoint.js'
import { heldOutNoise } from './noise.js'
import type { Platform } from './platform.js'
import type { NamedTensor } from './safetensors.js'
import { taskOf } from './traced-plan.js'

/** Images that latents stand for. */
export interface Decoded {
  /** [C, H, W]. */
  readonly shape: ImageShape
  /** [count, C, H, W], pixels in [0, 1]. */
  readonly images: Float32Array
}

/** What stands for images in a network, to be closed after use. */
export interface NetworkLatents {
  load(state: readonly NamedTensor[]): Promise<void>
  /** Of inputs as the data set has them, D numbers each. */
  encode(inputs: readonly GivenNumbers[]): Promise<Float32Array[]>
  /** Throws a UserError where a latent has another size. */
  decode(latents: readonly ArrayLike<number>[]): Promise<Decoded>
  close(): Promise<void>
}

/** Opens the latents of the network of a checkpoint, one sample at a time. Throws a UserError where its rule has none. */
export async function openLatents(
  rule: AnyRule,
  { settings, samples, state }: Checkpoint,
  platform: Platform,
  where: string,
): Promise<NetworkLatents> {
  const task = { ...(await taskOf(samples, settings.options, platform)), batch: 1 }
  const traced = traceRule(rule, task, settings.hyper).latents()
  if (!traced) throw new UserError(`${rule.id} has no latents with these options`)
  const { device, threads, seed } = settings.options
  const options = { device, ...(threads !== undefined && { threads }) }
  const [encoder, decoder] = [traced.encode, traced.decode]
  const programs = await Promise.all([platform.compile(encoder, options), platform.compile(decoder, options)])
  const [encoding, decoding] = programs
  const load = async (own: readonly NamedTensor[]): Promise<void> => {
    checkState(statePorts(encoder), own, where)
    for (const program of programs) await program.load(stateRecord(own))
  }
  await load(state)
  const size = sizeOf(decoder.batch[0]!.input.shape)
  const pixels = sizeOf(samples.input.shape)
  return {
    load,
    async encode(given) {
      const split = checkSplit(
        { inputs: given, count: given.length },
        { input: samples.input, target: { kind: 'none' } },
        'what is encoded',
      )
      const latents: Float32Array[] = []
      for (let row = 0; row < split.count; row++) {
        const x = new Float32Array(pixels)
        gatherInputs(samples, split, Uint32Array.of(row), x)
        // The noise is that of the first sample, for each of them.
        const { metrics } = await encoding!.run(1, { x, ...heldOutNoise(encoder.batch, seed, 0, 1) })
        latents.push(Float32Array.from(metrics.latents!))
      }
      return latents
    },
    async decode(given) {
      const wrong = given.find(({ length }) => length !== size)
      if (wrong) throw new UserError(`a latent of this network has ${size} numbers, not ${wrong.length}`)
      const images = new Float32Array(given.length * pixels)
      for (const [i, latent] of given.entries()) {
        const { metrics } = await decoding!.run(1, { x: Float32Array.from(latent) })
        images.set(
          Float32Array.from(metrics.images!, (pixel) => Math.min(1, Math.max(0, pixel))),
          i * pixels,
        )
      }
      return { shape: samples.input.shape as ImageShape, images }
    },
    async close() {
      for (const program of programs) await program.dispose()
    },
  }
}
