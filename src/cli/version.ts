import { createRequire } from 'node:module'

/** The version of this package, which its package.json holds. */
export const version = (): string => createRequire(import.meta.url)('onward/package.json').version
