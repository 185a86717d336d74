import type { z } from 'zod'
import { UserError } from '../errors.js'
import { nearest } from '../names.js'

/** ': did you mean "x"?' where a name is near enough to be meant, or nothing. */
export function nearestName(name: string, known: readonly string[]): string {
  const meant = nearest(name, known)
  return meant === undefined ? '' : `: did you mean "${meant}"?`
}

/**
 * The values with all defaults, checked by a zod object. Throws a UserError (wrong usage) that names the first wrong
 * setting of `owner`, what it takes and what came; for an unknown one, the nearest that exists.
 */
export function checkSettings<T>(schema: z.ZodType<T>, values: Readonly<Record<string, unknown>>, owner: string): T {
  const result = schema.safeParse(values)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  if (issue.code === 'unrecognized_keys') {
    const unknown = [...issue.path, issue.keys[0]!].join('.')
    const known = keysAt(schema, issue.path)
    const meant = nearestName(issue.keys[0]!, known)
    throw new UserError(`${owner} has no setting "${unknown}"${meant || `; it has ${known.join(', ')}`}`, {
      exitCode: 2,
    })
  }
  const came = issue.path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown>)?.[key], values)
  const shown = came === undefined ? 'nothing' : typeof came === 'number' ? `${came}` : JSON.stringify(came)
  const wanted = issue.message.replace(/, received .*$/, '').replace(/^(Too small|Too big|Invalid \w+): /, '')
  throw new UserError(`${issue.path.join('.')} of ${owner}: ${wanted}, got ${shown}`, { exitCode: 2 })
}

/** The keys of the object at a path of a schema; wrappers such as defaults are looked through. */
function keysAt(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: unknown = schema
  const unwrapped = (): { shape?: Record<string, unknown> } => {
    let inner = at as { shape?: Record<string, unknown>; def?: { innerType?: unknown } }
    while (!inner.shape && inner.def?.innerType) inner = inner.def.innerType as typeof inner
    return inner
  }
  for (const key of path) at = unwrapped().shape?.[String(key)]
  return Object.keys(unwrapped().shape ?? {})
}
