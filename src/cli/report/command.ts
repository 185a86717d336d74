import { writeReport } from '../../report/report.node.js'
import { bytes, plural } from '../output/numbers.js'
import { print, printAside, printJson } from '../output/print.js'
import { loadOf, type RunFlags } from '../run.js'

export interface ReportFlags extends RunFlags {
  readonly out?: string
  readonly umap?: true
}

/** `onward report PATH...`: writes one HTML file. */
export async function command(paths: readonly string[], flags: ReportFlags): Promise<void> {
  const { json, out, umap, rule, changedRule, data } = flags
  const written = await writeReport(paths, { out, umap, rule, changedRule, data, load: loadOf(flags) })
  if (json) return printJson(written)
  const { file, bytes: size, figures, missing } = written
  print(`${file}: ${plural(figures, 'figure')}, ${bytes(size)}.`)
  for (const text of missing) printAside(`onward: not in it: ${text}`)
}
