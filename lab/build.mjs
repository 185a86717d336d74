// Builds the lab, a page of static files, from lab/src and src.
//   node lab/build.mjs [FOLDER]     with ONNX Runtime's files, for any web server; default: dist/lab
//   node lab/build.mjs --served     without them, into dist/lab: `onward lab` serves them from their package
import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { catalogue } from './build/catalogue.mjs'
import { licencesOf } from './build/licences.mjs'
import { closedPolicy, contentPolicy } from './build/policy.mjs'
import { svelte } from './build/svelte.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const RUNTIME = ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm']
/** For graphics cards: fetched where a browser has one, and not kept for a visit without a network. */
const RUNTIME_OF_CARDS = ['ort-wasm-simd-threaded.asyncify.mjs', 'ort-wasm-simd-threaded.asyncify.wasm']

/** zod brings its messages in fifty languages; the page needs those of one. */
const oneLanguage = {
  name: 'one-language',
  setup(own) {
    own.onLoad({ filter: /zod\/v4\/locales\/index\.js$/ }, () => ({
      contents: "export { default as en } from './en.js'",
      resolveDir: resolve(HERE, '../node_modules/zod/v4/locales'),
    }))
  },
}

/**
 * Names one of zod's functions at a time, so that those that nobody calls are left out: of a name that a library hands out
 * for all of itself, as zod does `z`, esbuild keeps everything.
 */
const onlyUsed = {
  name: 'only-used',
  setup(own) {
    own.onLoad({ filter: /[/\\]src[/\\].*\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace("import { z } from 'zod'", "import * as z from 'zod'"),
      loader: 'ts',
    }))
  },
}

/** The worker of the page itself runs no rule of a person's own: what that takes is left out. */
const withoutModules = {
  name: 'without-modules',
  setup(own) {
    own.onLoad({ filter: /browser[/\\]rule-module\.ts$/ }, () => ({
      contents: `export const placed = (error) => error
        export async function importRule() {
          throw new Error('A rule of your own runs in the closed worker alone.')
        }
        export const loadRule = importRule`,
    }))
  },
}

/** What plots of any kind are drawn with. */
const PATHS = ['geoPath', 'geoStream', 'geoTransform']

/** Maps are drawn nowhere in the lab, and schemas are written from no JSON: what that takes of libraries is left out. */
const withoutUnused = {
  name: 'without-unused',
  setup(own) {
    own.onResolve({ filter: /^d3-geo$/ }, ({ namespace }) =>
      namespace === 'without-maps' ? undefined : { path: 'd3-geo', namespace: 'without-maps' },
    )
    own.onLoad({ filter: /.*/, namespace: 'without-maps' }, async () => ({
      contents: Object.keys(await import('d3-geo'))
        .map((name) =>
          PATHS.includes(name) ? `export { ${name} } from 'd3-geo'\n` : `export const ${name} = undefined\n`,
        )
        .join(''),
      resolveDir: HERE,
    }))
    own.onLoad({ filter: /zod\/v4\/classic\/from-json-schema\.js$/ }, () => ({
      contents: 'export const fromJSONSchema = undefined',
    }))
  },
}

/** What a person wrote trains with WebAssembly. */
const withoutWebGpu = {
  name: 'without-webgpu',
  setup(own) {
    own.onResolve({ filter: /^onnxruntime-web\/webgpu$/ }, ({ resolveDir }) =>
      own.resolve('onnxruntime-web/wasm', { resolveDir, kind: 'import-statement' }),
    )
  },
}

/** The lab has a worker and ONNX Runtime's files of its own, beside the page. */
const nothingEmbedded = {
  name: 'nothing-embedded',
  setup(own) {
    own.onLoad({ filter: /browser[/\\]embedded[/\\]\w+\.ts$/ }, () => ({
      contents: "export const [text, mjs, wasm] = ['', '', '']",
    }))
  },
}

const common = {
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  logLevel: 'warning',
  // What floor.ts asks is of Node alone.
  logOverride: { 'ignored-bare-import': 'silent' },
  conditions: ['svelte', 'browser'],
}

/** Writes the page; with `runtime` also the files of ONNX Runtime. */
export async function buildLab(folder, { runtime }) {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const plugins = [svelte(), catalogue(), oneLanguage, nothingEmbedded, withoutUnused]
  const outputs = await build({
    ...common,
    entryPoints: { lab: join(HERE, 'src/main.ts') },
    outdir: folder,
    splitting: true,
    chunkNames: 'parts/[name]-[hash]',
    plugins,
    metafile: true,
  })
  const worker = await buildWorker(folder, 'worker', [withoutModules, onlyUsed])
  const closed = await buildWorker(folder, 'closed-worker', [withoutWebGpu])
  writeFileSync(join(folder, 'licences.html'), licencesOf([outputs.metafile, worker.metafile, closed.metafile]))
  const script = readFileSync(join(HERE, 'static/closed.js'), 'utf8')
    .replace(/^(\/\/.*\n)+/, '')
    .trim()
  const frame = readFileSync(join(HERE, 'static/closed.html'), 'utf8')
  writeFileSync(
    join(folder, 'closed.html'),
    frame.replace('CLOSED-POLICY', closedPolicy(script)).replace('CLOSED-SCRIPT', () => script),
  )
  for (const file of ['icon.svg', 'lab.webmanifest']) copyFileSync(join(HERE, 'static', file), join(folder, file))
  const page = readFileSync(join(HERE, 'static/index.html'), 'utf8')
  writeFileSync(join(folder, 'index.html'), page.replace('CONTENT-POLICY', contentPolicy()))
  if (runtime) {
    mkdirSync(join(folder, 'runtime'))
    for (const file of [...RUNTIME, ...RUNTIME_OF_CARDS])
      copyFileSync(resolve(HERE, '../node_modules/onnxruntime-web/dist', file), join(folder, 'runtime', file))
  }
  await build({
    ...common,
    entryPoints: [join(HERE, 'src/pictures/worker.ts')],
    outfile: join(folder, 'pictures.js'),
    format: 'iife',
  })
  await buildServiceWorker(folder)
  return outputs.metafile
}

/** One file, so that its text can be handed to the frame for a person's own code; ONNX Runtime's files are not in it. */
async function buildWorker(folder, name, plugins) {
  return await build({
    metafile: true,
    ...common,
    entryPoints: [join(HERE, 'src/session/worker.ts')],
    outfile: join(folder, `${name}.js`),
    format: 'iife',
    conditions: ['onnxruntime-web-use-extern-wasm', 'browser'],
    define: { 'import.meta.url': 'self.location.href' },
    plugins: [...plugins, oneLanguage, withoutUnused],
  })
}

/** The service worker knows the files of this build, and is another one for each. */
async function buildServiceWorker(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('runtime'))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
  const hash = createHash('sha256')
  for (const file of files) hash.update(file).update(readFileSync(join(folder, file)))
  await build({
    ...common,
    entryPoints: [join(HERE, 'src/service-worker.ts')],
    outfile: join(folder, 'service-worker.js'),
    define: {
      FILES: JSON.stringify([
        '.',
        ...files.filter((file) => file !== 'index.html'),
        ...RUNTIME.map((file) => `runtime/${file}`),
      ]),
      BUILD: JSON.stringify(hash.digest('hex').slice(0, 16)),
    },
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [given] = process.argv.slice(2)
  const isServed = given === '--served'
  await buildLab(resolve(isServed ? 'dist/lab' : (given ?? 'dist/lab')), { runtime: !isServed })
}
