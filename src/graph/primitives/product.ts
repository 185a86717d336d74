import type { Primitive } from '../primitive.js'
import type { Tensor } from '../tensor.js'
import { GraphError, sameShape, show, sizeOf } from '../types.js'

const said = ({ shape }: Tensor, transposed: boolean): string => `${show(shape)}${transposed ? ' transposed' : ''}`

export const products: Record<'matmul', Primitive> = {
  matmul: {
    infer: ([a, b], { transposeA, transposeB, op = 'matmul' }) => {
      const [m, k] = transposeA ? [a!.shape.at(-1)!, a!.shape.at(-2)!] : [a!.shape.at(-2)!, a!.shape.at(-1)!]
      const [k2, n] = transposeB ? [b!.shape.at(-1)!, b!.shape.at(-2)!] : [b!.shape.at(-2)!, b!.shape.at(-1)!]
      const batch = a!.shape.slice(0, -2)
      if (a!.rank < 2 || a!.rank !== b!.rank || k !== k2 || !sameShape(batch, b!.shape.slice(0, -2)))
        throw new GraphError(`${op}: ${said(a!, transposeA)} and ${said(b!, transposeB)} do not multiply`)
      if (a!.dtype !== 'float32' || b!.dtype !== 'float32') throw new GraphError(`${op}: both operands must be float32`)
      return [{ shape: [...batch, m, n], dtype: 'float32' }]
    },
    evaluate: ([a, b], { transposeA, transposeB }, [output]) => {
      const [m, n] = output!.shape.slice(-2) as [number, number]
      const k = a!.shape.at(transposeA ? -2 : -1)!
      const result = new Float64Array(sizeOf(output!.shape))
      for (let batch = 0; batch < result.length / (m * n); batch++)
        for (let i = 0; i < m; i++)
          for (let j = 0; j < n; j++) {
            let sum = 0
            for (let l = 0; l < k; l++)
              sum +=
                a!.data[batch * m * k + (transposeA ? l * m + i : i * k + l)]! *
                b!.data[batch * k * n + (transposeB ? j * k + l : l * n + j)]!
            result[(batch * m + i) * n + j] = sum
          }
      return [result]
    },
    gradient: ({ inputs: [a, b], attributes: { transposeA, transposeB } }, [g]) => [
      transposeA
        ? b!.matmul(g!, { transposeA: transposeB, transposeB: true })
        : g!.matmul(b!, { transposeB: !transposeB }),
      transposeB
        ? g!.matmul(a!, { transposeA: true, transposeB: transposeA })
        : a!.matmul(g!, { transposeA: !transposeA }),
    ],
  },
}
