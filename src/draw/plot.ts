import * as Plot from '@observablehq/plot'

/** What makes elements: the document of a page, or a small one without a page. */
export type Maker = Pick<Document, 'createElement' | 'createElementNS'>

export interface PlotSize {
  /** In pixels; a page may show it smaller. */
  readonly width: number
  readonly height: number
}

/** Colours of series, by day and by night; `--series-1` and so on in `PLOT_STYLE`. */
const SERIES = [
  ['#3b5fc9', '#8aa4ff'],
  ['#cc7a00', '#f5b14c'],
  ['#c93c3c', '#ff8f87'],
  ['#0d8f7d', '#5fd3c1'],
  ['#7a46d8', '#c4a5ff'],
  ['#b8358a', '#ff8fc7'],
  ['#2b8a3e', '#7ddc93'],
  ['#0b7fb8', '#7cc9f5'],
  ['#85563a', '#d9a884'],
  ['#646b76', '#aab2be'],
] as const

/** The colour of the series at a place; more than ten begin again. */
export const seriesColour = (place: number): string => `var(--series-${(place % SERIES.length) + 1})`

const variables = (scheme: 0 | 1): string => SERIES.map((pair, i) => `--series-${i + 1}:${pair[scheme]}`).join(';')

/** What a page with these plots must have once: their colours, by day and by night, and that they never stick out. */
export const PLOT_STYLE = [
  `:root{${variables(0)};--plot-ground:#fff;--plot-right:#3b5fc9;--plot-wrong:#c93c3c;--plot-ink:#fff}`,
  `@media (prefers-color-scheme:dark){:root{${variables(1)};--plot-ground:#15181d;--plot-right:#8aa4ff;`,
  '--plot-wrong:#ff8f87;--plot-ink:#15181d}}',
  '.plot{display:block;max-width:100%;height:auto;overflow:visible}.plot text{white-space:pre}',
].join('')

/**
 * A plot as one SVG element that stands alone: no script, numbers no longer than can be seen, and a name for those who do
 * not see it.
 */
export function drawPlot(maker: Maker, name: string, size: PlotSize, options: Plot.PlotOptions): string {
  const svg = Plot.plot({
    document: maker as Document,
    className: 'plot',
    style: { background: 'none', fontSize: '11px', fontFamily: 'inherit' },
    ...size,
    ...options,
  })
  svg.setAttribute('role', 'img')
  svg.setAttribute('aria-label', name)
  return svg.outerHTML
    .replaceAll(/<style>[\s\S]*?<\/style>/g, '')
    .replaceAll(/ aria-(?:hidden|description)="[^"]*"/g, '')
    .replaceAll(/(<g[^>]*) aria-label="[^"]*"/g, '$1')
    .replaceAll(/ (?:d|x|y|x1|x2|y1|y2|cx|cy|width|height|transform|fill-opacity|stroke-opacity)="[^"]*"/g, shorter)
}

/** Numbers of an attribute with the two decimals that can be seen. */
const shorter = (attribute: string): string => attribute.replaceAll(/(\.\d{2})\d+/g, '$1')
