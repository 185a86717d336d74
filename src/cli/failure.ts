import { UserError } from '../errors.js'
import { placeInRule } from '../rules/load.node.js'

/** How the command ends. */
export const EXIT = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const

/** What to print on standard error for an error, and the exit code. */
export function describeFailure(error: unknown): { text: string; code: number } {
  if (error instanceof UserError) return { text: `onward: ${error.message}`, code: error.exitCode }
  const place = placeInRule(error)
  if (place !== undefined) return { text: `onward: ${place}: ${error}`, code: EXIT.failed }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return {
    text: `onward: something went wrong that should not have. Please report it with what you ran and this:\n${stack}`,
    code: EXIT.failed,
  }
}
