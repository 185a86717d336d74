// What a page needs beside its script lies in dist/browser/embedded, as modules of text: bundlers follow imports of
// modules without being told, and not all of them follow addresses of files. See docs/decisions/0037-browser.md.
import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const common = { bundle: true, format: 'esm', platform: 'browser', target: 'es2022', minify: true, logLevel: 'warning' }
const embedded = (name) => `dist/browser/embedded/${name}.js`
const strings = (texts) =>
  Object.entries(texts)
    .map(([name, text]) => `export const ${name} = ${JSON.stringify(text)}\n`)
    .join('')

/** The worker, whole; ONNX Runtime's files are handed to it. */
export async function embedWorker() {
  const { outputFiles } = await build({
    ...common,
    entryPoints: ['dist/browser/standalone.js'],
    conditions: ['onnxruntime-web-use-extern-wasm'],
    // What a worker without an address of its own would look for beside itself; it is always told where things are.
    define: { 'import.meta.url': 'self.location.href' },
    write: false,
  })
  writeFileSync(embedded('worker'), strings({ text: outputFiles[0].text }))
}

/** ONNX Runtime's files for both devices. */
export function embedRuntime() {
  const folder = new URL('../node_modules/onnxruntime-web/dist/', import.meta.url)
  for (const [name, file] of [
    ['wasm', 'ort-wasm-simd-threaded'],
    ['webgpu', 'ort-wasm-simd-threaded.asyncify'],
  ]) {
    const mjs = readFileSync(new URL(`${file}.mjs`, folder), 'utf8')
    const wasm = gzipSync(readFileSync(new URL(`${file}.wasm`, folder)), { level: 9 }).toString('base64')
    writeFileSync(embedded(name), strings({ mjs, wasm }))
  }
}

/** `onward/browser` as one file without imports by name, for a page without a bundler; it loads `embedded` beside it. */
export async function bundlePage() {
  await build({
    ...common,
    entryPoints: ['dist/browser/index.js'],
    outfile: 'dist/browser/page.js',
    external: ['./embedded/*'],
  })
}
