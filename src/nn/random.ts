import { UserError } from '../errors.js'
import { enclosingLoops, type InputAttributes, input, type Shape, type Tensor } from '../graph/index.js'

/**
 * Noise as an input of the program: the host draws it, keyed by seed, step and name, so that every device gets the
 * same bits. A name may be asked for once; the same name in another step is another draw, and so is every turn of a
 * loop.
 */
export interface Random {
  /** Uniform on [0, 1). */
  uniform(name: string, shape: Shape): Tensor
  /** Standard normal. */
  normal(name: string, shape: Shape): Tensor
}

/** Noise from the inputs that `inputOf` makes. Inside of loops an input holds the draws of all their turns. */
export function randomFrom(inputOf: (attributes: InputAttributes) => Tensor): Random {
  const asked = new Set<string>()
  const draw = (distribution: 'uniform' | 'normal') => {
    return (name: string, shape: Shape): Tensor => {
      if (asked.has(name)) throw new UserError(`noise ${name} was asked for twice`)
      asked.add(name)
      const loops = enclosingLoops()
      const all = [...loops.map(({ count }) => count), ...shape]
      const drawn = inputOf({ name: `noise.${name}`, kind: 'noise', shape: all, dtype: 'float32', distribution })
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
