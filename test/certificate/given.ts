// Two layers and a head, and whatever an attack adds: programs as the certificate reads them.

import type { Certificate, LayerCertificate } from '../../src/certificate/certificate.js'
import { type Block, type CertifyOptions, certify, type Program } from '../../src/certificate/certify.js'
import { argmax, constant, grad, input, oneHot, type Tensor } from '../../src/graph/index.js'

/** Samples of a batch, and sizes: x [N, 4], W0 [4, 5], W1 [5, 5], W2 [5, 3] over three classes. */
export const [N, K] = [6, 3]

export interface Given {
  readonly W0: Tensor
  readonly W1: Tensor
  readonly W2: Tensor
  readonly x: Tensor
  readonly labels: Tensor
  readonly progress: Tensor
  readonly state: Readonly<Record<string, Tensor>>
  noise(name: string, shape: readonly number[]): Tensor
}

export const BLOCKS: readonly Block[] = [
  { name: 'layer 0', parameters: ['W0'] },
  { name: 'layer 1', parameters: ['W1'] },
  { name: 'output', parameters: ['W2'] },
]

export type Write = (given: Given) => Record<string, Tensor>

export interface Setting {
  /** State besides W0, W1 and W2, by name: its shape. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>
  readonly blocks?: readonly Block[]
  /** What predictions read. */
  readonly predicts?: readonly string[]
  /** The prediction itself, of the first program's weights and data. */
  readonly predict?: (given: Given) => Tensor
  /** State that starts with something made of labels. */
  readonly labelled?: readonly string[]
  readonly classes?: number
  readonly samples?: number
}

const SHAPES = { W0: [4, 5], W1: [5, 5], W2: [5, K] }

/** One program: `write` gives the new values of some of the state. */
export function programOf(write: Write, shapes: Setting['shapes'] = {}): Program {
  const all: Record<string, readonly number[]> = { ...SHAPES, ...shapes }
  const state = Object.fromEntries(
    Object.entries(all).map(([name, shape]) => [name, input({ name, kind: 'state', shape, dtype: 'float32' })]),
  ) as Record<string, Tensor> & Pick<Given, 'W0' | 'W1' | 'W2'>
  const given = (name: string, kind: 'data' | 'labels' | 'schedule' | 'noise', shape: readonly number[]): Tensor =>
    input({ name, kind, shape, dtype: kind === 'labels' ? 'int32' : 'float32' })
  const written = write({
    W0: state.W0,
    W1: state.W1,
    W2: state.W2,
    state,
    x: given('x', 'data', [N, 4]),
    labels: given('labels', 'labels', [N]),
    progress: given('progress', 'schedule', []),
    noise: (name, shape) => given(name, 'noise', shape),
  })
  return {
    state: Object.keys(all).map((name) => ({ name, input: state[name]!, output: written[name] ?? state[name]! })),
  }
}

export function certificateOf(writes: Write | readonly Write[], setting: Setting = {}): Certificate {
  const { shapes, blocks = BLOCKS, predicts, predict: scores, labelled = [], classes = K, samples = N } = setting
  const programs = (Array.isArray(writes) ? writes : [writes]).map((write: Write) => programOf(write, shapes))
  const state = programs[0]!.state.filter(({ name }) => predicts?.includes(name))
  const predict: CertifyOptions['predict'] = {
    state,
    metrics: [{ name: 'scores', output: state.map(({ input: x }) => x.sum()).reduce((a, b) => a.add(b), constant(0)) }],
  }
  const predicting = scores && predictionOf(scores)
  const read = predicting ?? (predicts && predict)
  return certify(programs, blocks, {
    ...{ samples, choices: classes, labelled: new Set(labelled) },
    ...(read && { predict: read }),
  })
}

/** A program that only predicts: it changes nothing, and gives the scores. */
function predictionOf(scores: (given: Given) => Tensor): CertifyOptions['predict'] {
  let output: Tensor | undefined
  const { state } = programOf((given) => {
    output = scores(given)
    return {}
  })
  return { state, metrics: [{ name: 'scores', output: output! }] }
}

export const descend = (w: Tensor, g: Tensor): Tensor => w.sub(g.mul(0.1))
export const energy = (h: Tensor): Tensor => h.square().sum()
/** What a layer makes of its input, and the change of its weights that carries a signal [N, D] of its outputs. */
export const taught = (w: Tensor, below: Tensor, signal: Tensor): Tensor =>
  descend(w, below.matmul(signal, { transposeA: true }))

export function forward({ W0, W1, W2, x }: Pick<Given, 'W0' | 'W1' | 'W2' | 'x'>) {
  const h0 = x.matmul(W0).relu()
  const h1 = h0.matmul(W1).relu()
  return { h0, h1, y: h1.matmul(W2) }
}

/** Every layer learns from its own input; the output from labels. What an honest local rule looks like. */
export function honest(given: Given): { W0: Tensor; W1: Tensor; W2: Tensor } {
  const { W0, W1, W2, x, labels } = given
  const h0 = x.matmul(W0).relu()
  const h1 = h0.stopGradient().matmul(W1).relu()
  const y = h1.stopGradient().matmul(W2)
  const [g0] = grad(energy(h0), [W0]) as [Tensor]
  const [g1] = grad(energy(h1), [W1]) as [Tensor]
  const [g2] = grad(energy(y.sub(oneHot(labels, K))), [W2]) as [Tensor]
  return { W0: descend(W0, g0), W1: descend(W1, g1), W2: descend(W2, g2) }
}

/** The error of the output, [N, K]. */
export const errorOf = (given: Given): Tensor => forward(given).y.sub(oneHot(given.labels, K))

/** What backpropagation sends to layer 0, by hand: [N, 5]. */
export function backpropagated(given: Given): Tensor {
  const { W1, W2 } = given
  const { h0, h1 } = forward(given)
  const through = (delta: Tensor, w: Tensor, h: Tensor): Tensor =>
    delta.matmul(w, { transposeB: true }).mul(h.greater(0).cast('float32'))
  return through(through(errorOf(given), W2, h1), W1, h0)
}

/** Numbers that are fixed and differ: a random projection. */
export const fixed = (shape: readonly number[]): Tensor =>
  constant(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(7 * i + 1)),
    shape,
  )

export const decision = (given: Given): Tensor => argmax(forward(given).y)

export const row = (certificate: Certificate, layer = 0): LayerCertificate => certificate.layers[layer]!
