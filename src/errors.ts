/**
 * An error whose message is meant for the person at the keyboard: one sentence that says where, what was expected, what
 * came and what to do next. The command line prints it without a stack. `exitCode` is 1 (failed) or 2 (wrong usage).
 */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly exitCode: 1 | 2

  constructor(message: string, options: { exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.exitCode = options.exitCode ?? 1
  }
}

/** A UserError about what was asked for: an option, a name, a flag. The command line then ends with exit code 2. */
export class UsageError extends UserError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { ...options, exitCode: 2 })
  }
}

/** A name out of a file, for a message: cut, and without what would break the line. */
export const quoted = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}...` : name)

/** Whether a name can stand in messages as it is. */
export const isPlain = (name: string): boolean => name.length <= 200 && !/\p{Cc}/u.test(name)
