import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test, { before } from 'node:test'
import * as esbuild from 'esbuild'
import { createServer, build as viteBuild } from 'vite'
import webpack from 'webpack'
import { CHROMIUM, inPage, NO_CHROMIUM } from './chromium.js'

// A page of a few lines, bundled as a user would do it: without a word of configuration, from a package that lies in
// node_modules (as a copy: bundlers treat linked packages as the project's own source).

const skip = CHROMIUM ? false : NO_CHROMIUM
const project = resolve('build/bundled')

const MAIN = `
import { open } from 'onward/browser'

async function main() {
  const options = { limit: 400, validation: 100, epochs: 1, batch: 50 }
  const session = await open({ rule: 'ff', data: 'glyphs', hyper: { units: [30] }, options })
  let done
  for await (const event of session.train()) done = event
  return { event: done.event, device: session.about.device, isolated: crossOriginIsolated, threads: session.about.threads }
}
const report = (result) => fetch('/result', { method: 'POST', body: JSON.stringify(result) })
main().then((value) => report({ value }), (error) => report({ error: error.stack }))
`
const page = (script: string): string =>
  `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`

before(() => {
  rmSync(project, { recursive: true, force: true })
  mkdirSync(join(project, 'node_modules/onward'), { recursive: true })
  for (const own of ['dist', 'package.json'])
    cpSync(own, join(project, 'node_modules/onward', own), { recursive: true })
  mkdirSync(join(project, 'src'))
  writeFileSync(join(project, 'src/main.js'), MAIN)
  writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }')
  writeFileSync(join(project, 'index.html'), page('/src/main.js'))
})

interface Trained {
  readonly event: string
  readonly device: string
  readonly isolated: boolean
  readonly threads: number
}

const sizesIn = (folder: string): number[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => statSync(join(folder, name)).size)
    .sort((a, b) => b - a)

async function trains(folder: string, html: string, isolated: boolean): Promise<void> {
  const { value } = await inPage<Trained>('', { folders: { '/': folder }, html, isolated })
  assert.deepEqual([value.event, value.device, value.isolated], ['done', 'wasm', isolated])
  assert.ok(isolated || value.threads === 1, 'threads share memory: only isolated pages have several')
}

test('Vite builds a page that trains', { skip }, async () => {
  await viteBuild({ root: project, logLevel: 'silent', configFile: false })
  const folder = join(project, 'dist')
  await trains(folder, readFileSync(join(folder, 'index.html'), 'utf8'), true)
  assert.ok(sizesIn(folder).length >= 4, 'ONNX Runtime lies in files of its own, loaded when they are needed')
})

test('Vite serves a page that trains while it is developed, in a frame of another site that may keep nothing', {
  skip,
}, async () => {
  const server = await createServer({ root: project, logLevel: 'silent', configFile: false, server: { port: 0 } })
  try {
    await server.listen()
    const { port } = server.httpServer!.address() as { port: number }
    // The page that reports is another one: it shows the developed one in a frame, and hands on what that says.
    const html = `<!doctype html><script type="module">
      addEventListener('message', ({ data }) => fetch('/result', { method: 'POST', body: data }))
      </script><iframe src="http://localhost:${port}/"></iframe>`
    const main = MAIN.replace(
      /const report = .*\n/,
      "const report = (result) => parent.postMessage(JSON.stringify(result), '*')\n",
    )
    writeFileSync(join(project, 'src/main.js'), main)
    const { value } = await inPage<Trained>('', { html, isolated: false })
    assert.deepEqual([value.event, value.device], ['done', 'wasm'])
  } finally {
    writeFileSync(join(project, 'src/main.js'), MAIN)
    await server.close()
  }
})

test('webpack bundles a page that trains', { skip }, async () => {
  const folder = join(project, 'packed')
  await new Promise<void>((done, fail) => {
    webpack(
      { context: project, entry: './src/main.js', mode: 'production', output: { path: folder } },
      (error, stats) => {
        if (error || stats?.hasErrors()) fail(error ?? new Error(stats!.toString('errors-only')))
        else done()
      },
    )
  })
  await trains(folder, page('/main.js').replace('type="module" ', 'defer '), false)
  assert.ok(sizesIn(folder).at(-1)! < 300_000, 'the page itself is small')
})

test('esbuild bundles a page that trains', { skip }, async () => {
  const folder = join(project, 'built')
  const { warnings } = await esbuild.build({
    absWorkingDir: project,
    entryPoints: ['src/main.js'],
    bundle: true,
    splitting: true,
    format: 'esm',
    outdir: folder,
    logLevel: 'silent',
  })
  assert.deepEqual(warnings, [])
  await trains(folder, page('/main.js'), true)
})

test('esbuild makes one classic script that trains', { skip }, async () => {
  const folder = join(project, 'one')
  const { warnings } = await esbuild.build({
    absWorkingDir: project,
    entryPoints: ['src/main.js'],
    bundle: true,
    minify: true,
    outdir: folder,
    logLevel: 'silent',
  })
  assert.deepEqual(warnings, [])
  await trains(folder, page('/main.js').replace('type="module" ', 'defer '), false)
})
