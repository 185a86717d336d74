import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** Plots carry one style element; its hash lets it in, and no other. */
export const PLOT_CLASS = 'plot'

export function plotStyle() {
  const file = createRequire(import.meta.url)
    .resolve('@observablehq/plot')
    .replace(/dist.*$|src.*$/, 'src/plot.js')
  const [, template] = /append\("style"\)\.text\(\s*`([^`]*)`/.exec(readFileSync(file, 'utf8'))
  return template.replaceAll('${className}', PLOT_CLASS)
}

const sha256 = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** What the frame for a person's own code may do: run its one script and workers that it is handed, and load nothing. */
export const closedPolicy = (script) =>
  [
    "default-src 'none'",
    `script-src ${sha256(script)} blob: 'wasm-unsafe-eval'`,
    'worker-src blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')

/** What the page may load and run: its own files, and WebAssembly. */
export const contentPolicy = () =>
  [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    `style-src 'self' ${sha256(plotStyle())}`,
    "img-src 'self' blob: data:",
    "connect-src 'self'",
    "worker-src 'self' blob:",
    "frame-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
