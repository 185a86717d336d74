import { UserError } from '../../errors.js'
import type { Training } from '../../node.js'
import type { TrainEvent } from '../../train/events.js'
import { readCheckpoint, readConfig } from '../../train/run-folder.node.js'
import { EXIT } from '../failure.js'
import { printAside } from '../output/print.js'
import { toGoOn } from '../run.js'
import { downloadProgress } from './download.js'
import { interruptible } from './interrupt.js'
import { jsonReporter, lineReporter, type Reporter } from './report.js'
import { readRequest, type TrainFlags } from './request.js'
import { readResumption } from './resume.js'
import type { Beside } from './summary.js'
import { backpropActivationBytes } from './yardstick.js'

/** `onward train`: trains or goes on with a run, prints it as it happens, and gives the exit code. */
export const command = (rule: string | undefined, flags: TrainFlags): Promise<number> => trainBy(rule, flags)

/** The same by what `how` loads: by this process alone, where it is left out. */
export async function trainBy(
  rule: string | undefined,
  flags: TrainFlags,
  how?: () => Promise<Training>,
): Promise<number> {
  const run = flags.resume
  const request = run === undefined ? await readRequest(rule, flags) : undefined
  const resumption = run === undefined ? undefined : await readResumption(run, rule, flags)
  const beside = (folder: string): Beside => {
    const config = readConfig(folder)
    const { samples } = readCheckpoint(folder).checkpoint
    return { backpropBytes: backpropActivationBytes(config, samples), ruleFile: config.ruleFile?.path }
  }
  // A dumb terminal cannot draw a block again in place.
  const { stdout } = process
  const output = process.env.TERM === 'dumb' ? { write: (text: string) => stdout.write(text) } : stdout
  const reporter = flags.json ? jsonReporter(output, process.stderr) : lineReporter(output, process.stderr, beside)
  // The runtime is loaded here, after all that can be wrong with the request.
  const { resume, train } = await import('../../node.js')
  const downloads = downloadProgress(process.stderr)
  let begun = false
  const atStart = (): void => {
    downloads.end()
    begun = true
  }
  const notice = (): string =>
    begun
      ? 'Stopping and saving the run. Ctrl-C again stops at once, without saving.'
      : 'Stopping: nothing was trained yet. Ctrl-C again stops at once.'
  const broken = new AbortController()
  const work = async (signal: AbortSignal): Promise<number> => {
    const dataDir = request ? request.dataDir : flags.dataDir
    const onWait = (message: string): void => reporter.note(`onward: ${message}`)
    const progress = { signal, onWait, onProgress: downloads.show, onReading: downloads.reading }
    const load = { ...progress, ...(dataDir !== undefined && { dataDir }), ...request?.own }
    const given = { load, signal: AbortSignal.any([signal, broken.signal]), onWait }
    const training = await how?.()
    const events = request
      ? train({ ...request, ...given }, training)
      : resume(run!, { ...resumption, ...given }, training)
    try {
      return await report(events, reporter, atStart, broken)
    } catch (error) {
      if (signal.aborted && error === signal.reason) return EXIT.interrupted
      throw error
    } finally {
      downloads.end()
    }
  }
  return await interruptible(work, () => reporter.note(notice()))
}

/**
 * Shows every event; how the run ended decides the exit code. Numbers that blew up are a UserError. What goes wrong with
 * showing stops the training by `broken`, so that it saves, and is thrown then.
 */
async function report(
  events: AsyncIterable<TrainEvent>,
  reporter: Reporter,
  atStart: () => void,
  broken: AbortController,
): Promise<number> {
  let run: string | undefined
  let last: TrainEvent | undefined
  for await (last of events) {
    if (last.event === 'start') {
      atStart()
      run = last.run
    }
    try {
      if (!broken.signal.aborted) reporter.show(last)
    } catch (error) {
      broken.abort(error)
    }
  }
  if (broken.signal.aborted) throw broken.signal.reason
  if (last?.event !== 'stopped') return EXIT.done
  if (last.reason === 'not-finite') throw new UserError(last.message)
  printAside(`onward: ${last.message}`, `Go on with: ${toGoOn(run!)}`)
  return EXIT.interrupted
}
