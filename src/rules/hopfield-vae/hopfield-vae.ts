/**
 * A Hopfield VAE after Van der Meersch, Deleu, Demeester 2023, "Training a Hopfield Variational Autoencoder with
 * Equilibrium Propagation" (arXiv 2311.15047), reconstructed: of the paper only the abstract and digests were to be
 * had.
 *
 * A Hopfield network (see `network`) encodes while its visible units are clamped to an image, and decodes
 * while its latent units are clamped to a sample:
 *   mu = l*(x),  z = mu + sigma_z eps,  xhat = v*(z),  L = C(xhat, x) + KL,
 *   C = |x - xhat|^2 / (2 sigma_x^2), or sum softplus(a) - x a with v = a logits,
 *   KL = 1/2 sum (mu^2 + sigma_z^2 - 1 - ln sigma_z^2).
 *
 * One step: 1. the encoder settles freely; 2. so does the decoder; 3. the decoder's output is pulled by -+ beta dC/dv:
 * the contrast of the two states gives its weights' gradients and the input gradient g_z = dC/dz, the change of the
 * current that the latent units receive; 4. the encoder's latent units are pulled by -+ beta_e dL/dmu,
 *   dL/dmu = g_z + mu,   dL/dlambda = 1/2 g_z eps exp(lambda / 2) + 1/2 (exp(lambda) - 1)   (lambda = ln sigma_z^2),
 * and the contrast gives the encoder's gradients; 5. Adam, on the sum of both where one network does both.
 *
 * The variants are a mask of couplings and a tying switch:
 *   F    an ordinary feed-forward VAE of the same units, by backpropagation: the baseline
 *   H    layered (visible-hidden, hidden-latent), one network to encode and one to decode
 *   TH   the same with one network for both ways: half the parameters (ours, for comparison)
 *   DH   dense: visible-visible, hidden-hidden and visible-latent couplings too, two networks
 *   TDH  dense, one network for both ways
 *
 * Reconstructed: the list `reconstructed` below and every default. Ours: hidden and output units of a dense network are
 * updated in turn, each damped (the reconstruction leaves the order open).
 * Expected (reconstruction, 8,000 images, 10 epochs): J of F 115, H 127, TH 132, DH 105, TDH 109 nats.
 */
import { concat, constant, grad, type Tensor } from '../../graph/index.js'
import type { Optimizer } from '../../nn/optimizer.js'
import { adam, stepSize } from '../../nn/optimizers.js'
import { leaves, mapTree, type Tree } from '../../nn/tree.js'
import type { Metrics, Rule, Step, Task } from '../contract.js'
import { DECODE, ENCODE, LEARN, SAMPLE } from '../phases.js'
import { generatorOf } from './generator.js'
import { both, clamp, contrastGradients, contrasts, type Force, inputGradient, type States } from './hopfield.js'
import { blocksOf, isInert, type Model, modelOf, type Networks, newNetworks, type Posterior } from './model.js'
import { type HopfieldVaeHyper, hyper, isTied } from './options.js'
import { picturesOf } from './pictures.js'

export type HopfieldVaeState = Networks & { readonly optimizer: Tree }

type Gradients = Record<string, Tensor>

const optimizerOf = ({ weightDecay }: HopfieldVaeHyper): Optimizer => adam({ weightDecay })

const networksOf = (state: HopfieldVaeState): Networks =>
  state.network ? { network: state.network } : { encoder: state.encoder, decoder: state.decoder }

/** The parameters that learn, by dotted name. */
const learning = (networks: Networks): Gradients =>
  Object.fromEntries(leaves(networks).filter(([name]) => !isInert(name)))

const prefixed = (name: string, gradients: Gradients): Gradients =>
  Object.fromEntries(Object.entries(gradients).map(([path, g]) => [`${name}.${path}`, g]))

/** What a step finds: gradients of the mean loss over the batch, by dotted name, and figures of each image, [N]. */
interface Findings {
  readonly gradients: Gradients
  readonly cost: Tensor
  readonly error: Tensor
  readonly divergence: Tensor
  readonly metrics: Metrics
}

/** Backpropagation through encoder, sample and decoder. */
function byGradient(model: Model, networks: Networks, x: Tensor, noise: Tensor, klWeight: Tensor): Findings {
  const posterior = model.encode(networks, x)
  const { cost, error } = model.cost(model.decode(networks, model.sample(posterior, noise)), x)
  const divergence = model.divergence(posterior)
  const loss = cost.add(divergence.mul(klWeight)).mean()
  const parameters = learning(networks)
  const slopes = grad(loss, Object.values(parameters))
  const gradients = Object.fromEntries(Object.keys(parameters).map((name, i) => [name, slopes[i]!]))
  return { gradients, cost, error, divergence, metrics: {} }
}

/** Two equilibrium propagations, the decoder's error crossing over to the encoder by its input gradient. */
function byEquilibria(
  model: Model,
  h: HopfieldVaeHyper,
  networks: Networks,
  x: Tensor,
  noise: Tensor,
  klWeight: Tensor,
): Findings {
  const [encoder, decoder] = [model.encoderOf(networks), model.decoderOf(networks)]
  const { nudgedSweeps, freeSweeps } = model

  const encoding = model.encoding(x)
  const encoderSettles = clamp(encoder, encoding)
  const code = encoderSettles.free(freeSweeps)
  const posterior = model.posterior(code)
  const z = model.sample(posterior, noise)

  const decoding = model.decoding(z)
  const decoderSettles = clamp(decoder, decoding)
  const image = decoderSettles.free(freeSweeps)
  const target = both(x)
  // With beta = nudge sigma_x^2, the force beta dC/dv is nudge (v - x).
  const towards: Force = (v, sign) => target.sub(model.pixels(v)).mul(sign.mul(h.nudge))
  const beta = h.decoder === 'gaussian' ? h.nudge * h.sigmaX ** 2 : h.nudge
  // The force changes with v: half a step at a time.
  const images = decoderSettles.nudged(image, nudgedSweeps, towards, 0.5)
  const decoded = contrasts(decoding, images, 1 / (2 * beta))
  const inputSlope = inputGradient(decoder, 'latent', decoded)

  const error = latentError(model, inputSlope, posterior, noise, klWeight)
  // beta_e is a constant over the error's length, and at most 1/2: a force that follows mu must not outweigh its units.
  const length = error
    .square()
    .sum(-1, true)
    .sqrt()
    .maximum(2 * h.encoderNudge)
  const strength = constant(h.encoderNudge).div(length)
  const codes = encoderSettles.nudged(code, nudgedSweeps, encoderForce(h, error, strength, klWeight, code), 0)
  const encoded = contrasts(encoding, codes, length.mul(0.5 / h.encoderNudge))

  const [below, above] = [contrastGradients(encoder, encoded), contrastGradients(decoder, decoded)]
  const gradients = isTied(h.variant)
    ? prefixed('network', summed(below, above))
    : { ...prefixed('encoder', below), ...prefixed('decoder', above) }
  const again = decoderSettles.free(1, image).output
  const moving = again.sub(image.output).abs().greater(0.01).cast('float32').mean()
  return {
    gradients,
    ...model.cost(image.output, x),
    divergence: model.divergence(posterior),
    metrics: { network: { moving } },
  }
}

/** dL/dmu, and behind it dL/dlambda where the variance is learned. */
function latentError(model: Model, inputSlope: Tensor, posterior: Posterior, noise: Tensor, klWeight: Tensor): Tensor {
  const { mean, logVariance } = posterior
  const ofMean = inputSlope.add(mean.mul(klWeight))
  if (!model.learned) return ofMean
  const ofSample = inputSlope.mul(noise).mul(logVariance.mul(0.5).exp())
  const ofLogVariance = ofSample.add(logVariance.exp().sub(1).mul(klWeight)).mul(0.5)
  return concat([ofMean, ofLogVariance], 1)
}

/** -+ beta_e times the error, held as it was, or with the mean's part of the KL read from the units while they move. */
function encoderForce(h: HopfieldVaeHyper, error: Tensor, strength: Tensor, klWeight: Tensor, code: States): Force {
  if (h.encoderForce === 'linear') {
    const held = both(error.mul(strength))
    return (_, sign) => held.mul(sign).neg()
  }
  const isMean = constant(Float64Array.from({ length: error.shape[1]! }, (_, i) => Number(i < h.latent)))
  const following = isMean.mul(klWeight)
  const held = both(error.sub(code.output.mul(following)).mul(strength))
  const followed = both(strength.mul(following))
  return (l, sign) => l.mul(followed).add(held).mul(sign).neg()
}

function summed(a: Gradients, b: Gradients): Gradients {
  const all = { ...a }
  for (const [name, g] of Object.entries(b)) all[name] = all[name]?.add(g) ?? g
  return all
}

/** The weight of the KL, from 0.1 to 1 in the first part of the training. */
const klWeightAt = (progress: Tensor, { klWarmup }: HopfieldVaeHyper): Tensor =>
  klWarmup === 0
    ? constant(1)
    : progress
        .mul(0.9 / klWarmup)
        .add(0.1)
        .minimum(1)

function joint(task: Task, h: HopfieldVaeHyper): Step<HopfieldVaeState> {
  const model = modelOf(task, h)
  return (state, batch) => {
    const networks = networksOf(state)
    const x = model.rows(batch.x)
    const noise = batch.random.normal('posterior', [x.shape[0]!, h.latent])
    const klWeight = klWeightAt(batch.progress, h)
    const found =
      h.variant === 'F'
        ? byGradient(model, networks, x, noise, klWeight)
        : byEquilibria(model, h, networks, x, noise, klWeight)
    const parameters = learning(networks)
    const rate = stepSize(h, batch.progress)
    const slopes = Object.keys(parameters).map((name) => found.gradients[name]!)
    const [learned, optimizer] = optimizerOf(h).update(parameters, slopes, state.optimizer, rate)
    const next = mapTree(networks, (leaf, name) => learned[name] ?? leaf)
    const { cost, error, divergence, metrics } = found
    const J = cost.add(divergence).mean()
    return [{ ...next, optimizer }, { network: { J, SE: error.mean(), KL: divergence.mean(), ...metrics.network } }]
  }
}

export const hopfieldVae: Rule<HopfieldVaeHyper, HopfieldVaeState> = {
  id: 'hopfield-vae',
  title: 'Hopfield VAE',
  summary: 'a symmetric network settles to encode and to decode, and learns from the contrast of nudged equilibria',
  paper: {
    authors: 'Van der Meersch, Deleu, Demeester',
    year: 2023,
    title: 'Training a Hopfield Variational Autoencoder with Equilibrium Propagation',
    arxiv: '2311.15047',
  },
  source: 'reconstructed',
  targets: ['none', 'class', 'labels', 'values'],
  reconstructed: [
    'everything but the idea: of the paper only the abstract and digests were to be had',
    'the energy, its units and what is clamped',
    'the reading of D as dense and of T as tied; TH is ours',
    'how the decoder teaches the encoder: the input gradient as a force on the latent units',
    'all sizes, sweeps, nudges, deviations, rates and initial weights',
  ],
  hyper,
  training: { epochs: 10, batch: 128 },
  small: { hyper: { hidden: 6, latent: 3, freeSweeps: 4, nudgedSweeps: 3 } },
  presets: {
    quick: {
      description: 'layered, 784-128-16, 4 epochs: halves its reconstruction error on glyphs within a minute',
      hyper: { variant: 'H', hidden: 128, rate: 0.002 },
      train: { epochs: 4, batch: 64 },
    },
    f: { description: 'F-VAE, 784-256-16: feed-forward, by backpropagation', hyper: { variant: 'F' } },
    h: { description: 'H-VAE, 784-256-16: layered, two networks, T1 20, T2 10', hyper: { variant: 'H' } },
    th: { description: 'TH-VAE, 784-256-16: layered, one network (ours)', hyper: { variant: 'TH' } },
    dh: { description: 'DH-VAE, 784-256-16: dense, two networks, T1 60, T2 20', hyper: { variant: 'DH' } },
    tdh: { description: 'TDH-VAE, 784-256-16: dense, one network, T1 60, T2 20', hyper: { variant: 'TDH' } },
  },

  locality: (_, h) => ({
    blocks: blocksOf(h),
    // Equilibria carry no derivative, but what is above comes back through them: feedback, by the couplings themselves.
    promise: {
      local: false,
      labels: ['none'],
      ...(h.variant === 'F' ? { window: 'all' } : { window: 1, feedback: 'forward weights' }),
    },
  }),

  phases: ({ variant }) => [
    {
      name: ENCODE,
      says: `The image is held at the visible units, and the network ${variant === 'F' ? 'computes' : 'settles to'} a code.`,
      ways: ['input', ...(variant === 'F' ? [] : (['feedback'] as const))],
    },
    { name: SAMPLE, says: 'A code is drawn near that one.', ways: [] },
    {
      name: DECODE,
      says: `The code is held at the latent units, and the network ${variant === 'F' ? 'computes' : 'settles to'} an image.`,
      ways: variant === 'F' ? ['input'] : ['input', 'feedback'],
    },
    variant === 'F'
      ? { name: LEARN, says: 'The derivative of the error goes back through both.', ways: ['derivative'], learns: true }
      : {
          name: LEARN,
          says: 'Both settle again under a small pull, and each coupling changes by what its two ends then do otherwise.',
          ways: ['feedback'],
          learns: true,
        },
  ],

  init(random, task, h) {
    const networks = newNetworks(random, task, h)
    return { ...networks, optimizer: optimizerOf(h).init(learning(networks)) }
  },

  steps: (task, h) => ({ joint: joint(task, h) }),

  objective: 'J',
  divergence: 'KL',
  figures: {
    J: 'what is descended, the negative evidence bound: SE / (2 sigmaX^2), or the cross-entropy, plus KL, in nats; small is good',
    SE: 'squared error of an image that was encoded and decoded, summed over its pixels; small is good',
    KL: 'divergence of the latent units from their prior, in nats',
    unsettled: 'by how much SE changes when the sweeps are doubled, as a part of it; above 0.02: not converged',
  },

  /** J and KL in nats, J without the Gaussian's normaliser; SE in squared pixels; what twice T1 changes in it. */
  assess(state, view, task, h) {
    const model = modelOf(task, h)
    const networks = networksOf(state)
    const x = model.rows(view.x)
    const noise = view.random.normal('posterior', [x.shape[0]!, h.latent])
    const after = (sweeps: number) => {
      const posterior = model.encode(networks, x, sweeps)
      const output = model.decode(networks, model.sample(posterior, noise), sweeps)
      return { ...model.cost(output, x), divergence: model.divergence(posterior) }
    }
    const { cost, error: SE, divergence: KL } = after(model.freeSweeps)
    const figures = { J: cost.add(KL), SE, KL }
    if (h.variant === 'F') return { network: figures }
    const unsettled = after(2 * model.freeSweeps)
      .error.sub(SE)
      .abs()
      .div(SE)
    return { network: { ...figures, unsettled } }
  },

  pictures: (task, h) => picturesOf(task, h, networksOf),

  generator: (task, h) => generatorOf(task, h, networksOf),
}
