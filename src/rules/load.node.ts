import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { UsageError } from '../errors.js'
import { hashOf } from '../files.node.js'
import type { AnyRule } from './contract.js'
import { shareOwnCopy } from './own-copy.node.js'
import { ruleById } from './registry.js'
import { type Module, ruleIn } from './rule-in.js'

/** The file that a rule came from, and what was in it. What that file imports is not looked at. */
export interface RuleFile {
  /** As it was named. */
  readonly path: string
  readonly sha256: string
}

const files = new WeakMap<AnyRule, RuleFile>()
const loaded = new Map<string, string>()

/** Where a rule was loaded from; undefined for Onward's own, and for those that a program made. */
export const fileOf = (rule: AnyRule): RuleFile | undefined => files.get(rule)

/** Whether the name of a rule is the path of a file. */
export const isPath = (name: string): boolean => /[\\/]|\.[cm]?[jt]s$/.test(name)

/** One of Onward's rules by its name, or the rule in the file at a path, whose code then runs. */
export const findRule = async (name: string): Promise<AnyRule> => (isPath(name) ? loadRule(name) : ruleById(name))

/** "./my-rule.js:12" where an error was thrown by, or below, the code of a rule that was loaded from a file. */
export function placeInRule(error: unknown): string | undefined {
  // Errors of Node itself are of another realm in Jest.
  const { stack = '' } = (error ?? {}) as { readonly stack?: string }
  for (const [url, path] of loaded) {
    const line = stack.includes(url) && stack.slice(stack.indexOf(url) + url.length).match(/^:\d+/)
    if (line) return path + line[0]
  }
  return undefined
}

async function loadRule(path: string): Promise<AnyRule> {
  const file = resolve(path)
  const sha256 = hashOf(read(path, file))
  // By its hash, so that what was changed since another call is read anew.
  const url = `${pathToFileURL(file).href}?${sha256}`
  loaded.set(url, path)
  shareOwnCopy()
  const module = await imported(url, path).catch((error) => {
    throw error instanceof UsageError ? error : new UsageError(reasonOf(error, path), { cause: error })
  })
  const rule = ruleIn(module, path)
  files.set(rule, { path, sha256 })
  return rule
}

function read(path: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const what =
      { ENOENT: 'there is no such file', EISDIR: 'it is a folder' }[code ?? ''] ?? `it cannot be read (${code})`
    throw new UsageError(`${path} is no rule: ${what}. Name a module that exports one.`, { cause })
  }
}

const PATIENCE = 10

/** The module; one that waits for ever is refused, and of one that never gives up the thread, another thread tells. */
async function imported(url: string, path: string): Promise<Module> {
  const slow = `${path} has not come to the end of its code in ${PATIENCE} s: look for a loop or an await outside of its functions`
  const tell = `require('node:fs').writeSync(2, ${JSON.stringify(`onward: ${slow}; Ctrl-C ends this.\n`)})`
  const watch = new Worker(`setTimeout(() => ${tell}, ${PATIENCE * 1000 + 500})`, { eval: true })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new UsageError(`${slow}.`)), PATIENCE * 1000)
  })
  try {
    return await Promise.race([import(url) as Promise<Module>, late])
  } finally {
    clearTimeout(timer)
    await watch.terminate()
  }
}

/** Why a module could not be loaded, and where, in one sentence. */
function reasonOf(error: unknown, path: string): string {
  const { code, name, message = String(error) } = (error ?? {}) as NodeJS.ErrnoException
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION')
    return /ts$/.test(path)
      ? `${path} is TypeScript, which Node ${process.versions.node} does not run: compile it to JavaScript, or use Node 22.18 or later.`
      : `${path} is no module: the file of a rule ends in .js or .mjs.`
  const missing = /package '([^']*)'/.exec(message)?.[1]
  if (code === 'ERR_MODULE_NOT_FOUND' && missing)
    return `${path} imports the package "${missing}", which is not installed where it lies: npm install ${missing}.`
  if (name === 'SyntaxError' && /import statement outside|Unexpected token 'export'/.test(message))
    return `${path} is read as CommonJS: end its name in .mjs, or set "type": "module" in the package.json above it.`
  const place = placeInRule(error) ?? (name === 'SyntaxError' ? placeOfSyntax(path) : path)
  return `${place}: ${[name, message.split('\n')[0]].filter(Boolean).join(': ')}.`
}

/** A mistake of syntax does not say where it is; Node does when it checks the file, without running it. */
function placeOfSyntax(path: string): string {
  const { stderr } = spawnSync(process.execPath, ['--check', path], { encoding: 'utf8' })
  return path + (/^\S.*(:\d+)$/m.exec(stderr)?.[1] ?? '')
}
