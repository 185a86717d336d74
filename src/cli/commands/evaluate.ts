import { endingOf, evaluate, readConfig, ruleOfRun } from '../../node.js'
import { wrapText } from '../output/columns.js'
import { print } from '../output/print.js'
import { quoted } from '../output/quoted.js'
import { loadOf, namedRule, type RunFlags } from '../run.js'
import { noteOnSource } from '../sources.js'
import { startedAs } from '../started-as.js'
import { downloadProgress } from '../train/download.js'
import { widthOf } from '../train/report.js'
import { legend, outcome } from '../train/summary.js'
import { renderTable } from '../train/table.js'

/** `onward evaluate RUN`: what the test images say of a kept run: accuracies, of each layer too, and the rule's figures. */
export async function evaluateCommand(run: string, flags: RunFlags): Promise<void> {
  const rule = await ruleOfRun(run, namedRule(run, flags))
  const downloads = downloadProgress(process.stderr)
  const load = { ...loadOf(flags), onProgress: downloads.show }
  const evaluation = await evaluate(run, { rule, changedRule: flags.changedRule, load }).finally(downloads.end)
  const { data } = readConfig(run)
  const { figures, reconstructed } = rule
  const { finished, diverged } = endingOf(run) ?? { finished: true }
  if (flags.json) {
    const end = { ...(finished ? {} : { finished }), ...(diverged !== undefined && { diverged }) }
    print(JSON.stringify({ run, rule: rule.id, data, ...evaluation, reconstructed, ...end }))
    return
  }
  const { test } = evaluation
  const width = widthOf(process.stdout)
  print(...wrapText(`${run}: ${outcome(test, evaluation)}.`, width), ...renderTable({ test }, { width }))
  print(...legend(test, figures, width))
  print(...noteOnSource(rule))
  if (diverged !== undefined)
    print(...wrapText(`Its training failed, and these figures are those of its last checkpoint: ${diverged}`, width))
  else if (!finished) print(`Its training was stopped: ${startedAs()} train --resume ${quoted(run)} goes on.`)
}
