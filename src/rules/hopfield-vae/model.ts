import { constant, sizeOf, type Tensor } from '../../graph/index.js'
import { uniformWeights, zeros } from '../../nn/initialize.js'
import { binaryCrossEntropy, squaredError } from '../../nn/losses.js'
import type { Random } from '../../nn/random.js'
import { LINEAR, LOGISTIC } from '../../nn/units.js'
import { gaussianDivergence, gaussianSample } from '../../nn/variational.js'
import type { Block, Task } from '../contract.js'
import { levelsOf } from '../task.js'
import { type Clamping, clamp, feedForward, type Network, type States } from './hopfield.js'
import { type HopfieldVaeHyper, isDense, isTied } from './options.js'
import { packedShape } from './symmetric.js'

/** One network for both ways, or one for each. */
export type Networks =
  | { readonly network: Network; readonly encoder?: never; readonly decoder?: never }
  | { readonly encoder: Network; readonly decoder: Network; readonly network?: never }

/** What the encoder says of an image: the mean, and the logarithm of the variance, a number or [N, latent]. */
export interface Posterior {
  readonly mean: Tensor
  readonly logVariance: Tensor
}

/** The numbers and the directions of one variant on one task. */
export function modelOf(task: Task, h: HopfieldVaeHyper) {
  const visible = sizeOf(task.input.shape)
  const learned = h.variance === 'learned'
  const dense = isDense(h.variant)
  const damping = dense ? h.damping : 0
  const freeSweeps = h.freeSweeps ?? (dense ? 60 : 20)
  const nudgedSweeps = h.nudgedSweeps ?? (dense ? 20 : 10)

  const units = h.decoder === 'gaussian' ? LOGISTIC : LINEAR
  const encoding = (value: Tensor): Clamping => ({
    clamped: 'visible',
    value,
    output: 'latent',
    units: LINEAR,
    damping,
  })
  const decoding = (value: Tensor): Clamping => ({ clamped: 'latent', value, output: 'visible', units, damping })
  const relax = (network: Network, clamping: Clamping, sweeps: number, start?: States): States =>
    h.variant === 'F' ? feedForward(network, clamping) : clamp(network, clamping).free(sweeps, start)

  const encoderOf = (networks: Networks): Network => networks.encoder ?? networks.network
  const decoderOf = (networks: Networks): Network => networks.decoder ?? networks.network

  const posterior = ({ output }: States): Posterior =>
    learned
      ? { mean: output.slice(1, 0, h.latent), logVariance: output.slice(1, h.latent, 2 * h.latent) }
      : { mean: output, logVariance: constant(2 * Math.log(h.sigmaZ)) }
  const sample = ({ mean, logVariance }: Posterior, noise: Tensor): Tensor => gaussianSample(mean, logVariance, noise)
  /** KL(q | N(0, I)) of each image: [N]. */
  const divergence = ({ mean, logVariance }: Posterior): Tensor => gaussianDivergence(mean, logVariance)
  /** Pixels in [0, 1] from the visible units' states. */
  const pixels = (output: Tensor): Tensor => (h.decoder === 'gaussian' ? output : output.sigmoid())
  /** C of each image, [N], in nats without the Gaussian's normaliser, and the squared error of the pixels. */
  const cost = (output: Tensor, x: Tensor): { cost: Tensor; error: Tensor } => {
    const error = squaredError(pixels(output), x)
    const gaussian = h.decoder === 'gaussian'
    return { error, cost: gaussian ? error.mul(0.5 / h.sigmaX ** 2) : binaryCrossEntropy(output, x).sum(-1) }
  }

  const rows = (x: Tensor): Tensor => x.reshape([x.shape[0]!, visible])
  const encode = (networks: Networks, x: Tensor, sweeps = freeSweeps): Posterior =>
    posterior(relax(encoderOf(networks), encoding(x), sweeps))
  const decode = (networks: Networks, z: Tensor, sweeps = freeSweeps): Tensor =>
    relax(decoderOf(networks), decoding(z), sweeps).output

  return {
    ...{ visible, learned, freeSweeps, nudgedSweeps },
    ...{ encoding, decoding, relax, encoderOf, decoderOf },
    ...{ posterior, sample, divergence, pixels, cost, rows, encode, decode },
  }
}

export type Model = ReturnType<typeof modelOf>

function newNetwork(random: Random, name: string, visible: number, latent: number, h: HopfieldVaeHyper): Network {
  const sizes = { visible, hidden: h.hidden, latent }
  const units = visible + h.hidden + latent
  const glorot = (lower: number, upper: number, pair: string, gain: number): Tensor =>
    uniformWeights(random, `${name}.${pair}`, [lower, upper], 'glorot').mul(gain)
  const weak = (shape: readonly number[], pair: string): Tensor =>
    random.normal(`${name}.${pair}`, shape).mul(0.1 / Math.sqrt(units))
  const dense = isDense(h.variant)
  const within = (layer: keyof typeof sizes): Record<string, Tensor> =>
    dense && sizes[layer] > 1 ? { [layer]: weak(packedShape(sizes[layer]), `${layer}.${layer}`) } : {}
  return {
    visible: { bias: zeros([visible]), ...within('visible') },
    hidden: {
      bias: constant(0.3).broadcastTo([h.hidden]),
      visible: glorot(visible, h.hidden, 'hidden.visible', 0.7),
      ...within('hidden'),
    },
    latent: {
      bias: zeros([latent]),
      hidden: glorot(h.hidden, latent, 'latent.hidden', 0.5),
      ...(dense && { visible: weak([visible, latent], 'latent.visible') }),
      ...(h.latentCouplings && within('latent')),
    },
  }
}

/**
 * The first networks: as in the reconstruction's runs; the extra couplings of dense ones begin weak. Throws a UserError where
 * inputs are real numbers, which no decoder here can make: by Bernoulli units their cost would have no lower bound.
 */
export function newNetworks(random: Random, task: Task, h: HopfieldVaeHyper): Networks {
  levelsOf(task)
  const visible = sizeOf(task.input.shape)
  if (isTied(h.variant)) return { network: newNetwork(random, 'network', visible, h.latent, h) }
  const learned = h.variance === 'learned'
  const encoder = newNetwork(random, 'encoder', visible, learned ? 2 * h.latent : h.latent, h)
  const decoder = newNetwork(random, 'decoder', visible, h.latent, h)
  if (!learned) return { encoder, decoder }
  const logVariances = constant(
    Float64Array.from({ length: 2 * h.latent }, (_, i) => (i < h.latent ? 0 : 2 * Math.log(h.sigmaZ))),
  )
  return { encoder: { ...encoder, latent: { ...encoder.latent, bias: logVariances } }, decoder }
}

/** From below; a layer goes with its couplings to those under it, and inert visible units with the hidden ones. */
export function blocksOf(h: HopfieldVaeHyper): readonly Block[] {
  const block = (name: string, ...parameters: string[]): Block => ({ name, parameters })
  const apart = isDense(h.variant)
  if (isTied(h.variant))
    return apart
      ? [block('visible', 'network.visible'), block('hidden', 'network.hidden'), block('latent', 'network.latent')]
      : [block('hidden', 'network.visible', 'network.hidden'), block('latent', 'network.latent')]
  return [
    block('encoder hidden', 'encoder.visible', 'encoder.hidden'),
    block('encoder latent', 'encoder.latent'),
    block('decoder latent', 'decoder.latent'),
    ...(apart
      ? [block('decoder hidden', 'decoder.hidden'), block('decoder visible', 'decoder.visible')]
      : [block('decoder hidden', 'decoder.hidden', 'decoder.visible')]),
  ]
}

/**
 * Parameters that no phase can teach, by dotted name: those between units that are always clamped. They are there, so
 * that a tied network has exactly half the couplings of two, and stay as they began.
 */
export const isInert = (name: string): boolean =>
  name.startsWith('encoder.visible.') || name === 'decoder.latent.bias' || name === 'decoder.latent.latent'
