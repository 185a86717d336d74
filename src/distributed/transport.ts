/**
 * What workers on one or many machines share. Two engines bring it: `memory`, in one process, and NATS JetStream. Names
 * and subjects are words of letters, digits, `-` and `_`, joined by dots.
 */
export interface Transport {
  readonly engine: 'memory' | 'nats'
  readonly values: Values
  readonly objects: Objects
  /** Makes the stream, or finds the one of that name. */
  stream(name: string, limits: StreamLimits): Promise<Stream>
  /** Tells whoever listens now. It may be lost: nothing may depend on it. */
  hint(subject: string, payload: Uint8Array): void
  /** Ends with the signal. `subject` may end with `.>`: all subjects that begin so. */
  hints(subject: string, signal: AbortSignal): AsyncIterable<Hint>
  /** Ends this connection; what was stored stays. */
  close(): Promise<void>
}

export interface Hint {
  readonly subject: string
  readonly payload: Uint8Array
}

/** Small values by key, changed by compare-and-set. */
export interface Values {
  get(key: string): Promise<Value | undefined>
  /**
   * Stores a value where the key's revision is `expected`, 0 where there must be none, and returns the new revision.
   * Throws a `ConflictError` where somebody else was first.
   */
  put(key: string, value: Uint8Array, expected: number): Promise<number>
  /** The keys that begin with these words. */
  keys(prefix: string): Promise<readonly string[]>
}

export interface Value {
  readonly value: Uint8Array
  /** Grows with every change of the key. */
  readonly revision: number
}

/** Large values by name. An object is there whole or not at all. */
export interface Objects {
  put(name: string, bytes: Uint8Array): Promise<void>
  /** Throws an error where what arrives is not what was stored. */
  get(name: string): Promise<Uint8Array | undefined>
  delete(name: string): Promise<void>
}

export interface StreamLimits {
  /** The subjects that belong to the stream; each may end with `.>`. */
  readonly subjects: readonly string[]
  /** The most messages that a subject holds; more are refused until some are purged. */
  readonly mostPerSubject: number
  /** The most bytes that the whole stream holds. */
  readonly mostBytes: number
  /** The most bytes of one message. */
  readonly mostMessageBytes: number
}

export interface Message {
  readonly subject: string
  /** Its place in the stream, from 1; grows, with gaps where other subjects have their messages. */
  readonly sequence: number
  readonly headers: Readonly<Record<string, string>>
  readonly payload: Uint8Array
}

/** An ordered store of messages. */
export interface Stream {
  /**
   * Stores a message and returns its sequence. `after`: the sequence that the last message of its subject must have, 0
   * where there must be none. Throws a `ConflictError` where it is another: the message may be stored already, or
   * somebody else writes. Throws a `FullError` where a limit is reached, a `TakenError` where it is that
   * of the subject. Tries again while the engine is away.
   */
  publish(message: Omit<Message, 'sequence'>, after?: number): Promise<number>
  /** The last message of a subject. */
  last(subject: string): Promise<Message | undefined>
  /**
   * The messages of a subject after a sequence, in order, as they come; ends with the signal. The subject may end with
   * `.>`. Throws a `LostError` where the stream ends before that sequence.
   */
  read(subject: string, after: number, signal: AbortSignal): AsyncIterable<Message>
  /** Removes the messages of a subject below a sequence. The subject may end with `.>`. */
  purge(subject: string, below: number): Promise<void>
  /** Removes the stream with all that it holds: nobody can publish to its subjects any more. */
  delete(): Promise<void>
}

/** Somebody else was first. */
export class ConflictError extends Error {
  override readonly name = 'ConflictError'
}

/** A limit of a stream is reached: what is read and purged makes room. */
export class FullError extends Error {
  override readonly name: string = 'FullError'
}

/** The subject holds as many messages as it may, whoever wrote them: waiting makes no room where nobody purges. */
export class TakenError extends FullError {
  override readonly name = 'TakenError'
}

/** The engine lost messages that it had taken, as a power cut can do. */
export class LostError extends Error {
  override readonly name = 'LostError'

  constructor(after: number, last: number) {
    super(`message ${after} was read, but the stream ends with ${last}: the engine lost what came after`)
  }
}
