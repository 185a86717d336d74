import { existsSync } from 'node:fs'
import { findRuns } from '../../kept/find.node.js'
import type { KeptRun } from '../../kept/run.node.js'
import { ownSettings } from '../../kept/settings.js'
import type { RunState } from '../../kept/states.js'
import { showValue } from '../../options/index.js'
import { RULES, ruleNamed } from '../../rules/registry.js'
import { figureOf } from '../../train/judge.js'
import { print, printAside, printJson } from '../output/print.js'
import { toType } from '../to-type.js'
import { type SortKey, sorted } from './sort.js'
import { type ListedRun, renderRuns } from './table.js'

export interface RunsFlags {
  readonly rule?: string
  readonly data?: string
  readonly state?: RunState
  readonly sort: SortKey
  readonly reverse?: true
  readonly json?: true
}

/** Where runs are kept, unless somebody says otherwise. */
const DEFAULT = 'runs'

/** `onward runs [FOLDER...]`: lists runs. */
export async function command(given: readonly string[], flags: RunsFlags): Promise<void> {
  const folders = given.length > 0 ? given : existsSync(DEFAULT) ? [DEFAULT] : []
  const { runs, damaged } = findRuns(folders)
  for (const { message } of damaged) printAside(`onward: ${message}`)
  const rule = flags.rule === undefined ? undefined : (ruleNamed(flags.rule)?.id ?? flags.rule)
  const wanted = runs.filter(
    ({ config, state }) =>
      (rule === undefined || config.rule === rule) &&
      (flags.data === undefined || config.data === flags.data) &&
      (flags.state === undefined || state === flags.state),
  )
  const listed = sorted(listedRuns(wanted), flags.sort)
  if (flags.reverse) listed.reverse()
  if (flags.json) return printJson(listed)
  if (listed.length > 0) return print(...renderRuns(listed, process.stdout.columns))
  const where = folders.length === 0 ? `the folder ${DEFAULT}, which is not here` : folders.join(', ')
  if (runs.length > 0) return print(`None of the ${runs.length} runs in ${where} is like that.`)
  print(`There are no runs in ${where}: ${toType('train', 'forward-forward', '--data', 'glyphs')} makes one.`)
}

/** What is listed of runs. */
function listedRuns(runs: readonly KeptRun[]): ListedRun[] {
  const settings = ownSettings(
    runs.map(({ config }) => config),
    (id) => RULES.find((rule) => rule.id === id),
  )
  return runs.map(({ path, config, state, date, criterion, ...run }, i) => {
    const [validation, test] = [run.validation, run.test].map((scores) =>
      criterion && scores ? figureOf(criterion, scores) : undefined,
    )
    const values = Object.entries(settings[i]!).map(([key, value]) => [key, showValue(value)] as const)
    return {
      run: path,
      rule: config.rule,
      data: config.data,
      ...(config.preset !== undefined && { preset: config.preset }),
      settings: Object.fromEntries(values),
      seed: config.options.seed,
      epochs: config.options.epochs,
      state,
      ...(date !== undefined && { date }),
      ...(criterion && { criterion }),
      ...(validation !== undefined && { validation }),
      ...(test !== undefined && { test }),
    }
  })
}
