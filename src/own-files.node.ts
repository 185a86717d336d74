import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { UserError } from './errors.js'

/** Where this code lies. A bundle of CommonJS does not tell; the program that was started does. */
const HERE = import.meta.url ?? pathToFileURL(process.argv[1] ?? join(process.cwd(), 'program')).href

/** Bundlers take what they see of `createRequire` for their own. */
const { createRequire } = process.getBuiltinModule('node:module')

interface Package {
  readonly name?: string
  readonly version?: string
  readonly exports?: Record<string, { readonly default?: string }>
}

/** The package.json in a folder; undefined where there is none that can be read. */
function read(folder: string): Package | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  } catch {
    return undefined
  }
}

/** The folder of Onward's package that this code is a part of; undefined where it was put into a bundle. */
function ownFolder(): string | undefined {
  for (let folder = dirname(fileURLToPath(HERE)); ; folder = dirname(folder)) {
    if (read(folder)?.name === 'onward') return folder
    if (folder === dirname(folder)) return undefined
  }
}

/** The folder of the package onward that is installed for a program in which Onward was bundled. */
function installedFolder(): string | undefined {
  for (const from of [HERE, pathToFileURL(process.argv[1] ?? '').href, pathToFileURL(join(process.cwd(), 'x')).href])
    try {
      return dirname(createRequire(from).resolve('onward/package.json'))
    } catch {
      // It is not installed there.
    }
  return undefined
}

const LEAVE_OUT =
  'Onward was put into a bundle without it: leave the package onward out of the bundle (external in esbuild and ' +
  'Rollup, externals in webpack), and install it where the bundle runs'

/**
 * A file beside the code at `from`, for a thread or a process of its own; from a bundle, the one in the folder `place` of
 * the installed package.
 */
export function ownFile(name: string, from: string | undefined, place: string): URL {
  const beside = new URL(name, from ?? HERE)
  if (existsSync(beside)) return beside
  const folder = installedFolder()
  const installed = folder === undefined ? undefined : pathToFileURL(join(folder, 'dist', place, name))
  if (installed && existsSync(installed)) return installed
  throw new UserError(`the file ${name} is missing: ${LEAVE_OUT}`)
}

/** What the package.json of the copy of Onward that runs exports. Throws a UserError in a bundle. */
export function ownExports(): NonNullable<Package['exports']> {
  const folder = ownFolder()
  if (folder === undefined) throw new UserError(`the file package.json is missing: ${LEAVE_OUT}`)
  return read(folder)?.exports ?? {}
}

/** The version of Onward; in a bundle that of the installed package, if there is one. */
export function packageVersion(): string {
  const folder = ownFolder() ?? installedFolder()
  return (folder === undefined ? undefined : read(folder)?.version) ?? 'unknown'
}

/** The version of ONNX Runtime. */
export const engineVersion = (): string => createRequire(HERE)('onnxruntime-node/package.json').version
