import type { Comparison } from '../../compare/result.js'
import { columns, wrapText } from '../output/text.js'
import { LEGEND, type Table, tablesOf } from './table.js'

export const FORMATS = ['text', 'json', 'csv', 'markdown', 'latex'] as const
export type Format = (typeof FORMATS)[number]

/** A comparison as lines, for a terminal of `width` places or for a file. */
export function render(comparison: Comparison, format: Format, width: number): string[] {
  const tables = tablesOf(comparison)
  const notes = [...comparison.notes, ...LEGEND]
  switch (format) {
    case 'json':
      return [JSON.stringify(comparison, undefined, 2)]
    case 'csv':
      return csv(comparison)
    case 'markdown':
      return [...tables.flatMap(markdown), ...list(notes)]
    case 'latex':
      return ['% \\usepackage{booktabs}', '', ...tables.flatMap(latex), ...notes.map((line) => `% ${line}`)]
    case 'text':
      return [
        ...tables.flatMap(({ title, head, rows }) => [
          title,
          ...columns([head, ...rows], head.map((_, i) => i).slice(1)).map((line) => `  ${line}`),
          '',
        ]),
        ...[...comparison.notes, '', ...LEGEND].flatMap((line) => wrapText(line, width)),
      ]
  }
}

const list = (lines: readonly string[]): string[] => lines.map((line) => `- ${line.replaceAll('|', '\\|')}`)

function markdown({ title, head, rows }: Table): string[] {
  const row = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [`**${title}**`, '', row(head), row(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...rows.map(row), '']
}

const LATEX: Readonly<Record<string, string>> = {
  '\\': '\\textbackslash{}',
  '~': '\\textasciitilde{}',
  '^': '\\textasciicircum{}',
  '<': '$<$',
  '>': '$>$',
}

/** A word as LaTeX sets it. */
const escaped = (text: string): string => text.replaceAll(/[\\~^<>]|[&%$#_{}]/g, (sign) => LATEX[sign] ?? `\\${sign}`)

function latex({ title, head, rows }: Table): string[] {
  const row = (cells: readonly string[]): string => `    ${cells.map(escaped).join(' & ')} \\\\`
  return [
    '\\begin{table}',
    '  \\centering',
    `  \\caption{${escaped(title)}.}`,
    `  \\begin{tabular}{l${'r'.repeat(head.length - 1)}}`,
    '    \\toprule',
    row(head),
    '    \\midrule',
    ...rows.map(row),
    '    \\bottomrule',
    '  \\end{tabular}',
    '\\end{table}',
    '',
  ]
}

/** A row for each run, in full precision: what a statistics package takes. */
function csv({ arms, criterion }: Comparison): string[] {
  const quoted = (cell: string): string => (/[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
  const head = [
    ...['arm', 'seed', criterion.figure, 'seconds', 'samples_per_second', 'samples', 'parameters', 'flop_per_sample'],
    ...['peak_activation_bytes', 'state_bytes', 'certificate', 'run'],
  ]
  const rows = arms.flatMap((own) =>
    own.runs.map(({ seed, value = '', seconds, samplesPerSecond, samples, path }) => [
      ...[own.arm, seed, value, seconds, samplesPerSecond, samples, own.parameters, own.flopPerSample],
      ...[own.peakActivationBytes, own.stateBytes, own.certificate, path],
    ]),
  )
  return [head, ...rows].map((row) => row.map((cell) => quoted(`${cell}`)).join(','))
}
