import type { Target } from '../../data/index.js'
import { UsageError } from '../../errors.js'
import { logSoftmax, oneHot, softmax, type Tensor } from '../../graph/index.js'

/** A loss of what the output says, o [N, K], against statistics of the target, t = T(y) [N, K]. */
export interface OutputLoss {
  /** The kinds of target that it is made for: of others its outputs would not be read rightly. */
  readonly targets: readonly Target['kind'][]
  /** Of every sample, [N]. */
  loss(o: Tensor, t: Tensor): Tensor
  /** s = d loss / d o of every sample, [N, K]. At the optimum its mean is zero, given the input. */
  score(o: Tensor, t: Tensor): Tensor
  /** What o predicts of t, [N, K]: its mean, or for the pinball loss its quantile. It depends on the input alone. */
  prediction(o: Tensor): Tensor
  /** Whether o are log-probabilities of classes, up to a constant. */
  readonly logProbabilities: boolean
}

/**
 * Minus the log-likelihood A(o) - o.T(y) of an exponential family with natural parameters o. Its score is
 * grad A(o) - T(y), the predicted mean less the target.
 */
const exponentialFamily = (
  targets: OutputLoss['targets'],
  A: (o: Tensor) => Tensor,
  mean: (o: Tensor) => Tensor,
  logProbabilities: boolean,
): OutputLoss => ({
  targets,
  loss: (o, t) => A(o).sub(o.mul(t).sum(-1)),
  score: (o, t) => mean(o).sub(t),
  prediction: mean,
  logProbabilities,
})

const pinball = (quantile: number): OutputLoss => ({
  targets: ['values'],
  /** (y - o) (tau - 1{y < o}), summed over the values. */
  loss: (o, y) => y.sub(o).mul(y.less(o).cast('float32').neg().add(quantile)).sum(-1),
  score: (o, y) => y.less(o).cast('float32').sub(quantile),
  prediction: (o) => o,
  logProbabilities: false,
})

const LOSSES = {
  /** Categorical: A(o) = ln sum exp o, written so that no large numbers are subtracted. */
  'cross-entropy': {
    targets: ['class'],
    loss: (o, t) => logSoftmax(o).mul(t).sum(-1).neg(),
    score: (o, t) => softmax(o).sub(t),
    prediction: softmax,
    logProbabilities: true,
  },
  /** Gaussian with unit variance: |o - t|^2 / 2. */
  'squared-error': {
    targets: ['class', 'values'],
    loss: (o, t) => o.sub(t).square().sum(-1).mul(0.5),
    score: (o, t) => o.sub(t),
    prediction: (o) => o,
    logProbabilities: false,
  },
  /** K coins: A(o) = sum ln(1 + exp o). Of one class it is one against all. */
  bernoulli: exponentialFamily(
    ['class', 'labels'],
    (o) => o.softplus().sum(-1),
    (o) => o.sigmoid(),
    false,
  ),
  /** K counts: A(o) = sum exp o. A class is a count of one; given that there is one, it is the categorical family. */
  poisson: exponentialFamily(
    ['class'],
    (o) => o.exp().sum(-1),
    (o) => o.exp(),
    true,
  ),
} as const satisfies Record<string, OutputLoss>

export const CHOICES = ['auto', 'cross-entropy', 'squared-error', 'pinball', 'bernoulli', 'poisson'] as const

export interface LossOptions {
  readonly method: string
  readonly loss: (typeof CHOICES)[number]
  readonly quantile: number
}

const NATURAL = { class: 'cross-entropy', labels: 'bernoulli', values: 'squared-error' } as const

/** The output's loss on targets of a kind. Throws a UsageError where it is made for others. */
export function lossOf({ kind }: Target, { method, loss, quantile }: LossOptions): OutputLoss {
  if (kind === 'none') throw new UsageError('broadcast learns from targets, and the data set has none: choose another')
  const name = loss !== 'auto' ? loss : method === 'ebd' ? 'squared-error' : NATURAL[kind]
  const own: OutputLoss = name === 'pinball' ? pinball(quantile) : LOSSES[name]
  if (own.targets.includes(kind)) return own
  throw new UsageError(
    `loss=${name} of broadcast learns targets of the kind ${own.targets.join(' or ')}, and the data set has ${kind}: ` +
      `take loss=${NATURAL[kind]}${method === 'ebd' ? ' with method=sbd' : ''}`,
  )
}

/** Whether scores are log-probabilities of classes, where the target is one class. */
export const saysProbabilities = (options: LossOptions): boolean =>
  options.loss !== 'pinball' && lossOf({ kind: 'class', count: 2 }, options).logProbabilities

/** T(y) [N, K]: a class as its one-hot code, labels and values as they are. */
export const statistics = (target: Tensor, { kind, ...of }: Target): Tensor =>
  kind === 'class' && 'count' in of ? oneHot(target, of.count) : target
