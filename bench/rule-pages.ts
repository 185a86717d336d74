import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { Certificate } from '../src/certificate/certificate.js'
import { bitsOf, certificateInWords, listed } from '../src/certificate/words.js'
import { readAssignments } from '../src/cli/settings.js'
import { describeSource } from '../src/cli/sources.js'
import { findDataSet } from '../src/data/index.js'
import { showValue } from '../src/options/index.js'
import { certifyRule } from '../src/rules/certify.js'
import type { AnyRule } from '../src/rules/contract.js'
import { RULES } from '../src/rules/registry.js'
import { asked, TARGET_WORDS } from '../src/train/options.js'
import type { TrainingJob } from './job.js'
import { dataOf, ruleOf } from './job-settings.js'
import { TRAINING } from './jobs.js'
import { staleMark } from './notes.js'
import { mean, type Record, readRecord } from './records.js'
import { overSeeds, table, tested } from './tables.js'
import { percent } from './training-table.js'

type Job = Omit<TrainingJob, 'kind'>

export const PAGES = 'docs/rules'

export const pageOf = ({ id }: Pick<AnyRule, 'id'>): string => `${PAGES}/${id}.md`

const INDEX = `${PAGES}/README.md`

/** The jobs of a rule's own table of docs/results.md, and those of it in tables that rules share. */
export const jobsOf = (rule: AnyRule): readonly Job[] =>
  Object.entries(TRAINING).flatMap(([section, jobs]) => {
    const isOwn = section === rule.id
    const isShared = !RULES.some(({ id }) => id === section)
    return isOwn ? jobs : isShared ? jobs.filter((job) => ruleOf(job) === rule) : []
  })

/** By what a job is judged: the larger number is the better one, or the smaller. */
function measureOf(job: Job): { name: string; unit: string; digits: number; largeIsGood: boolean } {
  const { predict, objective = 'loss' } = ruleOf(job)
  if (!predict) return { name: objective, unit: ` ${objective}`, digits: 2, largeIsGood: false }
  if (findDataSet(dataOf(job)).target.kind === 'values')
    return { name: 'r2', unit: ' R2', digits: 3, largeIsGood: true }
  return { name: 'accuracy', unit: ' % error', digits: 2, largeIsGood: false }
}

const valuesOf = (job: Job, record: Record): number[] => {
  const { name } = measureOf(job)
  const values = tested(record, name)
  return name === 'accuracy' ? percent(values) : values
}

/** "1.45 ± 0.04 % error": on the test samples, the mean and the deviation over the seeds. */
function figureOf(job: Job, record: Record): string {
  const { unit, digits } = measureOf(job)
  return overSeeds(record, valuesOf(job, record), digits, unit)
}

const seedsOf = ({ results }: Record): string => results.map(({ seed }) => seed).join(', ')

const recordLink = (id: string, text = 'record'): string => `[${text}](../../bench/results/${id}.json)`

/** What a rule was written from, and what was filled in. */
function source(rule: AnyRule): string {
  const { paper, targets = ['class'], reconstructed = [] } = rule
  const title = paper && (paper.arxiv ? `[${paper.title}](https://arxiv.org/abs/${paper.arxiv})` : paper.title)
  return [
    paper ? `- Paper: ${paper.authors} ${paper.year}, ${title}` : '- Paper: none; the sources are named below',
    `- Written: ${describeSource(rule)}`,
    `- Learns: ${targets.map((kind) => TARGET_WORDS[kind]).join(', ')}`,
    ...(reconstructed.length === 0 ? [] : ['- *Reconstructed*, since the source leaves it open:']),
    ...reconstructed.map((part) => `  - ${part}`),
  ].join('\n')
}

/** The certificate of a rule on glyphs, by words of its command: --preset NAME, --set KEY=VALUE. */
function certificateBy(rule: AnyRule, words: readonly string[]): Certificate {
  const after = (flag: string): string[] => words.filter((_, i) => words[i - 1] === flag)
  const { hyper } = asked(rule, { preset: after('--preset')[0], hyper: readAssignments(rule, after('--set')) })
  return certifyRule(rule, 'glyphs', hyper)
}

function certificate(rule: AnyRule, words: readonly string[]): string {
  const { layers, verdict } = certificateInWords(certificateBy(rule, words))
  return [
    `\`onward certify ${[rule.id, ...words].join(' ')}\` says: **${verdict}**`,
    '',
    ...layers.map(({ names, text }) => `- ${listed(names)}: ${names.length === 1 ? '' : 'each '}${text}`),
  ].join('\n')
}

/** The kind of locality, in a few words. */
function kindOf({ local, layers }: Certificate): string {
  const most = (of: (layer: (typeof layers)[number]) => number): number => Math.max(...layers.map(of))
  if (local) {
    const [depth, bits] = [most(({ depth, inside }) => Math.max(depth, inside)), most((l) => l.reads.choice?.bits ?? 0)]
    const chosen = bits > 0 ? `, and a choice of ${bitsOf(bits)} a sample comes from above` : ''
    return `local${depth > 1 ? ` by cells of up to ${depth} products` : ''}${chosen}`
  }
  const window = most((layer) => layer.window)
  const feedback = layers.flatMap(({ reads }) => (reads.feedback ? [reads.feedback] : []))
  const kinds = [
    window > 1 && (window >= layers.length ? 'a window of all layers' : `a window of ${window}`),
    feedback.length > 0 &&
      `feedback, ${feedback.some(({ transport }) => transport) ? 'by forward weights used backwards' : 'by weights of its own'}`,
    layers.some(({ reads }) => reads.broadcast) && 'a broadcast of the output',
  ]
  return `not local: ${kinds.filter(Boolean).join('; ')}`
}

function presets({ presets }: AnyRule): string {
  const rows = Object.entries(presets).map(([name, { description, train = {} }]) => {
    const training = Object.entries(train).map(([key, value]) => `${key}=${showValue(value)}`)
    return [`\`${name}\``, description.replaceAll('|', '\\|'), training.join(' ')]
  })
  return table(['preset', 'what', 'training'], rows)
}

function figures(rule: AnyRule): string {
  const rows = jobsOf(rule).flatMap((job) => {
    const record = readRecord(job.id)
    if (!record) return []
    return [
      [
        `${job.title}${staleMark(job.id)}`,
        ...[dataOf(job), figureOf(job, record), seedsOf(record)],
        `\`${record.command}\`, ${recordLink(job.id)}`,
      ],
    ]
  })
  if (rows.length === 0) return 'No record yet.'
  return table(['what', 'data', 'test samples', 'seeds', 'command'], rows)
}

/** A command on real data, and what it came to. */
function recipe(rule: AnyRule, id: string): string {
  const job = jobsOf(rule).find((own) => own.id === id)
  if (!job) throw new Error(`${pageOf(rule)}: there is no job ${id} of ${rule.id}`)
  const record = readRecord(id)
  const said = record
    ? `Recorded${staleMark(id)}: ${figureOf(job, record)} on the test samples, seeds ${seedsOf(record)} (${recordLink(id)}).`
    : 'No record yet.'
  return ['```sh', `npx onward train ${job.arguments.join(' ')} --seed 0`, '```', '', said].join('\n')
}

/** Backpropagation of the same network stands beside a rule, and is no figure of it. */
const isYardstick = ({ id }: Job, rule: AnyRule): boolean => rule.id !== 'backprop' && /-backprop(-|$)/.test(id)

/** Of each data set of pictures the best record. */
function best(rule: AnyRule): string {
  const done = jobsOf(rule).flatMap((job) => {
    const record = ruleOf(job) === rule && !isYardstick(job, rule) ? readRecord(job.id) : undefined
    if (!record || measureOf(job).largeIsGood) return []
    const value = mean(valuesOf(job, record))
    // The worst is one of which no seed was finished.
    return [{ job, record, value: Number.isNaN(value) ? Number.POSITIVE_INFINITY : value }]
  })
  // What is drawn comes after what is real.
  const sets = [...new Set(done.map(({ job }) => dataOf(job)))].sort(
    (a, b) => Number(a === 'glyphs') - Number(b === 'glyphs'),
  )
  const cells = sets.map((data) => {
    const own = done.filter(({ job }) => dataOf(job) === data)
    const { job, record } = own.reduce((a, b) => (b.value < a.value ? b : a))
    return `${data} ${figureOf(job, record)}${staleMark(job.id)}: ${recordLink(job.id, job.title)}`
  })
  return cells.length === 0 ? 'no record yet' : cells.join('<br>')
}

/** The table of all rules. */
function index(): string {
  const rows = RULES.map((rule) => {
    const { id, summary, paper } = rule
    const arxiv = paper?.arxiv && `https://arxiv.org/abs/${paper.arxiv}`
    const by = paper ? `${paper.authors} ${paper.year}` : ''
    return [
      ...[`[\`${id}\`](${id}.md)`, summary, kindOf(certificateBy(rule, ['--preset', 'quick']))],
      ...[arxiv ? `[${by}](${arxiv})` : by, describeSource(rule), best(rule)],
    ]
  })
  return table(['rule', 'what', 'local by the certificate', 'paper', 'written', 'best recorded figures'], rows)
}

/** What stands between the markers of a name in the page of a rule. */
function sectionOf(rule: AnyRule, name: string): string {
  const [kind, ...words] = name.split(' ')
  if (kind === 'source') return source(rule)
  if (kind === 'certificate') return certificate(rule, words)
  if (kind === 'presets') return presets(rule)
  if (kind === 'figures') return figures(rule)
  if (kind === 'recipe') return recipe(rule, words[0]!)
  throw new Error(`${pageOf(rule)}: nothing is called ${name}; there are source, certificate, presets, figures, recipe`)
}

const MARKED = /<!-- (.+?): written by bench\/run -->\n.*?<!-- end of \1 -->/gs

/** A page with what stands between its markers written anew. */
const filled = (page: string, part: (name: string) => string): string =>
  page.replace(MARKED, (_, name: string) => {
    return `<!-- ${name}: written by bench/run -->\n${part(name)}\n<!-- end of ${name} -->`
  })

/** The index and the pages of all rules, by their paths, as they should be; of a rule without a page nothing. */
export function rulePages(): ReadonlyMap<string, string> {
  const written = RULES.filter((rule) => existsSync(pageOf(rule)))
  return new Map([
    [INDEX, filled(readFileSync(INDEX, 'utf8'), index)],
    ...written.map((rule): [string, string] => [
      pageOf(rule),
      filled(readFileSync(pageOf(rule), 'utf8'), (name) => sectionOf(rule, name)),
    ]),
  ])
}

/** Writes what stands between the markers of all pages. */
export function writeRulePages(): void {
  for (const [path, text] of rulePages()) writeFileSync(path, text)
}
