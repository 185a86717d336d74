import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import test from 'node:test'
import { build } from 'esbuild'
import { CHROMIUM, inPage, NO_CHROMIUM } from './chromium.js'

const skip = CHROMIUM ? false : NO_CHROMIUM
const PAGE = readFileSync('docs/browser.md', 'utf8')

const blocks = (language: string): { code: string; printed: string | undefined }[] =>
  [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`\\n(?:\\n\`\`\`text\\n(.*?)^\`\`\`)?`, 'gms'))].map(
    ([, code, printed]) => ({ code: code!, printed }),
  )

/** Hears what is printed as a console shows it: short plain values. */
const HEAR = `
const lines = []
const shown = (value) => typeof value === 'string' ? value : Array.isArray(value) ? '[ ' + value.map((x) => typeof x === 'string' ? "'" + x + "'" : x).join(', ') + ' ]' : String(value)
console.log = (...values) => lines.push(values.map(shown).join(' '))
`

test('the programs of docs/browser.md, one after the other in a page, print what it says', { skip }, async () => {
  const project = resolve('build/browser-page')
  rmSync(project, { recursive: true, force: true })
  mkdirSync(join(project, 'node_modules'), { recursive: true })
  symlinkSync(resolve('.'), join(project, 'node_modules/onward'))
  const programs = blocks('javascript')
  assert.ok(programs.length > 4)
  const code = programs.map(({ code }) => code).join('\n')
  writeFileSync(join(project, 'page.mjs'), `${HEAR}\n${code}\nglobalThis.printed = lines\n`)
  await build({
    ...{
      entryPoints: [join(project, 'page.mjs')],
      bundle: true,
      splitting: true,
      format: 'esm',
      outdir: join(project, 'out'),
    },
    logLevel: 'silent',
  })
  const { value } = await inPage<string[]>(`await import('/page.js'); return globalThis.printed`, {
    folders: { '/': join(project, 'out') },
  })
  assert.equal(`${value.join('\n')}\n`, programs.map(({ printed = '' }) => printed).join(''))
})

test('its page without a bundler trains', { skip }, async () => {
  const [page, ...others] = blocks('html')
  assert.deepEqual(others, [])
  const report = "await fetch('/result', { method: 'POST', body: JSON.stringify({ value: event.event }) })"
  const html = page!.code
    .replace('./node_modules/onward/', '/')
    .replace('console.log(event.event)', `if (event.event === 'done') ${report}`)
  assert.equal((await inPage<string>('', { html, isolated: false })).value, 'done')
})

test('a worker of the page’s own serves its rules and data', { skip }, async () => {
  const [own] = blocks('js-worker')
  const project = resolve('build/browser-worker')
  rmSync(project, { recursive: true, force: true })
  mkdirSync(join(project, 'node_modules'), { recursive: true })
  symlinkSync(resolve('.'), join(project, 'node_modules/onward'))
  const [rule] = [...readFileSync('docs/own-rule.md', 'utf8').matchAll(/^```js\n(.*?)^```/gms)].map(([, code]) => code!)
  writeFileSync(join(project, 'my-rule.js'), rule!.replace('export default', 'export const myRule ='))
  writeFileSync(join(project, 'my-worker.js'), own!.code)
  await build({
    ...{ entryPoints: [join(project, 'my-worker.js')], bundle: true, format: 'esm', outdir: join(project, 'out') },
    ...{ conditions: ['onnxruntime-web-use-extern-wasm'], logLevel: 'silent' },
  })
  const { value } = await inPage<[string, string, boolean]>(`
    const { open } = await import('/dist/browser/page.js')
    const session = await open({
      rule: 'my-rule',
      data: 'glyphs',
      options: { epochs: 1, limit: 1000 },
      worker: () => new Worker('/build/browser-worker/out/my-worker.js', { type: 'module' }),
      runtimeFolder: '/node_modules/onnxruntime-web/dist/',
    })
    let end
    for await (const event of session.train()) end = event
    return [session.about.rule, end.event, session.certificate().local]`)
  assert.deepEqual(value, ['my-rule', 'done', true])
})
