import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { parseHTML } from 'linkedom'
import { duration } from '../cli/output/numbers.js'
import { certificateWord } from '../compare/result.js'
import type { Maker } from '../draw/plot.js'
import { element, escaped } from '../draw/svg.js'
import { UserError } from '../errors.js'
import { replaceFile } from '../files.node.js'
import { isComparison, readComparison } from '../kept/comparison.node.js'
import { ownSettings } from '../kept/settings.js'
import { showValue } from '../options/index.js'
import { RULES } from '../rules/registry.js'
import type { RunOptions } from '../runs.node.js'
import { readStudy } from '../tune/journal.node.js'
import { comparisonSections } from './comparison-section.js'
import { comparedCurves } from './learning.js'
import { grid, type Markup, page, paragraph, type Section, table } from './page.js'
import { gatherRun, type ReportedRun } from './run.node.js'
import { certificateOf, classesOf, embeddingsOf, learningOf, picturesOf, resultsOf, settingsOf } from './run-section.js'
import { studySection } from './study-section.js'

export interface ReportOptions extends RunOptions {
  /** The file; default: `report.html` in the folder of what was named first, or beside its file. */
  readonly out?: string | undefined
  /** Embeddings by UMAP in place of principal components. */
  readonly umap?: boolean | undefined
}

export interface WrittenReport {
  readonly file: string
  readonly bytes: number
  readonly figures: number
  /** What is not told, and why. */
  readonly missing: readonly string[]
}

/** Of more runs only what lies over each other is drawn. */
const DETAILED = 4

type Named = { readonly path: string } & { readonly kind: 'run' | 'comparison' | 'study' }

/**
 * Writes what folders of runs and of comparisons, and journals of studies, tell as one HTML file that needs nothing
 * beside it. Runs lie over each other. Throws a UserError for what is none of these.
 */
export async function writeReport(paths: readonly string[], options: ReportOptions = {}): Promise<WrittenReport> {
  const named = paths.map(kindOf)
  const { document } = parseHTML('<!doctype html><html><body></body></html>')
  const maker = document as unknown as Maker
  const runPaths = named.flatMap(({ kind, path }) => (kind === 'run' ? [path] : []))
  const labels = labelsOf(runPaths)
  const runs: ReportedRun[] = []
  for (const [i, path] of runPaths.entries())
    runs.push(
      await gatherRun(path, labels[i]!, {
        ...options,
        umap: options.umap ?? false,
        detailed: runPaths.length <= DETAILED,
      }),
    )
  const sections = [
    ...(runs.length > 0 ? runSections(maker, runs) : []),
    ...named.flatMap(({ kind, path }, i) =>
      kind === 'comparison' ? comparisonSections(maker, readComparison(path), `comparison-${i + 1}`) : [],
    ),
    ...named.flatMap(({ kind, path }, i) =>
      kind === 'study' ? [studySection(maker, readStudy(path)!, path, `study-${i + 1}`)] : [],
    ),
  ]
  const html = page(headOf(named, runs), sections)
  const file = options.out ?? join(statSync(paths[0]!).isDirectory() ? paths[0]! : dirname(paths[0]!), 'report.html')
  const bytes = new TextEncoder().encode(html)
  replaceFile(file, bytes)
  const figures = html.split('<figure').length - 1
  return { file, bytes: bytes.length, figures, missing: runs.flatMap(({ missing }) => missing) }
}

function kindOf(path: string): Named {
  if (!existsSync(path)) throw new UserError(`There is no ${path}: name a run, a comparison or a study`)
  if (!statSync(path).isDirectory()) {
    if (readStudy(path)) return { path, kind: 'study' }
    throw new UserError(`${path} holds no study yet: there is nothing to report`)
  }
  return { path, kind: isComparison(path) ? 'comparison' : 'run' }
}

/** The last parts of paths that tell them apart. */
function labelsOf(paths: readonly string[]): string[] {
  const names = paths.map((path) => basename(normalize(path)))
  return names.map((name, i) => (names.indexOf(name) === names.lastIndexOf(name) ? name : paths[i]!))
}

function headOf(named: readonly Named[], runs: readonly ReportedRun[]) {
  const [first] = named as [Named]
  const name = basename(normalize(first.path))
  const alone = runs[0] ? `${runs[0].kept.config.rule} on ${runs[0].kept.config.data}` : `The ${first.kind} ${name}`
  const title = named.length === 1 ? alone : named.map(({ path }) => basename(normalize(path))).join(', ')
  const text = `Report of ${named.map(({ kind, path }) => `the ${kind} ${path}`).join(', ')}.`
  if (runs.length !== 1 || named.length !== 1) return { title, text, facts: [] }
  const [{ kept }] = runs as [ReportedRun]
  const { held, tested, figure } = resultsOf({ kept })
  const facts: (readonly [string, string])[] = [
    [`test ${figure}`, tested],
    [`held-out ${figure}`, held],
    ['state', kept.state],
    ['epochs', kept.epochs],
    ...(kept.seconds === undefined ? [] : [['time', duration(kept.seconds)] as const]),
    ...(kept.start ? [['certificate', certificateWord(kept.start.certificate)] as const] : []),
  ]
  return { title, text, facts }
}

function runSections(maker: Maker, runs: readonly ReportedRun[]): Section[] {
  const isOne = runs.length === 1
  const each = (content: (run: ReportedRun) => Markup | undefined): Markup[] =>
    runs.flatMap((run) => {
      const own = content(run)
      if (own === undefined) return []
      return isOne ? [own] : [element('h3', {}, escaped(run.label)), own]
    })
  const sections: Section[] = [
    ...(isOne ? [] : [{ id: 'runs', title: 'Runs', content: together(maker, runs) }]),
    { id: 'learning', title: 'Learning', content: runs.length > DETAILED ? [] : each((run) => learningOf(maker, run)) },
    { id: 'classes', title: 'Classes', content: each(({ breakdown }) => breakdown && classesOf(maker, breakdown)) },
    {
      id: 'embeddings',
      title: 'Embeddings',
      content: each((run) => (run.embeddings.length > 1 ? embeddingsOf(maker, run) : undefined)),
    },
    {
      id: 'pictures',
      title: 'Pictures',
      content: each((run) => (run.pictures.length > 0 ? picturesOf(run) : undefined)),
    },
    {
      id: 'certificate',
      title: isOne ? 'Certificate' : 'Certificates',
      content: each(({ kept }) => kept.start && certificateOf(kept.start.certificate)),
    },
    { id: 'settings', title: 'Settings', content: each(settingsOf) },
  ]
  return sections.filter(({ content }) => content.length > 0)
}

/** Several runs: what they are and came to, and their curves over each other. */
function together(maker: Maker, runs: readonly ReportedRun[]): Markup[] {
  const settings = ownSettings(
    runs.map(({ kept }) => kept.config),
    (id) => RULES.find((rule) => rule.id === id),
  )
  const rows = runs.map((run, i) => {
    const { config, epochs, state } = run.kept
    const { held, tested } = resultsOf(run)
    const own = Object.entries(settings[i]!).map(([key, value]) => `${key}=${showValue(value)}`)
    const set = [...(config.preset === undefined ? [] : [config.preset]), ...own].join(' ')
    return [run.label, config.rule, config.data, set, String(config.options.seed), epochs, held, tested, state]
  })
  const drawn = runs.flatMap(({ label, events, kept: { criterion } }, colour) =>
    criterion ? [{ label, events, criterion, colour }] : [],
  )
  const alike = drawn.filter(({ criterion }) => JSON.stringify(criterion) === JSON.stringify(drawn[0]!.criterion))
  return [
    table({ head: ['run', 'rule', 'data', 'settings', 'seed', 'epochs', 'held-out', 'test', 'state'], rows }, 'Runs'),
    ...(drawn.length > alike.length
      ? [paragraph('Runs that are judged by another figure than the first one are not in the curves below.', 'note')]
      : []),
    ...(alike.length > 0 ? [grid(...comparedCurves(maker, alike))] : []),
  ]
}
