import os from 'node:os'
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
import { listed } from '../certificate.js'
import { interruptible } from '../train/interrupt.js'

export interface JoinFlags {
  readonly credentials?: string
  readonly stage?: number
  readonly rule?: string
  readonly data?: string
  readonly dataDir?: string
}

/** `onward join`: works on a stage of a pipeline that was started on another machine. */
export async function command(url: string, flags: JoinFlags): Promise<number> {
  if (flags.credentials === undefined)
    throw new UsageError('Say --credentials FILE: the file lies beside the run, on the machine where it was started.')
  const transport = await natsTransport(url, readCredentials(flags.credentials))
  const work = async (signal: AbortSignal): Promise<number> => {
    const run = await currentRun(transport)
    if (run === undefined) throw new UserError(`no pipeline runs at ${url} yet: start it first (onward up pipeline)`)
    const manifest = await readManifest(transport.values, run)
    const most = manifest.stages.length - 1
    if (flags.stage !== undefined && flags.stage > most + 1)
      throw new UsageError(`the run has ${most + 1} stages, from 1: there is no stage ${flags.stage}`)
    const stage = flags.stage === undefined ? await freeStage(transport.values, run, most + 1) : flags.stage - 1
    if (stage === undefined) throw new UserError('each stage of the run has its worker: say --stage N to stand by for one')
    const rule = await findRule(flags.rule ?? manifest.rule)
    if (manifest.ruleFile !== undefined && fileOf(rule)?.sha256 !== manifest.ruleFile)
      throw new UserError(`the run is trained by a file of ${manifest.rule} that is another one than here: take a copy of it (--rule FILE)`)
    const load = flags.dataDir === undefined ? {} : { dataDir: flags.dataDir }
    const data = stage === 0 ? await dataFrom(flags.data ?? manifest.data, load) : undefined
    printAside(`onward: working on stage ${stage + 1} of ${most + 1}: ${listed(manifest.stages[stage]!.blocks)}`)
    const holder = `${os.hostname()}-${process.pid}`
    const ending = await oneWorker(transport, { run, stage, holder, signal }, { rule, platform: node(), data })
    return ending === 'over' ? EXIT.done : EXIT.interrupted
  }
  try {
    return await interruptible(work, () => printAside('onward: leaving; another worker may go on from what this one has kept'))
  } finally {
    await transport.close()
  }
}
