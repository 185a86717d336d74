import { SHARES } from '../../targets/index.js'
import type { Scores } from '../../train/events.js'
import { figure as number, percent } from '../output/numbers.js'
import { columns } from '../output/text.js'

/** What a figure was measured on, in the order in which columns stand. */
const SOURCES = ['training', 'validation', 'test'] as const

/** Scores by what they were measured on. */
export type Told = { readonly [source in (typeof SOURCES)[number]]?: Scores }

/** The row of what concerns all blocks together. */
const WHOLE = 'network'

/** Earlier scores, and later ones in the place of those with the same names. */
export function overlaid(earlier: Scores = {}, later: Scores = {}): Scores {
  const names = Object.keys({ ...earlier.blocks, ...later.blocks })
  const blocks = names.map((name) => [name, { ...earlier.blocks?.[name], ...later.blocks?.[name] }] as const)
  return { network: { ...earlier.network, ...later.network }, blocks: Object.fromEntries(blocks) }
}

export interface Layout {
  /** Names of blocks in the order of their rows; other parts of the network come after them. */
  readonly blocks?: readonly string[]
  /** What a row is called. */
  readonly label?: (row: string) => string
  readonly width?: number
  /** The least width of a cell. */
  readonly cell?: number
}

interface Column {
  readonly source: keyof Told
  readonly figure: string
}

/**
 * Figures under a heading, a row for each block; nothing at all where there are none. What is too wide loses columns of
 * training. Figures of the network alone, and those that do not fit beside each other, stand one below the other.
 */
export function renderTable(told: Told, layout: Layout = {}): string[] {
  const { blocks = [], label = (row) => row, width = Number.POSITIVE_INFINITY, cell = 0 } = layout
  const figuresOf = (row: string, source: keyof Told) =>
    (row === WHOLE ? told[source]?.network : told[source]?.blocks?.[row]) ?? {}
  const cellOf = (row: string, { source, figure }: Column): string => {
    const value = figuresOf(row, source)[figure]
    return (value === undefined ? '' : showFigure(figure, value)).padStart(cell)
  }
  const parts = SOURCES.flatMap((source) => Object.keys(told[source]?.blocks ?? {}))
  const rows = [...new Set([...blocks, ...parts, WHOLE])].filter((row) =>
    SOURCES.some((source) => Object.keys(figuresOf(row, source)).length > 0),
  )
  if (rows.length === 0) return []
  const all = SOURCES.flatMap((source) =>
    [...new Set(rows.flatMap((row) => Object.keys(figuresOf(row, source))))]
      .sort((a, b) => Number(b === 'loss') - Number(a === 'loss'))
      .map((figure): Column => ({ source, figure })),
  )

  const oneBelowTheOther = (): string[] => {
    const sources = SOURCES.filter((source) => all.some((column) => column.source === source))
    const figures = rows.flatMap((row) => {
      const names = new Set(sources.flatMap((source) => Object.keys(figuresOf(row, source))))
      return [...names].map((figure) => ({ row, figure }))
    })
    const body = figures.map(({ row, figure }) => [
      row === WHOLE ? figure : `${label(row)} ${figure}`,
      ...sources.map((source) => cellOf(row, { source, figure })),
    ])
    return aligned([['', ...sources], ...body])
  }
  const beside = (shown: readonly Column[]): string[] => {
    const head = shown.map(({ source, figure }) => (source === 'training' ? figure : `${source} ${figure}`))
    return aligned([['', ...head], ...rows.map((row) => [label(row), ...shown.map((own) => cellOf(row, own))])])
  }
  if (rows.length === 1 && rows[0] === WHOLE) return oneBelowTheOther()
  const held = all.filter(({ source }) => source !== 'training')
  for (let kept = all.length - held.length; kept >= 0; kept--) {
    const lines = beside([...all.slice(0, kept), ...held])
    if (kept + held.length > 0 && lines.every((line) => line.length <= width)) return lines
  }
  return oneBelowTheOther()
}

/** Rows of cells as lines, figures flush right; all but the heading are set in by two places. */
const aligned = ([head, ...body]: readonly (readonly string[])[]): string[] =>
  columns([head!, ...body.map(([name, ...cells]) => [`  ${name}`, ...cells])], head!.map((_, i) => i).slice(1))

/** Figures that are shares of a whole are read in per cent, all others as numbers. */
export const showFigure = (name: string, value: number): string =>
  name === 'separation' || SHARES.includes(name) ? percent(value) : number(value)
