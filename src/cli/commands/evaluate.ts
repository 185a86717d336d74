import { endingOf, evaluate, readConfig, ruleOfRun } from '../../node.js'
import { wrapText } from '../output/columns.js'
import { print } from '../output/print.js'
import { loadOf, namedRule, type RunFlags, toGoOn } from '../run.js'
import { noteOnSource } from '../sources.js'
import { downloadProgress } from '../train/download.js'
import { widthOf } from '../train/report.js'
import { renderTable } from '../train/screen.js'
import { figureRows, legend, outcome } from '../train/summary.js'
import { accuracies } from '../train/view.js'

/** `onward evaluate RUN`: what the test images say of a kept run: accuracies, of each layer too, and the rule's figures. */
export async function evaluateCommand(run: string, flags: RunFlags): Promise<void> {
  const rule = await ruleOfRun(run, namedRule(run, flags))
  const downloads = downloadProgress(process.stderr)
  const load = { ...loadOf(flags), onProgress: downloads.show }
  const evaluation = await evaluate(run, { rule, changedRule: flags.changedRule, load }).finally(downloads.end)
  const { data } = readConfig(run)
  const { objective, figures, reconstructed } = rule
  const { finished, diverged } = endingOf(run) ?? { finished: true }
  if (flags.json) {
    const end = { ...(finished ? {} : { finished }), ...(diverged !== undefined && { diverged }) }
    print(JSON.stringify({ run, rule: rule.id, data, ...evaluation, reconstructed, ...end }))
    return
  }
  const { testAccuracy, layers, test } = evaluation
  const width = widthOf(process.stdout)
  const rows = [...accuracies(layers, testAccuracy)].map(([row, own]) => [row, { test: own }] as const)
  print(...wrapText(`${run}: ${outcome(evaluation, objective)}.`, width), ...renderTable(new Map(rows)))
  if (test) print(...renderTable(figureRows({ test })), ...legend(test, figures, width))
  print(...noteOnSource(rule))
  if (diverged !== undefined)
    print(...wrapText(`Its training failed, and these figures are those of its last checkpoint: ${diverged}`, width))
  else if (!finished) print(`Its training was stopped: ${toGoOn(run)} goes on.`)
}
