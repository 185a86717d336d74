import { evaluate, findRule, isFinished, readConfig } from '../../node.js'
import { print } from '../output/print.js'
import { noteOnSource } from '../sources.js'
import { startedAs } from '../started-as.js'
import { downloadProgress } from '../train/download.js'
import { widthOf } from '../train/report.js'
import { renderTable } from '../train/screen.js'
import { figureRows, legend, outcome } from '../train/summary.js'
import { accuracies } from '../train/view.js'

export interface EvaluateFlags {
  readonly dataDir?: string
  readonly json?: true
}

/** `onward evaluate RUN`: what the test images say of a kept run: accuracies, of each layer too, and the rule's figures. */
export async function evaluateCommand(run: string, { dataDir, json }: EvaluateFlags): Promise<void> {
  const downloads = downloadProgress(process.stderr)
  const load = { onProgress: downloads.show, ...(dataDir !== undefined && { dataDir }) }
  const evaluation = await evaluate(run, { load }).finally(downloads.end)
  const { rule: id, data } = readConfig(run)
  const rule = findRule(id)
  const { objective, figures, reconstructed } = rule
  if (json) {
    print(
      JSON.stringify({
        run,
        rule: id,
        data,
        ...evaluation,
        reconstructed,
        ...(isFinished(run) === false && { finished: false }),
      }),
    )
    return
  }
  const { testAccuracy, layers, test } = evaluation
  const rows = [...accuracies(layers, testAccuracy)].map(([row, own]) => [row, { test: own }] as const)
  print(`${run}: ${outcome(evaluation, objective)}.`, ...renderTable(new Map(rows)))
  if (test) print(...renderTable(figureRows({ test })), ...legend(test, figures, widthOf(process.stdout)))
  print(...noteOnSource(rule))
  if (isFinished(run) === false) print(`Its training was stopped: ${startedAs()} train --resume ${run} goes on.`)
}
