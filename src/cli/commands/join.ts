import os from 'node:os'
import { chapterWorker } from '../../distributed/chapters/here.js'
import { readChapters } from '../../distributed/chapters/manifest.js'
import { RUN as BY_CHAPTERS } from '../../distributed/chapters/names.js'
import { readCredentials } from '../../distributed/credentials.node.js'
import { natsTransport } from '../../distributed/nats.node.js'
import { currentRun } from '../../distributed/pipeline/forget.js'
import { oneWorker } from '../../distributed/pipeline/here.js'
import { freeStage } from '../../distributed/pipeline/lease.js'
import { readManifest } from '../../distributed/pipeline/manifest.js'
import { UsageError, UserError } from '../../errors.js'
import { fileOf, findRule } from '../../rules/load.node.js'
import { dataFrom, node } from '../../runs.node.js'
import { EXIT } from '../failure.js'
import { printAside } from '../output/print.js'
import { interruptible } from '../train/interrupt.js'
import type { JoinFlags } from './join-client.js'

/**
 * `onward join`: works on a stage of a pipeline that was started on another machine, or takes part in a federation, as
 * the credentials say.
 */
export async function command(url: string, flags: JoinFlags): Promise<number> {
  if (flags.credentials === undefined)
    throw new UsageError('Say --credentials FILE: the file lies beside the run, on the machine where it was started.')
  const credentials = readCredentials(flags.credentials)
  const transport = await natsTransport(url, credentials)
  if (credentials.role === 'client') {
    const { joinAsClient } = await import('./join-client.js')
    return await joinAsClient(transport, credentials.id, flags).finally(() => transport.close())
  }
  const work = async (signal: AbortSignal): Promise<number> => {
    const run = await currentRun(transport)
    if (run === undefined) throw new UserError(`no pipeline runs at ${url} yet: start it first (onward up pipeline)`)
    const isByChapters = run === BY_CHAPTERS
    const manifest = await (isByChapters ? readChapters : readManifest)(transport.values, run)
    const workers = 'stages' in manifest ? manifest.stages.length : manifest.workers
    if (flags.stage !== undefined && flags.stage > workers)
      throw new UsageError(`the run has ${workers} workers, from 1: there is no stage ${flags.stage}`)
    const stage = flags.stage === undefined ? await freeStage(transport.values, run, workers) : flags.stage - 1
    if (stage === undefined)
      throw new UserError('each stage of the run has its worker: say --stage N to stand by for one')
    const rule = await findRule(flags.rule ?? manifest.rule)
    if (manifest.ruleFile !== undefined && fileOf(rule)?.sha256 !== manifest.ruleFile)
      throw new UserError(
        `the run is trained by a file of ${manifest.rule} that is another one than here: take a copy of it (--rule FILE)`,
      )
    const load = flags.dataDir === undefined ? {} : { dataDir: flags.dataDir }
    const data = stage === 0 || isByChapters ? await dataFrom(flags.data ?? manifest.data, load) : undefined
    printAside(`onward: working as ${stage + 1} of ${workers}`)
    const where = { run, stage, holder: `${os.hostname()}-${process.pid}`, signal }
    const given = { rule, platform: node() }
    const ending = isByChapters
      ? await chapterWorker(transport, where, { ...given, data: data! })
      : await oneWorker(transport, where, { ...given, data })
    return ending === 'over' ? EXIT.done : EXIT.interrupted
  }
  try {
    return await interruptible(work, () =>
      printAside('onward: leaving; another worker may go on from what this one has kept'),
    )
  } finally {
    await transport.close()
  }
}
