import { PLOT_STYLE } from '../draw/plot.js'
import { element, escaped } from '../draw/svg.js'
import { STYLE } from './style.js'

/** Pieces of a page, as markup. What comes from outside is escaped here, and nowhere else. */
export type Markup = string

export interface Cells {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** A number with a sign and a unit, or nothing. */
const NUMBER = /^(–?|[-−≤<]? ?\d[\d.,]*(e-?\d+)?( (%|s|min|h|B|[KMGT]iB))?|\d+:\d\d (min|h))$/

/** A table; columns after the first are flush right where they hold numbers. */
export function table({ head, rows }: Cells, name: string): Markup {
  const isNumber = head.map(
    (_, i) => i > 0 && rows.some((row) => /\d/.test(row[i] ?? '')) && rows.every((row) => NUMBER.test(row[i] ?? '')),
  )
  const cell = (tag: 'th' | 'td', text: string, i: number): Markup =>
    element(
      i === 0 && tag === 'td' ? 'th' : tag,
      { class: isNumber[i] ? 'number' : undefined, scope: tag === 'th' ? 'col' : i === 0 ? 'row' : undefined },
      escaped(text),
    )
  return scrolled(
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...head.map((text, i) => cell('th', text, i)))),
      element('tbody', {}, ...rows.map((row) => element('tr', {}, ...row.map((text, i) => cell('td', text, i))))),
    ),
    name,
  )
}

/** What may be wider than the page, by its name: it is scrolled, by keyboard too. */
export const scrolled = (content: Markup, name: string): Markup =>
  element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': name }, content)

/** Something that is there for who asks. */
export const details = (summary: string, ...content: readonly Markup[]): Markup =>
  element('details', {}, element('summary', {}, escaped(summary)), ...content)

export const paragraph = (text: string, style?: string): Markup => element('p', { class: style }, escaped(text))

/** Names with their colours. */
export const legend = (
  entries: readonly { readonly name: string; readonly colour: string; readonly strong?: boolean }[],
): Markup =>
  entries.length < 2
    ? ''
    : element(
        'ul',
        { class: 'legend' },
        ...entries.map(({ name, colour, strong }) =>
          element(
            'li',
            {},
            element('span', { class: strong ? 'strong' : undefined, style: `--colour:${colour}` }),
            escaped(name),
          ),
        ),
      )

export interface Figure {
  readonly title: string
  /** What is to be seen, and how to read it. */
  readonly text?: string
  readonly legend?: Markup
  readonly picture: Markup
  /** The same as a table, for whoever does not see it. */
  readonly cells?: Cells
  readonly wide?: boolean
}

export const figure = ({ title, text, legend: names = '', picture, cells, wide }: Figure): Markup =>
  element(
    'figure',
    { class: wide ? 'wide' : undefined },
    element('figcaption', {}, element('h4', {}, escaped(title)), text === undefined ? '' : paragraph(text)),
    names,
    picture,
    cells ? details('As a table', table(cells, title)) : '',
  )

export interface Section {
  readonly id: string
  readonly title: string
  readonly content: readonly Markup[]
}

export const grid = (...figures: readonly Markup[]): Markup => element('div', { class: 'grid' }, ...figures)

/** Short facts, the most important ones of all. */
export const tiles = (facts: readonly (readonly [name: string, value: string])[]): Markup =>
  element(
    'dl',
    { class: 'tiles' },
    ...facts.map(([name, value]) =>
      element('div', {}, element('dt', {}, escaped(name)), element('dd', {}, escaped(value))),
    ),
  )

/** What no page of this kind needs from elsewhere: it loads nothing, and runs nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

/** A whole page in one file, without a script. */
export function page(
  { title, text, facts }: { title: string; text: string; facts: readonly (readonly [string, string])[] },
  sections: readonly Section[],
): string {
  const links = sections.map(({ id, title: name }) =>
    element('li', {}, element('a', { href: `#${id}` }, escaped(name))),
  )
  const body = [
    element(
      'header',
      {},
      element('h1', {}, escaped(title)),
      paragraph(text, 'lead'),
      facts.length > 0 ? tiles(facts) : '',
    ),
    sections.length > 1 ? element('nav', { 'aria-label': 'Sections' }, element('ul', {}, ...links)) : '',
    element(
      'main',
      {},
      ...sections.map(({ id, title: name, content }) =>
        element(
          'section',
          { id, 'aria-labelledby': `${id}-title` },
          element('h2', { id: `${id}-title` }, escaped(name)),
          ...content,
        ),
      ),
    ),
  ]
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta name="color-scheme" content="light dark"><meta name="generator" content="Onward">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    `<title>${escaped(title)}</title><style>${PLOT_STYLE}${STYLE}</style></head>`,
    `<body>${body.join('\n')}</body></html>\n`,
  ].join('')
}
