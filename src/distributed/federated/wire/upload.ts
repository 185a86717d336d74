import { z } from 'zod'
import { UserError } from '../../../errors.js'
import { sameShape, show, sizeOf } from '../../../graph/types.js'
import type { Stream } from '../../../random/stream.js'
import { lengthOf, type Travelling, unflattened } from '../layout.js'
import { fromEightBits, withFeedback } from './eight-bits.js'
import { decodeFile, encodeFile, type UploadFile, type UploadTensor } from './tensors.js'

/** What a client says beside its numbers. All of it is a claim. */
export interface Claims {
  readonly run: string
  readonly client: string
  readonly round: number
  /** The model that it began with, by its hash. */
  readonly model: string
  readonly samples: number
  /** The mean of what its steps called a loss, where they did. */
  readonly loss?: number | undefined
  /** Bytes that it had to fetch for this round. */
  readonly fetched: number
  /** Random, where the upload is private: whoever guesses all the rest still cannot know it by its hash. */
  readonly salt?: string | undefined
}

const claims = z.strictObject({
  run: z.string(),
  client: z.string(),
  round: z.int().min(1),
  model: z.string(),
  samples: z.int().min(1),
  loss: z.number().optional(),
  fetched: z.int().min(0),
  salt: z.string().optional(),
})

const FORMAT = 'onward-upload'
const VERSION = '1'
const SCALES = '/scales'

/** Rounding errors that a client still owes, by tensor. */
export type Missing = Map<string, Float32Array>

const rowsOf = (shape: readonly number[]): number => (shape.length > 1 ? shape[0]! : 1)

/** A delta as tensors: in float32, or in 8 bits with a scale for each place of the first axis. */
export function deltaTensors(
  layout: readonly Travelling[],
  delta: Float32Array,
  bits: 8 | 32,
  { missing, random }: { readonly missing: Missing; readonly random: Stream },
): UploadTensor[] {
  const parts = unflattened(layout, delta)
  return layout.flatMap(({ name, shape }): UploadTensor[] => {
    const own = parts[name]!
    if (bits === 32) return [{ name, type: 'F32', shape, data: own }]
    const rows = rowsOf(shape)
    const { coded, missing: left } = withFeedback(own, missing.get(name), rows, random)
    missing.set(name, left)
    return [
      { name, type: 'I8', shape, data: coded.codes },
      { name: name + SCALES, type: 'F32', shape: [rows], data: coded.scales },
    ]
  })
}

export const encodeUpload = (own: Claims, tensors: readonly UploadTensor[]): Uint8Array<ArrayBuffer> =>
  encodeFile({ tensors, metadata: { format: FORMAT, version: VERSION, claims: JSON.stringify(own) } })

/** Throws an Error that says what is wrong: the bytes are a stranger's. */
export function decodeUpload(bytes: Uint8Array): UploadFile & { readonly claims: Claims } {
  const file = decodeFile(bytes)
  const { format, version, claims: text = '' } = file.metadata
  if (format !== FORMAT || version !== VERSION) throw new Error(`it is no upload of version ${VERSION}`)
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch {
    throw new Error('what it says of itself is no JSON')
  }
  const parsed = claims.safeParse(said)
  if (!parsed.success) throw new Error(`what it says of itself is wrong: ${parsed.error.issues[0]!.path.join('.')}`)
  return { ...file, claims: parsed.data }
}

/** The delta of an upload. Throws a UserError unless it has just the tensors of the layout, all numbers finite. */
export function deltaOf({ tensors }: UploadFile, layout: readonly Travelling[]): Float32Array {
  const there = new Map(tensors.map((tensor) => [tensor.name, tensor]))
  const taken = new Set<string>()
  const take = (name: string, shape: readonly number[], type: string): UploadTensor => {
    const own = there.get(name)
    if (!own) throw new UserError(`${name} is missing`)
    if (own.type !== type || !sameShape(own.shape, shape))
      throw new UserError(`${name} is ${own.type} ${show(own.shape)}, not ${type} ${show(shape)}`)
    taken.add(name)
    return own
  }
  const flat = new Float32Array(lengthOf(layout))
  let offset = 0
  for (const { name, shape } of layout) {
    const isSmall = there.get(name)?.type === 'I8'
    const { data } = take(name, shape, isSmall ? 'I8' : 'F32')
    const scales = isSmall ? (take(name + SCALES, [rowsOf(shape)], 'F32').data as Float32Array) : undefined
    const own = scales ? fromEightBits({ codes: data as Int8Array, scales }) : (data as Float32Array)
    if (!own.every(Number.isFinite)) throw new UserError(`${name} holds numbers that are not finite`)
    flat.set(own, offset)
    offset += sizeOf(shape)
  }
  const extra = tensors.find(({ name }) => !taken.has(name))
  if (extra) throw new UserError(`it holds ${extra.name}, which does not travel in this round`)
  return flat
}
