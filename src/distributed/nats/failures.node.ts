import { JetStreamApiError } from '@nats-io/jetstream'
import { PermissionViolationError, RequestError } from '@nats-io/transport-node'
import { ConflictError, FullError, TakenError } from '../transport.js'

/** Error codes of JetStream: https://github.com/nats-io/nats-server/blob/main/server/errors.json */
const WRONG_LAST_SEQUENCE = [10071, 10164]
const UNAVAILABLE = 10008
const STORE_FAILED = 10077
/** What the server says of a limit of one subject; that of a whole stream has the same code. */
const PER_SUBJECT = 'per subject'
const TOO_LARGE = 10054
/** An account, the server or the disk has no room. */
const NO_ROOM = [10002, 10023, 10028, 10047]

const codeOf = (error: unknown): number | undefined => (error instanceof JetStreamApiError ? error.code : undefined)

/** Whether nobody takes what was asked: JetStream is not up yet, or what it was asked for is not there. */
export function isUnanswered(error: unknown): boolean {
  // The client wraps it once more, as "jetstream is not enabled".
  const { cause } = error as Error
  return [error, cause].some((one) => one instanceof RequestError && one.isNoResponders())
}

/** Whether the server did not answer, so that the same can be tried again. */
export function isAway(error: unknown): boolean {
  const { name, message } = error as Error
  return (
    name === 'TimeoutError' ||
    codeOf(error) === UNAVAILABLE ||
    isUnanswered(error) ||
    (error instanceof RequestError && message.includes('disconnected'))
  )
}

/** What the server refused, as an error of the transport. */
export function explained(error: unknown): unknown {
  const [code, { message, cause }] = [codeOf(error), error as Error]
  if (cause instanceof PermissionViolationError)
    return new Error(`these credentials give no right to ${cause.operation} ${cause.subject}`, { cause })
  if (code === undefined) return error
  if (WRONG_LAST_SEQUENCE.includes(code)) return new ConflictError(message, { cause: error })
  if (code === STORE_FAILED && message.includes(PER_SUBJECT)) return new TakenError(message, { cause: error })
  if (code === STORE_FAILED || NO_ROOM.includes(code)) return new FullError(message, { cause: error })
  if (code === TOO_LARGE) return new Error('the message is larger than its stream allows', { cause: error })
  return error
}
