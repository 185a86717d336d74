import { endingOf, evaluate, readConfig, ruleOfRun } from '../../node.js'
import { type JudgeFlags, readJudgeFlags } from '../judge/flags.js'
import { describeJudgement, judged } from '../judge/judge.js'
import { print, printJson } from '../output/print.js'
import { textWidth, wrapText } from '../output/text.js'
import { loadOf, namedRule, type RunFlags, toGoOn } from '../run.js'
import { noteOnSource } from '../sources.js'
import { downloadProgress } from '../train/download.js'
import { legend, outcome } from '../train/summary.js'
import { renderTable } from '../train/table.js'
import { describeBreakdown } from './breakdown.js'

/**
 * `onward evaluate RUN`: what the test samples say of a kept run: its figures, those of each layer, the rule's own, and
 * those of each class.
 * As JSON they have the names that the events of `onward train --json` give them.
 */
export async function command(run: string, flags: RunFlags & JudgeFlags): Promise<void> {
  const judging = readJudgeFlags(flags)
  const rule = await ruleOfRun(run, namedRule(run, flags))
  const downloads = downloadProgress(process.stderr)
  const load = { ...loadOf(flags), onProgress: downloads.show, onReading: downloads.reading }
  const options = { rule, changedRule: flags.changedRule, data: flags.data, load }
  const judgement = judging && (await judged(run, judging, { ...options, seed: 0 }).finally(downloads.end))
  const evaluation = await evaluate(run, options).finally(downloads.end)
  const { finished, diverged } = endingOf(run) ?? { finished: true }
  if (flags.json) {
    const { id, source, reconstructed, figures } = rule
    const end = { ...(finished ? {} : { finished }), ...(diverged !== undefined && { diverged }) }
    const { data } = readConfig(run)
    return printJson({ run, rule: id, source, data, ...evaluation, judged: judgement, reconstructed, figures, ...end })
  }
  const { test } = evaluation
  const width = textWidth()
  print(...wrapText(`${run}: ${outcome(test, evaluation)}.`, width))
  print(...renderTable({ test }, { width }), ...legend(test, rule.figures, width))
  if (evaluation.each) print('', ...describeBreakdown({ ...evaluation, each: evaluation.each }, width))
  if (judgement) print('', ...describeJudgement(judgement, judging.classifier))
  print(...noteOnSource(rule))
  if (diverged !== undefined)
    print(...wrapText(`Its training failed, and these figures are those of its last checkpoint: ${diverged}`, width))
  else if (!finished) print(`Its training was stopped: ${toGoOn(run)} goes on.`)
}
