import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Why no test runs a block; see `Block`. */
type Kind = 'not run' | 'slow' | 'recipe'

/** A fenced block of a page. */
export interface Block {
  readonly page: string
  /** Of its first fence, from 1. */
  readonly line: number
  readonly language: string
  readonly code: string
  /** What the page says that it prints: a block of text right after it. */
  readonly printed?: string
  /**
   * From a comment right above it, `<!-- not run: REASON -->` or `<!-- slow: REASON -->`: no test runs it. What is slow is
   * run by `bench/pages.ts` alone, which writes what it prints. `<!-- recipe JOB: written by bench/run -->`: that job runs it.
   */
  readonly marker?: { readonly kind: Kind; readonly reason: string }
}

const BLOCK =
  /(?:^<!-- (not run|slow|recipe)(?: [\w.-]+)?: (.*?) -->\n)?^```([\w-]+)\n([\s\S]*?)^```\n(?:\n```text\n([\s\S]*?)^```\n)?/gm

/** The blocks of a page that have a language other than text, in their order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(page, 'utf8')
  return [...text.matchAll(BLOCK)].flatMap(
    ({ index, 0: all, 1: kind, 2: reason, 3: language, 4: code, 5: printed }) => {
      if (language === 'text') return []
      const line = text.slice(0, index + all.indexOf('```')).split('\n').length
      const marker = kind !== undefined && { marker: { kind: kind as Kind, reason: reason! } }
      return [{ page, line, language: language!, code: code!, ...(printed !== undefined && { printed }), ...marker }]
    },
  )
}

/** The README and all pages below docs. */
export const pages = (): string[] => [
  'README.md',
  ...readdirSync('docs', { recursive: true })
    .map((name) => join('docs', String(name)))
    .filter((path) => path.endsWith('.md'))
    .sort(),
]
