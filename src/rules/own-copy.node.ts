import module from 'node:module'
import { ownExports } from '../own-files.node.js'

/**
 * A rule in a file of its own must trace with the graph of the program that runs it: two copies of Onward know nothing
 * of each other's tensors. From here on `onward` and its subpaths mean this copy wherever they are imported, and zod is
 * found where it is not installed beside the rule.
 */
const HOOKS = `
let own
export const initialize = (data) => { own = data }
export async function resolve(specifier, context, next) {
  if (Object.hasOwn(own.onward, specifier)) return { url: own.onward[specifier], shortCircuit: true }
  if (specifier !== 'zod') return await next(specifier, context)
  return await next(specifier, context).catch(() => next(specifier, { ...context, parentURL: own.parent }))
}`

let shared = false

/** Makes it so, once. */
export function shareOwnCopy(): void {
  if (shared) return
  const data = { onward: ownModules(), parent: import.meta.url }
  module.register(`data:text/javascript,${encodeURIComponent(HOOKS)}`, { data })
  shared = true
}

/** `onward/graph` and its like, as package.json exports them, at their places in this copy. */
function ownModules(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ownExports()).flatMap(([name, target]) => {
      const path = target.default?.replace('./dist/', '../')
      return path === undefined ? [] : [[`onward${name.slice(1)}`, new URL(path, import.meta.url).href]]
    }),
  )
}
