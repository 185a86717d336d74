import { UserError } from '../errors.js'
import { enclosingLoops, type InputAttributes, input, type Shape, type Tensor } from '../graph/index.js'

/**
 * How long a draw lasts. `step`: the same name in another step is another draw, and so is every turn of a loop.
 * `sample`: row i of [N, ...] belongs to sample i of the batch and comes again with it, in every epoch. A training on
 * batches alone has such noise; it throws a UserError where anything else asks for it, or a loop.
 */
export type Lasting = 'step' | 'sample'

/**
 * Noise as an input of the program: the host draws it, keyed by seed, step or sample, and name, so that every device
 * gets the same bits. A name may be asked for once.
 */
export interface Random {
  /** Uniform on [0, 1). `per`: default `step`. */
  uniform(name: string, shape: Shape, per?: Lasting): Tensor
  /** Standard normal. `per`: default `step`. */
  normal(name: string, shape: Shape, per?: Lasting): Tensor
}

/** Noise from the inputs that `inputOf` makes. Inside of loops an input holds the draws of all their turns. */
export function randomFrom(inputOf: (attributes: InputAttributes) => Tensor): Random {
  const asked = new Set<string>()
  const draw = (distribution: 'uniform' | 'normal') => {
    return (name: string, shape: Shape, per: Lasting = 'step'): Tensor => {
      if (asked.has(name)) throw new UserError(`noise ${name} was asked for twice`)
      asked.add(name)
      const loops = enclosingLoops()
      if (per === 'sample' && loops.length > 0)
        throw new UserError(`noise ${name} belongs to the samples of a batch: ask for it before the loop`)
      const all = [...loops.map(({ count }) => count), ...shape]
      const attributes = { name: `noise.${name}`, kind: 'noise', shape: all, dtype: 'float32', distribution } as const
      const drawn = inputOf(per === 'sample' ? { ...attributes, per } : attributes)
      return loops.reduce((rest, { index }) => rest.gather(index), drawn)
    }
  }
  return { uniform: draw('uniform'), normal: draw('normal') }
}

export function noiseInputs(): { random: Random; inputs: Tensor[] } {
  const inputs: Tensor[] = []
  const random = randomFrom((attributes) => {
    inputs.push(input(attributes))
    return inputs.at(-1)!
  })
  return { random, inputs }
}
