import { UserError } from '../../errors.js'
import type { DType } from '../../graph/types.js'
import type { TensorRecord } from '../../runtime/index.js'
import { decodeMessage, encodeMessage, MalformedError, type WireType } from '../message.js'
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

const TYPES: Record<DType, WireType> = { float32: 'F32', int32: 'I32', bool: 'BOOL' }

/** Values are stacked, [runs, ...]. */
export function encodeHanded(subject: string, ports: readonly Port[], runs: number, own: Handed): Sent {
  const tensors = own.isLast
    ? []
    : ports.map(({ name, dtype, shape }) => ({
        ...{ name, type: TYPES[dtype], shape: [runs, ...shape] },
        data: own.values[name]!,
      }))
  const headers = { 'onward-chunk': `${own.chunk}`, ...(own.isLast && { 'onward-last': '1' }) }
  return { subject, ...encodeMessage(tensors, headers) }
}

export const chunkOf = ({ headers, subject }: Pick<Message, 'headers' | 'subject'>): number => {
  const chunk = Number(headers['onward-chunk'])
  if (!Number.isSafeInteger(chunk) || chunk < 1)
    throw new UserError(`a message of ${subject} has no number: it is none of onward's`)
  return chunk
}

/**
 * Throws a UserError unless the message arrived as it was sent, and holds what the manifest says that it does, all of it
 * and nothing else.
 */
export function decodeHanded(
  message: Pick<Message, 'headers' | 'subject' | 'payload'>,
  ports: readonly Port[],
  runs: number,
): Handed {
  const chunk = chunkOf(message)
  if (message.headers['onward-last']) return { chunk, isLast: true, values: {} }
  const layout = Object.fromEntries(
    ports.map(({ name, dtype, shape }) => [name, { type: TYPES[dtype], shape: [runs, ...shape] }]),
  )
  try {
    return { chunk, isLast: false, values: decodeMessage(message, layout) as TensorRecord }
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    throw new UserError(
      `message ${chunk} of ${message.subject} cannot be used: ${error.message}. Resume the run from its last epoch (--resume)`,
      { cause: error },
    )
  }
}
