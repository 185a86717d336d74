import { evaluate, findRule, isFinished, readConfig } from '../../node.js'
import { print } from '../output/print.js'
import { noteOnSource } from '../sources.js'
import { startedAs } from '../started-as.js'
import { downloadProgress } from '../train/download.js'
import { widthOf } from '../train/report.js'
import { legend, outcome } from '../train/summary.js'
import { renderTable } from '../train/table.js'

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
  const { figures, reconstructed } = rule
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
  const { test } = evaluation
  const width = widthOf(process.stdout)
  print(`${run}: ${outcome(test, evaluation)}.`, ...renderTable({ test }, { width }))
  print(...legend(test, figures, width))
  print(...noteOnSource(rule))
  if (isFinished(run) === false) print(`Its training was stopped: ${startedAs()} train --resume ${run} goes on.`)
}
