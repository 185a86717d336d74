import type { shaping } from '../../graph/primitives/shape.js'
import type { Tensor } from '../../graph/tensor.js'
import type { DType } from '../../graph/types.js'
import type { Emitter, Lowering } from '../emitter.js'
import { everyOther, moveBlocks, repeatPixels } from '../pixels.js'

/** Lowers an operation that moves elements about: where WebGPU has no kernel for bool, they go as int32. */
function moving(
  emit: Emitter,
  inputs: readonly Tensor[],
  lower: (names: string[], dtype: DType) => string[],
): string[] {
  const [{ dtype }] = inputs as [Tensor]
  const detour = emit.device === 'webgpu' && dtype === 'bool'
  const names = inputs.map((x) => (detour ? emit.cast(x, 'int32')[0]! : emit.name(x)))
  const outputs = lower(names, detour ? 'int32' : dtype)
  return detour ? emit.cast(outputs[0]!, 'bool') : outputs
}

export const shapeLowerings = {
  input: (_, { attributes }) => [attributes.name],
  constant: (emit, { attributes }) => [emit.initializer(attributes)],
  reshape: (emit, { inputs: [x], attributes }) => emit.node('Reshape', [x!, emit.int64s(attributes.shape)]),
  transpose: (emit, { inputs, outputs: [y], attributes: { order } }) => {
    const moved = moveBlocks(emit, inputs[0]!, y!, order)
    return moved ? [moved] : moving(emit, inputs, (names) => emit.node('Transpose', names, { perm: order }))
  },
  broadcastTo: (emit, { inputs: [x], outputs: [y] }) => {
    const blocks = repeatPixels(emit, x!, y!)
    return blocks ? [blocks] : emit.node('Expand', [x!, emit.int64s(y!.shape)])
  },
  slice: (emit, { inputs: [x], outputs: [y], attributes: { axis, start, end, step } }) => {
    const cells = everyOther(emit, x!, y!, start, step)
    if (cells) return [cells]
    if (emit.device !== 'webgpu' || x!.dtype === 'float32') return [emit.slice(x!, axis, start, end, step)]
    const chosen = Array.from({ length: y!.shape[axis]! }, (_, i) => start + i * step)
    return emit.node('Gather', [x!, emit.int64s(chosen)], { axis })
  },
  pad: (emit, { inputs, attributes: { widths, value } }) => {
    const pads = [0, 1].flatMap((side) => widths.map((width: number[]) => width[side]))
    return moving(emit, inputs, ([name], dtype) =>
      emit.node('Pad', [name!, emit.int64s(pads), emit.scalar(value, dtype)], { mode: 'constant' }),
    )
  },
  concat: (emit, { inputs, attributes }) =>
    moving(emit, inputs, (names) => emit.node('Concat', names, { axis: attributes.axis })),
  gather: (emit, { inputs }) => emit.node('Gather', inputs, { axis: 0 }),
} satisfies Record<keyof typeof shaping, Lowering>
