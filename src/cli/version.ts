import { existsSync, readFileSync } from 'node:fs'

/** The version in package.json, which lies two or three folders up: from dist/cli or from build/src/cli. */
export function version(): string {
  const file = ['../../package.json', '../../../package.json']
    .map((path) => new URL(path, import.meta.url))
    .find((url) => existsSync(url))
  return (JSON.parse(readFileSync(file!, 'utf8')) as { version: string }).version
}
