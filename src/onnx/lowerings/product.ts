import type { products } from '../../graph/primitives/product.js'
import type { Tensor } from '../../graph/tensor.js'
import type { Lowering } from '../emitter.js'

export const productLowerings = {
  matmul: (emit, { inputs: [a, b], attributes: { transposeA, transposeB } }) => {
    // A transposed left operand is faster as a node of its own (emitted once for all products that read it).
    if (a!.rank === 2 && transposeB && !transposeA) return emit.node('Gemm', [a!, b!], { transB: 1 })
    const perm = a!.shape.map((_, i) => (i < a!.rank - 2 ? i : 2 * a!.rank - 3 - i))
    const swapped = (x: Tensor): string => emit.one('Transpose', [x], { perm })
    return emit.node('MatMul', [transposeA ? swapped(a!) : a!, transposeB ? swapped(b!) : b!])
  },
} satisfies Record<keyof typeof products, Lowering>
