// Onward in a realm of its own, as Jest runs everything: its arrays are not those of workers, of Node, or of its caller.
// At most 30 s: bundles the library, trains and predicts.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import vm from 'node:vm'
import { build } from 'esbuild'
import type * as Onward from '../../src/node.js'
import { ARCHIVES } from '../data/own/golden.js'

const folder = mkdtempSync(join(tmpdir(), 'onward-realm-'))
after(() => rmSync(folder, { recursive: true }))

/** The library, evaluated where all constructors of the language are other ones than here. */
async function inOwnRealm(): Promise<typeof Onward> {
  const { outputFiles } = await build({
    ...{ entryPoints: ['build/src/node.js'], bundle: true, write: false, logLevel: 'error' },
    ...{ platform: 'node', format: 'cjs', packages: 'external' },
    plugins: [
      {
        name: 'the places of the modules',
        setup: ({ onLoad }) =>
          onLoad({ filter: /build.src.*\.js$/ }, ({ path }) => ({
            contents: readFileSync(path, 'utf8').replaceAll(
              'import.meta.url',
              JSON.stringify(pathToFileURL(path).href),
            ),
          })),
      },
    ],
  })
  const module = { exports: {} }
  const given = { AbortController, AbortSignal, Buffer, TextDecoder, TextEncoder, URL, performance, structuredClone }
  const context = vm.createContext({
    ...given,
    ...{ setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, console, process },
    ...{ module, exports: module.exports, require: createRequire(resolve('package.json')) },
  })
  new vm.Script(outputFiles[0]!.text, {
    filename: resolve('bundle.cjs'),
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }).runInContext(context)
  assert.notEqual(vm.runInContext('Float32Array', context), Float32Array)
  return module.exports as typeof Onward
}

test('trains, resumes, predicts, exports and reads files with arrays of other realms', async () => {
  const { evaluate, exportRun, loadData, predict, resume, train } = await inOwnRealm()
  const inputs = Uint8Array.from({ length: 40 * 64 }, (_, i) => (i * 37) % 256)
  const split = { inputs, targets: Array.from({ length: 40 }, (_, i) => i % 2), count: 40 }
  const data = {
    ...{ name: 'own', input: { shape: [1, 8, 8], levels: 256 }, target: { kind: 'class', count: 2 } as const },
    ...{ train: split, test: split },
  }
  const out = join(folder, 'run')
  const options = { epochs: 1, batch: 10, threads: 1, validation: 10 }
  const last = async (events: AsyncIterable<{ readonly event: string }>): Promise<string | undefined> => {
    let event: string | undefined
    for await (const own of events) event = own.event
    return event
  }
  assert.equal(await last(train({ rule: 'backprop', data, hyper: { units: [8] }, options, out })), 'done')
  assert.equal(await last(resume(out, { data, epochs: 2 })), 'done')
  const levels = inputs.subarray(0, 64)
  const [told] = await predict(out, [levels])
  const [again] = await predict(out, [Float32Array.from(levels, (level) => level / 255)])
  assert.deepEqual([...told!.scores], [...again!.scores])
  assert.ok((await evaluate(out, { data })).test)
  assert.equal((await exportRun(out, { data })).batch, 'any')
  const path = join(folder, 'x.npz')
  writeFileSync(path, Buffer.from(ARCHIVES.deflated!, 'base64'))
  assert.equal((await loadData(path)).train.count, 40)
})
