import type { CompareEvent } from '../../compare/compare.node.js'
import type { Arm } from '../../compare/contender.js'
import type { Comparison } from '../../compare/result.js'
import { EXIT } from '../failure.js'
import { print, printAside } from '../output/print.js'
import { textWidth } from '../output/text.js'
import { readOwnFlags } from '../own-data.js'
import { noteOnSource } from '../sources.js'
import { toType } from '../to-type.js'
import { downloadProgress } from '../train/download.js'
import { interruptible } from '../train/interrupt.js'
import { showFigure } from '../train/table.js'
import { render } from './formats.js'
import { type CompareFlags, readRequest } from './request.js'

/** `onward compare ARM...`: trains arms by turns, tells how far it is on standard error, and prints the comparison. */
export async function command(texts: readonly string[], flags: CompareFlags): Promise<number> {
  const { data: name, format, trials, ...request } = await readRequest(texts, flags)
  const { compare } = await import('../../compare/compare.node.js')
  const { loadData } = await import('../../node.js')
  const downloads = downloadProgress(process.stderr)
  const onWait = (message: string): void => printAside(`onward: ${message}`)
  const work = async (signal: AbortSignal): Promise<number> => {
    let code: number = EXIT.done
    try {
      const { dataDir } = flags
      const where = { ...readOwnFlags(flags), ...(dataDir !== undefined && { dataDir }) }
      const progress = { signal, onWait, onProgress: downloads.show, onReading: downloads.reading }
      const data = await loadData(name, { ...where, ...progress }).finally(downloads.end)
      const tuning = trials === undefined ? undefined : { trials, data: name, load: where }
      for await (const event of compare({ ...request, data, seeds: flags.seeds, tuning, signal, onWait })) {
        if (event.event === 'done') {
          print(...render(withSources(event.result, request.arms), format, textWidth()))
          if (!hasFigure(event.result)) code = EXIT.failed
        } else if (event.event === 'stopped') {
          printAside(`onward: ${event.message}`, `Go on with: ${toGoOn(request.out, flags)}`)
          return EXIT.interrupted
        } else tell(event, request.out)
      }
      return code
    } catch (error) {
      if (signal.aborted && error === signal.reason) return EXIT.interrupted
      throw error
    }
  }
  return await interruptible(work, () => printAside('Stopping and saving the run. Ctrl-C again stops at once.'))
}

/** Whether any run came to a figure. */
const hasFigure = ({ arms }: Comparison): boolean =>
  arms.some(({ runs }) => runs.some((run) => run.value !== undefined))

/** What the rules were written from is said beside their figures. */
function withSources(result: Comparison, arms: readonly Arm[]): Comparison {
  const rules = [...new Set(arms.map(({ rule }) => rule))]
  return { ...result, notes: [...result.notes, ...rules.flatMap(noteOnSource)] }
}

/** A line for each run that ends, and what is worth knowing before the first. */
function tell(event: Exclude<CompareEvent, { event: 'done' | 'stopped' }>, out: string): void {
  if (event.event === 'start') printAside(`${event.arms.join(', ')}: kept in ${out}`, ...event.notes)
  if (event.event === 'trial') tellTrial(event)
  if (event.event !== 'finished') return
  const { record, isKept, run, of, arm, seed } = event
  const { value, diverged, start, seconds } = record
  const came =
    value === undefined
      ? `no figure: ${diverged}`
      : `${start.criterion.figure} ${showFigure(start.criterion.figure, value)}`
  printAside(`run ${run} of ${of}: ${arm}, seed ${seed}: ${came}${isKept ? ' (kept)' : `, ${seconds.toFixed(1)} s`}`)
}

function tellTrial({ arm, trials, told }: Extract<CompareEvent, { event: 'trial' }>): void {
  const { counts, state, values: [value] = [], best, message } = told
  const number = counts.complete + counts.pruned + counts.failed
  const words = { complete: 'held out', pruned: 'ended early at', failed: 'failed' } as const
  const came = value === undefined ? (message ?? '') : value.toPrecision(4)
  const beside = best ? `; best ${best.values[0]!.toPrecision(4)}` : ''
  printAside(`${arm}: trial ${number} of ${trials}, ${words[state]} ${came}${beside}`)
}

/** The same command, into the same folder. */
function toGoOn(out: string, { out: given }: CompareFlags): string {
  const words = process.argv.slice(2)
  return toType(...words, ...(given === undefined ? ['--out', out] : []))
}
