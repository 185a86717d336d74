// Each rule has a page; what is generated on it is of today, and what people wrote names files, functions and tests that exist.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { PAGES, pageOf, rulePages } from '../../bench/rule-pages.js'
import { RULES } from '../../src/rules/registry.js'

const FILES = readdirSync(PAGES).map((name) => join(PAGES, name))
const textOf = (path: string): string => readFileSync(path, 'utf8')

/** In the order of a page. */
const SECTIONS = [
  'Idea',
  'Equations, and where they are computed',
  'What a layer reads',
  'When it equals backpropagation, or has a closed form',
  'Limits',
  'Where each part comes from',
  'Recipe',
  'Presets',
  'Recorded figures',
  'Options',
]

/** Generated parts that each page has. */
const GENERATED = ['source', 'certificate', 'recipe', 'presets', 'figures']

test('every rule has a page, and every page is of a rule', () => {
  assert.deepEqual(FILES.toSorted(), [join(PAGES, 'README.md'), ...RULES.map(pageOf)].toSorted())
})

test('what is generated is as bench/run --report would write it now', () => {
  for (const [path, text] of rulePages())
    assert.equal(textOf(path), text, `${path} is out of date: bench/run --report writes it`)
})

for (const rule of RULES)
  describe(`the page of ${rule.id}`, () => {
    const text = textOf(pageOf(rule))

    test('has the sections of all pages, in their order, and all generated parts', () => {
      assert.deepEqual(
        [...text.matchAll(/^## (.+)$/gm)].map(([, title]) => title),
        SECTIONS,
      )
      const parts = new Set([...text.matchAll(/^<!-- (\w+).*: written by bench\/run -->$/gm)].map(([, kind]) => kind))
      assert.deepEqual([...parts].toSorted(), GENERATED.toSorted())
      assert.ok(text.startsWith(`# ${rule.title} (\`${rule.id}\`)\n`))
    })

    test('names files that exist, functions that are in them, and tests of these names', () => {
      for (const [, path] of text.matchAll(/`((?:src|test|docs|bench)\/[\w/.-]+)`/g))
        assert.ok(existsSync(path!), `${path} does not exist`)
      // `src/a.ts`: `f`, `g`
      for (const [, path, names] of text.matchAll(/`(src\/[\w/.-]+)`: (`\w+`(?:,\s+`\w+`)*)/g))
        for (const [, name] of names!.matchAll(/`(\w+)`/g))
          assert.match(textOf(path!), new RegExp(`\\b${name}\\b`), `${path} has no ${name}`)
      // `test/a.test.ts`: "a test"
      let tests = 0
      for (const [, path, names] of text.matchAll(/`(test\/[\w/.-]+)`: ("[^"]+"(?:,\s+"[^"]+")*)/g))
        for (const [, name] of names!.matchAll(/"([^"]+)"/g)) {
          assert.ok(textOf(path!).includes(name!.replaceAll(/\s+/g, ' ')), `${path} has no test "${name}"`)
          tests++
        }
      assert.ok(tests > 0, 'it names no test')
    })

    test('has links that lead to files', () => {
      for (const [, path] of text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
        if (!path!.startsWith('../reference/'))
          assert.ok(existsSync(join(dirname(pageOf(rule)), path!)), `${path} is not there`)
      assert.ok(text.includes(`](../reference/rules.md#${rule.id})`))
    })

    test('has a command on glyphs of one epoch', () => {
      const commands = [...text.matchAll(/^npx onward train (.+)$/gm)].map(([, words]) => words!)
      assert.ok(commands.some((words) => words.startsWith(`${rule.id} `) && words.includes('--data glyphs')))
      for (const words of commands) if (words.includes('--data glyphs')) assert.match(words, /--epochs 1\b/)
    })
  })
