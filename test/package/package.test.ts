import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'

const run = promisify(execFile)
const { exports, dependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
const paths = Object.keys(exports).filter((path) => path !== './package.json')
const nameOf = (path: string): string => join('onward', path)

/** A project that has Onward installed: dist as it was built, its dependencies beside it, and nothing else. */
const project = mkdtempSync(join(tmpdir(), 'onward-package-'))
const installed = join(project, 'node_modules', 'onward')
const TSC = resolve('node_modules/typescript/bin/tsc')
after(() => rmSync(project, { recursive: true, force: true }))

before(() => {
  mkdirSync(installed, { recursive: true })
  copyFileSync('package.json', join(installed, 'package.json'))
  assert.ok(existsSync('dist/node.js'), 'build the package first: npm run build')
  cpSync('dist', join(installed, 'dist'), { recursive: true })
  for (const name of Object.keys(dependencies)) {
    const link = join(project, 'node_modules', name)
    mkdirSync(join(link, '..'), { recursive: true })
    symlinkSync(resolve('node_modules', name), link)
  }
  writeFileSync(join(project, 'package.json'), '{"type":"module"}')
})

test('every subpath of the package can be imported, by its name', async () => {
  writeFileSync(
    join(project, 'names.js'),
    `for (const name of ${JSON.stringify(paths.map(nameOf))})
      if (Object.keys(await import(name)).length === 0) throw new Error(name + ' exports nothing')
    process.exit(0)`,
  )
  await run(process.execPath, ['names.js'], { cwd: project })
})

const NODE_TYPES = ['--typeRoots', resolve('node_modules/@types'), '--types', 'node']

const check = (...given: string[]) => {
  const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false']
  const target = ['--target', 'es2022', '--lib', 'es2023,dom,dom.iterable', '--module', 'nodenext']
  return run(process.execPath, [TSC, ...options, ...target, ...given], { cwd: project })
}

test('the declarations of everything but the part for Node need none of Node’s types', async () => {
  const names = paths.filter((path) => path !== './node').map(nameOf)
  const imports = names.map((name, i) => `import * as part${i} from '${name}'\nvoid part${i}\n`)
  writeFileSync(join(project, 'all.ts'), imports.join(''))
  await check('all.ts')
})

test('a program that trains a rule of its own passes the strict type-check against the declarations', async () => {
  const example = readFileSync('examples/01-a-rule-of-your-own.ts', 'utf8')
    .replace(/'\.\.\/src\/(\w+)\/index\.js'/g, "'onward/$1'")
    .replace("'../src/node.js'", "'onward/node'")
  assert.doesNotMatch(example, /\.\.\/src/)
  writeFileSync(join(project, 'example.ts'), example)
  await check('example.ts', ...NODE_TYPES)
})

test('the installed command answers, doctor too', async () => {
  const main = join(installed, 'dist', 'cli', 'main.js')
  const { stdout } = await run(process.execPath, [main, 'doctor', '--json'], { cwd: project })
  const report = JSON.parse(stdout)
  assert.ok(report.threads >= 1)
  assert.ok(report.providers.some(({ device, works }: { device: string; works: boolean }) => device === 'cpu' && works))
})

test('what npm packs holds the files that the package names, and nothing beside what was built', async () => {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--ignore-scripts', '--json'])
  const files: string[] = JSON.parse(stdout)[0].files.map(({ path }: { path: string }) => path)
  const foreign = files.filter((path) => !/^(dist\/.*|LICENSE|README\.md|CHANGELOG\.md|package\.json)$/.test(path))
  assert.deepEqual(foreign, [])
  for (const { types, default: code } of paths.map((path) => exports[path]))
    for (const file of [types, code]) assert.ok(files.includes(file.slice(2)), `${file} is not packed`)
})
