import type { Tensor } from '../graph/index.js'

/** Elementwise; each keeps the shape. */
export const ACTIVATIONS = {
  identity: (x: Tensor): Tensor => x,
  /** max(x, 0). */
  relu: (x: Tensor): Tensor => x.relu(),
  /** max(x, x / 100): Maas, Hannun, Ng 2013. */
  'leaky-relu': (x: Tensor): Tensor => x.maximum(x.mul(0.01)),
  tanh: (x: Tensor): Tensor => x.tanh(),
  /** 1 / (1 + exp(-x)). */
  sigmoid: (x: Tensor): Tensor => x.sigmoid(),
  /** ln(1 + exp(x)). */
  softplus: (x: Tensor): Tensor => x.softplus(),
  /** x sigmoid(x), also called swish: Hendrycks and Gimpel 2016; Ramachandran, Zoph, Le 2017. */
  silu: (x: Tensor): Tensor => x.mul(x.sigmoid()),
  /** x (1 + erf(x / sqrt(2))) / 2: Hendrycks and Gimpel 2016, the exact form. */
  gelu: (x: Tensor): Tensor => x.mul(x.mul(Math.SQRT1_2).erf().add(1)).mul(0.5),
} as const

export type Activation = keyof typeof ACTIVATIONS
