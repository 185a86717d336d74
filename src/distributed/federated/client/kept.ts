import type { TensorRecord } from '../../../runtime/index.js'
import { nameState } from '../../../train/checkpoint.js'
import type { StateTensor } from '../../../train/roles.js'
import { decodeSafetensors, encodeSafetensors } from '../../../train/safetensors.js'
import type { Travelling } from '../layout.js'
import type { Tensors } from '../model.js'
import type { Missing } from '../wire/upload.js'

const MISSING = 'missing/'

/** All that a client needs to go on after its process ended: its whole state, and rounding errors that it still owes. */
export function encodeKept(tensors: readonly StateTensor[], state: TensorRecord, missing: Missing): Uint8Array {
  const owed = [...missing].map(([name, data]) => ({
    ...{ name: MISSING + name, dtype: 'float32' as const, shape: [data.length], data },
  }))
  return encodeSafetensors({ tensors: [...nameState(tensors, state), ...owed], metadata: { format: 'onward-client' } })
}

/** The state of such bytes, where they are of this network; rounding errors go to `missing`. */
export function decodeKept(bytes: Uint8Array, initial: TensorRecord, missing: Missing): TensorRecord {
  const state = { ...initial }
  for (const { name, data } of decodeSafetensors(bytes).tensors) {
    if (name.startsWith(MISSING)) missing.set(name.slice(MISSING.length), data as Float32Array)
    else if (state[name]?.length === data.length) state[name] = data
  }
  return state
}

/** A state whose travelling tensors lie nearer to the model, by this share of their distance. */
export function pulled(
  state: TensorRecord,
  layout: readonly Travelling[],
  model: Tensors,
  share: number,
): TensorRecord {
  const next = { ...state }
  for (const { name } of layout)
    next[name] = (state[name] as Float32Array).map((value, i) => {
      const centre = model[name]![i]!
      return centre + (value - centre) * share
    })
  return next
}
