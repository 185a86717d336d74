import { deviation, mean } from './records.js'

/** What was measured at each place of the horizontal axis, several times over. */
export interface Line {
  readonly name: string
  readonly points: readonly { readonly x: number; readonly values: readonly number[] }[]
}

export interface FigureText {
  readonly title: string
  readonly xTitle: string
  readonly yTitle: string
  /** Places of the horizontal axis that are named. Default: those of the points. */
  readonly ticks?: readonly number[]
}

const COLORS = ['#5b6b7b', '#0f766e', '#c2410c', '#6d28d9', '#a16207', '#be185d']
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [640, 360, 60, 170, 40, 50]

/** The multiples of ten that hold all values between them. */
function tensAround(values: readonly number[]): number[] {
  const [low, high] = [Math.floor(Math.min(...values) / 10), Math.ceil(Math.max(...values) / 10)]
  return Array.from({ length: high - low + 1 }, (_, i) => 10 * (low + i))
}

/** Means with bars of one deviation over a logarithmic horizontal axis, as an SVG. */
export function lineFigure(lines: readonly Line[], { title, xTitle, yTitle, ticks: named }: FigureText): string {
  const places = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b)
  const marked = named ?? places
  const levels = tensAround(lines.flatMap(({ points }) => points.flatMap(({ values }) => values)))
  const all = [...places, ...marked]
  const [from, to] = [Math.log2(Math.min(...all)), Math.log2(Math.max(...all))]
  const [low, high] = [levels[0]!, levels.at(-1)!]
  const [bottom, right] = [HEIGHT - BOTTOM, WIDTH - RIGHT]
  const xOf = (x: number): string => (LEFT + ((right - LEFT) * (Math.log2(x) - from)) / (to - from || 1)).toFixed(1)
  const yOf = (y: number): string => (bottom - ((bottom - TOP) * (y - low)) / (high - low || 1)).toFixed(1)

  const grid = levels.map(
    (y) =>
      `<path d="M${LEFT} ${yOf(y)}H${right}" stroke="#e2e8f0"/><text x="${LEFT - 8}" y="${yOf(y)}" dy="4" text-anchor="end">${y}</text>`,
  )
  const ticks = marked.map((x) => `<text x="${xOf(x)}" y="${bottom + 20}" text-anchor="middle">${x}</text>`)
  const drawn = lines.map(({ name, points }, i) => {
    const color = COLORS[i % COLORS.length]!
    const path = points.map(({ x, values }) => `${xOf(x)} ${yOf(mean(values))}`).join('L')
    const marks = points.map(({ x, values }) => {
      const [middle, spread] = [mean(values), deviation(values)]
      const bar = `<path d="M${xOf(x)} ${yOf(middle - spread)}V${yOf(middle + spread)}"/>`
      return `${bar}<circle cx="${xOf(x)}" cy="${yOf(middle)}" r="3" fill="${color}"/>`
    })
    const label = `<text x="${right + 12}" y="${TOP + 20 + 20 * i}" fill="${color}" stroke="none">${name}</text>`
    return `<g stroke="${color}" fill="none" stroke-width="1.6"><path d="M${path}"/>${marks.join('')}${label}</g>`
  })
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="13" fill="#1c2733">`,
    `<title>${title}</title><rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="24" font-weight="600">${title}</text>`,
    ...grid,
    ...ticks,
    `<text x="${(LEFT + right) / 2}" y="${HEIGHT - 10}" text-anchor="middle">${xTitle}</text>`,
    `<text transform="translate(16 ${(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle">${yTitle}</text>`,
    ...drawn,
    '</svg>',
  ].join('\n')}\n`
}
