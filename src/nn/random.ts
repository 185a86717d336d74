import { input, type Shape, type Tensor } from '../graph/index.js'

/**
 * Noise as an input of the program: the host draws it, keyed by seed, step and name, so that every device gets the
 * same bits. A name may be asked for once; the same name in another step is another draw.
 */
export interface Random {
  /** Uniform on [0, 1). */
  uniform(name: string, shape: Shape): Tensor
  /** Standard normal. */
  normal(name: string, shape: Shape): Tensor
}

export function noiseInputs(): { random: Random; inputs: Tensor[] } {
  const inputs: Tensor[] = []
  const draw = (distribution: 'uniform' | 'normal') => {
    return (name: string, shape: Shape): Tensor => {
      const full = `noise.${name}`
      if (inputs.some(({ node }) => node.attributes.name === full)) throw new Error(`noise ${name} was asked for twice`)
      inputs.push(input({ name: full, kind: 'noise', shape, dtype: 'float32', distribution }))
      return inputs.at(-1)!
    }
  }
  return { random: { uniform: draw('uniform'), normal: draw('normal') }, inputs }
}
