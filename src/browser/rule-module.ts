import { parse } from 'es-module-lexer/js'
import * as data from '../data/index.js'
import { UsageError, UserError } from '../errors.js'
import * as graph from '../graph/index.js'
import * as onward from '../index.js'
import * as nn from '../nn/index.js'
import * as onnx from '../onnx/index.js'
import type { AnyRule } from '../rules/contract.js'
import * as rules from '../rules/index.js'
import { checkId } from '../rules/registry.js'
import { type Module, ruleIn } from '../rules/rule-in.js'
import type { RuleModule } from './session.js'
import { lineOf, lineOfSyntax } from './syntax.js'

/** What the module of a rule may import, by the names of the package. */
const PARTS: Readonly<Record<string, Module>> = {
  onward,
  'onward/data': data,
  'onward/graph': graph,
  'onward/nn': nn,
  'onward/onnx': onnx,
  'onward/rules': rules,
}

const KEPT = '__onwardParts'

/** A rule of a page's own, and where in its text an error of it is. */
export interface OwnRule {
  readonly rule: AnyRule
  /** What was loaded, as a run keeps it: the name and the SHA-256 of the text. Pages that are not secure have none. */
  readonly file?: { readonly path: string; readonly sha256: string }
}

const loaded = new Map<string, string>()

/** `rule.js:12` where an error was thrown by, or below, the code of a module that was loaded. */
export function placeIn(error: unknown): string | undefined {
  const { stack = '' } = (error ?? {}) as { readonly stack?: string }
  for (const [url, name] of loaded) {
    const line = stack.includes(url) && /^:\d+/.exec(stack.slice(stack.indexOf(url) + url.length))
    if (line) return name + line[0]
  }
  return undefined
}

/** An error that says where in the module it was thrown; those for people say it already. */
export function placed(error: unknown): unknown {
  const place = error instanceof UserError ? undefined : placeIn(error)
  if (place === undefined) return error
  const { name, message } = error as Error
  return new UsageError(`${place}: ${name}: ${message.split('\n')[0]}.`, { cause: error })
}

/** The rule of the text of a module, and what a run keeps of it. Throws as `importRule` does. */
export async function loadRule({ module, name = 'rule.js' }: RuleModule): Promise<OwnRule> {
  const rule = await importRule({ module, name })
  const sha256 = await sha256Of(module)
  return { rule, ...(sha256 !== undefined && { file: { path: name, sha256 } }) }
}

/** Runs the text of a module and takes its rule. Throws a UsageError that says where it is wrong. */
export async function importRule({ module, name = 'rule.js' }: RuleModule): Promise<AnyRule> {
  Error.stackTraceLimit = 50
  const url = urlOf(resolved(module, name))
  loaded.set(url, name)
  let exported: Module
  try {
    exported = await import(/* @vite-ignore */ /* webpackIgnore: true */ url)
  } catch (error) {
    if (error instanceof UsageError) throw error
    const { name: kind } = error as Error
    const { message, line } = await explained(error as Error, module)
    const place = line ? name + line : (placeIn(error) ?? name)
    throw new UsageError(`${place}: ${[kind, message].filter(Boolean).join(': ')}.`, { cause: error })
  }
  const rule = ruleIn(exported, name)
  checkId(rule)
  return rule
}

/** What the browser says of a module that does not load, by the names that it was written with, and the line. */
async function explained({ name, message }: Error, module: string): Promise<{ message: string; line?: string }> {
  if (name !== 'SyntaxError') return { message }
  const missing = /export named '([^']+)'/.exec(message)?.[1]
  const part = [...partUrls].find(([, url]) => message.includes(url))
  if (missing === undefined || !part) return { message, line: await lineOfSyntax(module) }
  return {
    message: `${part[0]} has no ${missing}`,
    line: lineOf(module, module.search(new RegExp(`\\b${missing}\\b`))),
  }
}

const urlOf = (text: string): string => URL.createObjectURL(new Blob([text], { type: 'text/javascript' }))

/** The text with the parts of Onward under addresses that a worker can import; its lines stay where they are. */
function resolved(module: string, name: string): string {
  let imports: ReturnType<typeof parse>[0]
  try {
    ;[imports] = parse(module)
  } catch {
    // Whatever the mistake is, the browser says it better.
    return module
  }
  let text = ''
  let end = 0
  for (const own of imports) {
    if (own.type !== 'static' && own.type !== 'reexport-star') continue
    const { specifier: wanted, start } = own
    if (!PARTS[wanted])
      throw new UsageError(
        `${name}${lineOf(module, start)}: it imports "${wanted}", which is none of ${Object.keys(PARTS).join(', ')}: a rule in a page imports these alone.`,
      )
    text += module.slice(end, start) + partUrl(wanted)
    end = own.end
  }
  return text + module.slice(end)
}

const partUrls = new Map<string, string>()

function partUrl(part: string): string {
  Object.assign(globalThis, { [KEPT]: PARTS })
  const names = Object.keys(PARTS[part]!).filter((name) => name !== 'default')
  const known =
    partUrls.get(part) ??
    urlOf(`const part = globalThis.${KEPT}[${JSON.stringify(part)}]\nexport const { ${names.join(', ')} } = part\n`)
  partUrls.set(part, known)
  return known
}

async function sha256Of(text: string): Promise<string | undefined> {
  const bytes = new TextEncoder().encode(text)
  if (!globalThis.crypto?.subtle) return undefined
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
