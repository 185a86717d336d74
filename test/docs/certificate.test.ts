// docs/certificate.md explains words that certificates really have, each by rules that have them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { certificateInWords } from '../../src/certificate/words.js'
import { certifyRule } from '../../src/rules/certify.js'
import { RULES } from '../../src/rules/registry.js'

/** Numbers differ from rule to rule. */
const masked = (text: string): string => text.replaceAll(/\d+(\.\d+)?/g, '#')

test('each reading that the page explains stands in the certificate of each rule that it names', () => {
  const rows = [...readFileSync('docs/certificate.md', 'utf8').matchAll(/^\| ([^|]+) \| [^|]+ \| (`.*`) \|$/gm)]
  assert.ok(rows.length > 10)
  const told = new Map<string, string>()
  for (const [, says, named] of rows)
    for (const [, id] of named!.matchAll(/`([\w-]+)`/g)) {
      const rule = RULES.find((own) => own.id === id)
      assert.ok(rule, id)
      if (!told.has(id!)) {
        const { layers } = certificateInWords(certifyRule(rule, 'glyphs'))
        told.set(id!, masked(layers.map(({ text }) => text).join('\n')))
      }
      for (const words of says!.split('...'))
        assert.ok(told.get(id!)!.includes(masked(words).trim()), `${id} does not say: ${words}`)
    }
})
