import { existsSync, readFileSync } from 'node:fs'
import module from 'node:module'

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
  return await next(specifier, context).catch(() => ({ url: own.zod, shortCircuit: true }))
}`

let shared = false

/** Makes it so, once. */
export function shareOwnCopy(): void {
  if (shared) return
  shared = true
  const data = { onward: ownModules(), zod: import.meta.resolve('zod') }
  module.register(`data:text/javascript,${encodeURIComponent(HOOKS)}`, { data })
}

/** `onward/graph` and its like, as package.json exports them, at their places in this copy. */
function ownModules(): Record<string, string> {
  let file = new URL('../package.json', import.meta.url)
  while (!existsSync(file)) file = new URL('../package.json', file)
  const { exports } = JSON.parse(readFileSync(file, 'utf8')) as { exports: Record<string, { default?: string }> }
  return Object.fromEntries(
    Object.entries(exports).flatMap(([name, target]) => {
      const path = target.default?.replace('./dist/', '../')
      return path === undefined ? [] : [[`onward${name.slice(1)}`, new URL(path, import.meta.url).href]]
    }),
  )
}
