import { constant, softmax, type Tensor } from '../../graph/index.js'
import { flat } from '../../nn/axes.js'
import { affine, type Dense, type Precision } from '../../nn/dense.js'
import { binaryCrossEntropy, crossEntropy, squaredError } from '../../nn/losses.js'
import { UNITS } from '../../nn/units.js'
import type { EquilibriumPropagationHyper } from './options.js'
import type { LayeredNetwork, States } from './settling.js'

/** The layers that settle, fed by images, and the read-out above them. */
export function networkOf(layers: readonly Dense[], x: Tensor, precision: Precision, h: EquilibriumPropagationHyper) {
  const hasReadOut = h.output === 'cross-entropy'
  const settling = hasReadOut ? layers.slice(0, -1) : layers
  const units = h.units.map(() => UNITS[h.activation])
  const network: LayeredNetwork = {
    drive: affine(settling[0]!, flat(x), precision),
    connections: settling.slice(1),
    units: h.output === 'cross-entropy' ? units : [...units, UNITS[h.output]],
  }
  return { network, readOut: hasReadOut ? layers.at(-1) : undefined }
}

export type Net = ReturnType<typeof networkOf>

/** What the network says of the classes. */
export const scoresOf = ({ readOut }: Net, states: States): Tensor =>
  readOut ? affine(readOut, states.at(-1)!) : states.at(-1)!

/** softmax(o) - y: what the read-out's cross-entropy makes of its logits. */
export const readOutError = (readOut: Dense, state: Tensor, y: Tensor): Tensor => softmax(affine(readOut, state)).sub(y)

/** The network under beta C. */
export function nudged({ network, readOut }: Net, y: Tensor, beta: Tensor): LayeredNetwork {
  const { response } = network.units.at(-1)!
  if (readOut)
    return {
      ...network,
      nudge: (input, state) => {
        const force = readOutError(readOut, state, y).matmul(readOut.weight, { transposeB: true })
        return response(input.sub(force.mul(beta)))
      },
    }
  const share = constant(1).div(beta.add(1))
  const pull = y.mul(beta.mul(share))
  return { ...network, nudge: (input) => response(input).mul(share).add(pull) }
}

/** C of each row. */
export function costOf(
  { network, readOut }: Net,
  states: States,
  labels: Tensor,
  y: Tensor,
  h: EquilibriumPropagationHyper,
): Tensor {
  const last = states.at(-1)!
  if (readOut) return crossEntropy(affine(readOut, last), labels)
  if (h.output === 'linear') return squaredError(last, y).mul(0.5)
  const input = affine(network.connections.at(-1)!, states.at(-2)!)
  return binaryCrossEntropy(input.mul(4).sub(2), y).sum(-1).mul(0.25)
}
