// At most 60 s: bundles, and an older compiler.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { build, type Format } from 'esbuild'

const run = promisify(execFile)
const { dependencies, exports } = JSON.parse(readFileSync('package.json', 'utf8'))
const project = mkdtempSync(join(tmpdir(), 'onward-hosts-'))
const alone = mkdtempSync(join(tmpdir(), 'onward-alone-'))
after(() => {
  for (const folder of [project, alone]) rmSync(folder, { recursive: true })
})

const link = (folder: string, name: string): void => {
  const path = join(folder, 'node_modules', name)
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(resolve('node_modules', name), path)
}

before(() => {
  assert.ok(existsSync('dist/node.js'), 'build the package first: npm run build')
  const installed = join(project, 'node_modules', 'onward')
  mkdirSync(installed, { recursive: true })
  cpSync('package.json', join(installed, 'package.json'))
  cpSync('dist', join(installed, 'dist'), { recursive: true })
  for (const name of [...Object.keys(dependencies), '@types', 'undici-types']) link(project, name)
  link(alone, 'onnxruntime-node')
  for (const folder of [project, alone]) writeFileSync(join(folder, 'package.json'), '{"name":"app","version":"9.9.9"}')
})

/** Trains in a bundle, in the folder given, and says how that ended. */
async function bundled(format: Format, folder: string, code: string): Promise<string> {
  const outfile = join(folder, `${format}.${format === 'cjs' ? 'cjs' : 'mjs'}`)
  const [entry, external] = [{ contents: code, resolveDir: project }, ['onnxruntime-node']]
  await build({
    stdin: entry,
    bundle: true,
    platform: 'node',
    format,
    external,
    outfile,
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
  })
  return (await run(process.execPath, [outfile], { cwd: folder })).stdout
}

const TRAINS = `
  import { environment, train } from 'onward/node'
  const options = { limit: 300, epochs: 1, threads: 1 }
  const main = async () => {
    let last
    for await (last of train({ rule: 'backprop', data: 'glyphs', options, out: false }));
    return last.event + ' by ' + environment().onward
  }
  main().catch((error) => error.name + ': ' + error.message).then((said) => { console.log(said); process.exit(0) })`

test('a bundle for Node trains where Onward is installed, and else says what to leave out of it', async () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  for (const format of ['esm', 'cjs'] as const) {
    // Its version is not that of the program around it.
    assert.equal(await bundled(format, project, TRAINS), `done by ${version}\n`, format)
    assert.match(
      await bundled(format, alone, TRAINS),
      /^UserError: the file \.\/worker\.node\.js is missing: Onward was put into a bundle without it: leave the package onward out/,
    )
  }
})

test('a rule in a file of its own is refused in a bundle, in the same words', async () => {
  writeFileSync(join(alone, 'rule.mjs'), 'export default 1')
  const code =
    "import { findRule } from 'onward/node'; findRule('./rule.mjs').catch((error) => console.log(error.message))"
  assert.match(await bundled('esm', alone, code), /was put into a bundle without it: leave the package onward out/)
})

test('an older Node is told which one it takes, by the command and by every part that is imported', async () => {
  const old = `data:text/javascript,${encodeURIComponent("Object.defineProperty(process.versions, 'node', { value: '18.20.8' })")}`
  const says = 'Onward needs Node 20.19 or later, and this is Node 18.20.8: install a newer one (https://nodejs.org).'
  const main = resolve('dist/cli/main.js')
  for (const command of [['rules'], ['train', 'backprop', '--data', 'glyphs'], ['--version']]) {
    const ended = await run(process.execPath, ['--import', old, main, ...command]).catch((error) => error)
    assert.deepEqual([ended.code, ended.stdout, ended.stderr], [1, '', `onward: ${says}\n`])
  }
  const names = Object.keys(exports).filter((path) => path !== './package.json' && path !== './browser')
  const code = `for (const name of ${JSON.stringify(names.map((name) => join('onward', name)))})
    await import(name).then(() => console.log(name), ({ message }) => message === ${JSON.stringify(says)} || console.log(name, message))`
  writeFileSync(join(project, 'imports.mjs'), code)
  assert.equal((await run(process.execPath, ['--import', old, 'imports.mjs'], { cwd: project })).stdout, '')
})

// Zod's types ask for 5.4; 5.7 was the first to know typed arrays with a parameter.
for (const version of ['5.4'])
  test(`the types hold for TypeScript ${version}, libraries checked`, async (context) => {
    const folder = join(project, `typescript-${version}`)
    mkdirSync(folder)
    writeFileSync(join(folder, 'package.json'), '{}')
    const npm = ['install', '--no-audit', '--no-fund', '--ignore-scripts', `typescript@${version}`]
    const got = await run('npm', npm, { cwd: folder, timeout: 60_000 }).catch(() => undefined)
    if (!got) return context.skip('the older compiler could not be fetched')
    const names = Object.keys(exports).filter((path) => path !== './package.json')
    const imports = names.map((name, i) => `import * as part${i} from '${join('onward', name)}'\nvoid part${i}\n`)
    writeFileSync(join(project, 'all.mts'), imports.join(''))
    const options = [
      '--noEmit',
      '--strict',
      '--exactOptionalPropertyTypes',
      '--skipLibCheck',
      'false',
      '--types',
      'node',
    ]
    const target = ['--target', 'es2022', '--lib', 'es2023,dom,dom.iterable', '--module', 'nodenext']
    const tsc = join(folder, 'node_modules/typescript/lib/tsc.js')
    await run(process.execPath, [tsc, ...options, ...target, 'all.mts'], { cwd: project }).catch(({ stdout }) =>
      assert.fail(stdout),
    )
  })

test('a user without an entry and without a home trains on data that are named', async (context) => {
  if (process.getuid?.() !== 0 || !(await run('setpriv', ['--version']).catch(() => undefined)))
    return context.skip('it takes root and setpriv to be another user')
  const { HOME: _, ONWARD_CACHE: __, XDG_CACHE_HOME: ___, ...env } = process.env
  const code = `
    import { cacheFolder } from ${JSON.stringify(resolve('dist/data/cache.node.js'))}
    import { loadDataSet } from ${JSON.stringify(resolve('dist/data/load.node.js'))}
    console.log(cacheFolder(), (await loadDataSet('glyphs')).train.count)`
  const args = ['--reuid', '54321', '--clear-groups', process.execPath, '--input-type=module', '-e', code]
  const { stdout } = await run('setpriv', args, { env, cwd: '/' })
  assert.equal(stdout, `${join(tmpdir(), 'onward-54321', 'onward')} 10000\n`.replace('/onward ', ' '))
})

test('a training runs in a test of Jest', async (context) => {
  const folder = join(project, 'jest')
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{}')
  const npm = ['install', '--no-audit', '--no-fund', '--ignore-scripts', 'jest@29']
  const got = await run('npm', npm, { cwd: folder, timeout: 90_000 }).catch(() => undefined)
  if (!got) return context.skip('Jest could not be fetched')
  const code = `
    import { dataSet, labelledImages, train } from 'onward/node'
    test('trains', async () => {
      const inputs = Uint8Array.from({ length: 40 * 64 }, (_, i) => (i * 37) % 256)
      const split = { inputs, targets: Uint8Array.from({ length: 40 }, (_, i) => i % 2), count: 40 }
      const data = dataSet({ name: 'own', ...labelledImages([1, 8, 8], ['a', 'b']), train: split, test: split })
      let last
      for await (last of train({ rule: 'backprop', data, options: { epochs: 1, threads: 1 }, out: 'run' }));
      expect(last.test.network.accuracy).toBeGreaterThan(0)
    }, 20000)`
  writeFileSync(join(folder, 'onward.test.mjs'), code)
  const jest = ['node_modules/jest/bin/jest.js', '--transform', '{}', '--testMatch', '**/*.test.mjs']
  const env = { ...process.env, NODE_OPTIONS: '--experimental-vm-modules' }
  await run(process.execPath, jest, { cwd: folder, env }).catch(({ stderr }) => assert.fail(stderr))
  assert.ok(existsSync(join(folder, 'run', 'checkpoint.safetensors')))
})
