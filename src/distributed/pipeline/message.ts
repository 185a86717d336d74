import { UserError } from '../../errors.js'
import { sameShape, show } from '../../graph/types.js'
import type { TensorRecord } from '../../runtime/index.js'
import { decodeSafetensors, encodeSafetensors } from '../../train/safetensors.js'
import type { Message } from '../transport.js'
import type { Port } from './cut.js'

/** What goes up an edge: the values of a chunk, or the word that no more will come. */
export interface Handed {
  readonly chunk: number
  /** After this chunk there are no others: the training is over, or was stopped. */
  readonly isLast: boolean
  readonly values: TensorRecord
}

type Sent = Omit<Message, 'sequence'>

/** Values are stacked, [runs, ...]. */
export function encodeHanded(subject: string, ports: readonly Port[], runs: number, own: Handed): Sent {
  const tensors = own.isLast
    ? []
    : ports.map(({ name, dtype, shape }) => ({ name, dtype, shape: [runs, ...shape], data: own.values[name]! }))
  const headers = { 'onward-chunk': `${own.chunk}`, ...(own.isLast && { 'onward-last': '1' }) }
  return { subject, headers, payload: encodeSafetensors({ tensors, metadata: {} }) }
}

export const chunkOf = ({ headers, subject }: Pick<Message, 'headers' | 'subject'>): number => {
  const chunk = Number(headers['onward-chunk'])
  if (!Number.isSafeInteger(chunk) || chunk < 1)
    throw new UserError(`a message of ${subject} has no number: it is none of onward's`)
  return chunk
}

/** Throws a UserError unless the message holds what the manifest says that it does, all of it and nothing else. */
export function decodeHanded(
  message: Pick<Message, 'headers' | 'subject' | 'payload'>,
  ports: readonly Port[],
  runs: number,
): Handed {
  const chunk = chunkOf(message)
  if (message.headers['onward-last']) return { chunk, isLast: true, values: {} }
  const fail = (what: string): never => {
    throw new UserError(`message ${chunk} of ${message.subject} ${what}`)
  }
  const { tensors } = decodeSafetensors(message.payload)
  const values: TensorRecord = {}
  for (const { name, dtype, shape } of ports) {
    const tensor = tensors.find((own) => own.name === name) ?? fail(`lacks ${name}`)
    const wanted = [runs, ...shape]
    if (tensor.dtype !== dtype || !sameShape(tensor.shape, wanted))
      fail(`holds ${name} as ${tensor.dtype} ${show(tensor.shape)}, not as ${dtype} ${show(wanted)}`)
    values[name] = tensor.data
  }
  if (tensors.length !== ports.length) fail(`holds ${tensors.length} tensors, not ${ports.length}`)
  return { chunk, isLast: false, values }
}
