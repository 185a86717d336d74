import { isPath } from '../../rules/load.node.js'
import { EXIT } from '../failure.js'
import { printAside } from '../output/print.js'
import { toType } from '../to-type.js'
import { downloadProgress } from '../train/download.js'
import { interruptible } from '../train/interrupt.js'
import { readTuneRequest, type TuneFlags } from './request.js'
import { jsonTuneReporter, lineTuneReporter } from './screen.js'

/** `onward tune`: searches settings, prints trials as they end, and gives the exit code. */
export async function command(rule: string | undefined, flags: TuneFlags): Promise<number> {
  const request = await readTuneRequest(rule, flags)
  const { stdout, stderr } = process
  const output = process.env.TERM === 'dumb' ? { write: (text: string) => stdout.write(text) } : stdout
  // The code of a rule in a file of its own runs only where a command names it.
  const file = isPath(request.rule) ? [request.rule] : []
  const reporter = flags.json ? jsonTuneReporter(output, stderr) : lineTuneReporter(output, stderr, file)
  // The runtime is loaded here, after all that can be wrong with the request.
  const { tune } = await import('../../node.js')
  const downloads = downloadProgress(stderr)
  const work = async (signal: AbortSignal): Promise<number> => {
    const onWait = (message: string): void => reporter.note(`onward: ${message}`)
    const shown = { onProgress: downloads.show, onReading: downloads.reading, onWait, signal }
    let code: number = EXIT.done
    try {
      for await (const event of tune({ ...request, load: { ...request.load, ...shown }, signal })) {
        if (event.event === 'start') downloads.end()
        reporter.show(event)
        if (event.event === 'done' && !event.best) code = EXIT.failed
        if (event.event !== 'stopped' || event.reason === 'exhausted') continue
        const why = event.reason === 'timeout' ? 'Its time is over' : 'Stopped'
        printAside(
          `onward: ${why}; what was finished is kept.`,
          `Go on with: ${toType('tune', ...file, '--study', request.study)}`,
        )
        return event.reason === 'timeout' ? EXIT.done : EXIT.interrupted
      }
      return code
    } catch (error) {
      if (signal.aborted && error === signal.reason) return EXIT.interrupted
      throw error
    } finally {
      downloads.end()
    }
  }
  return await interruptible(work, () => reporter.note('Stopping. Trials that are running will be made again.'))
}
