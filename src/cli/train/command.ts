import { UserError } from '../../errors.js'
import type { TrainEvent } from '../../train/events.js'
import { readConfig } from '../../train/run-folder.node.js'
import { EXIT } from '../failure.js'
import { styleOf } from '../output/style.js'
import { startedAs } from '../started-as.js'
import { downloadProgress } from './download.js'
import { readTrainingFlags } from './flags.js'
import { interruptible } from './interrupt.js'
import { jsonReporter, lineReporter, type Reporter, terminalReporter, type Yardstick } from './report.js'
import { readRequest, type TrainFlags } from './request.js'
import { checkResume } from './resume.js'
import { backpropActivationBytes } from './yardstick.js'

/** `onward train`: trains or goes on with a run, prints it as it happens, and gives the exit code. */
export async function trainCommand(rule: string | undefined, flags: TrainFlags): Promise<number> {
  const request = flags.resume === undefined ? readRequest(rule, flags) : undefined
  const yardstick: Yardstick = (folder) =>
    folder === undefined ? undefined : backpropActivationBytes(readConfig(folder))
  const reporter = flags.json
    ? jsonReporter(process.stdout, process.stderr)
    : process.stdout.isTTY && process.env.TERM !== 'dumb'
      ? terminalReporter(process.stdout, styleOf(process.stdout), yardstick)
      : lineReporter(process.stdout, process.stderr, yardstick)
  // The runtime is loaded here, after all that can be wrong with the request.
  const { resume, train } = await import('../../node.js')
  const downloads = downloadProgress(process.stderr)
  const notice = 'Stopping after the steps in flight, to save the run. Ctrl-C again leaves at once.'
  return await interruptible(
    async (signal) => {
      const dataDir = request ? request.dataDir : flags.dataDir
      const load = { signal, onProgress: downloads.show, ...(dataDir !== undefined && { dataDir }) }
      const events = request
        ? train({ ...request, load, signal })
        : resume(checkResume(rule, flags), { ...readTrainingFlags({ threads: flags.threads }), load, signal })
      try {
        return await report(events, reporter, downloads.end)
      } catch (error) {
        if (signal.aborted && error === signal.reason) return EXIT.interrupted
        throw error
      } finally {
        downloads.end()
      }
    },
    () => reporter.note(notice),
  )
}

/** Shows every event; how the run ended decides the exit code. Numbers that blew up are a UserError. */
async function report(events: AsyncIterable<TrainEvent>, reporter: Reporter, atStart: () => void): Promise<number> {
  let run: string | undefined
  let last: TrainEvent | undefined
  for await (const event of events) {
    if (event.event === 'start') {
      atStart()
      run = event.run
    }
    reporter.show(event)
    last = event
  }
  if (last?.event !== 'stopped') return EXIT.done
  if (last.reason === 'not-finite') throw new UserError(last.message)
  process.stderr.write(`onward: ${last.message}\nGo on with: ${startedAs()} train --resume ${run}\n`)
  return EXIT.interrupted
}
