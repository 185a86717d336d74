import os from 'node:os'
import { chapterWorker } from '../../distributed/chapters/here.js'
import { readChapters } from '../../distributed/chapters/manifest.js'
import { RUN as BY_CHAPTERS } from '../../distributed/chapters/names.js'
import { readCredentials } from '../../distributed/credentials.node.js'
import { isUnreachable, natsTransport } from '../../distributed/nats.node.js'
import { currentRun } from '../../distributed/pipeline/forget.js'
import { oneWorker } from '../../distributed/pipeline/here.js'
import { freeStage } from '../../distributed/pipeline/lease.js'
import { readManifest } from '../../distributed/pipeline/manifest.js'
import type { Transport } from '../../distributed/transport.js'
import { UsageError, UserError } from '../../errors.js'
import { fileOf, findRule } from '../../rules/load.node.js'
import { dataFrom, node } from '../../runs.node.js'
import { EXIT } from '../failure.js'
import { printAside } from '../output/print.js'
import { interruptible } from '../train/interrupt.js'
import type { JoinFlags } from './join-client.js'
import { type Patience, patienceOf } from './join-patience.js'

/** Seconds to wait for a server and a run, unless --wait says otherwise. */
const WAIT = 60

/**
 * `onward join`: works on a stage of a pipeline that was started on another machine, or takes part in a federation, as
 * the credentials say.
 */
export async function command(url: string, flags: JoinFlags): Promise<number> {
  if (flags.credentials === undefined)
    throw new UsageError('Say --credentials FILE: the file lies beside the run, on the machine where it was started.')
  const address = URL.canParse(url) ? new URL(url) : undefined
  if (!address?.hostname || !['nats:', 'tls:'].includes(address.protocol))
    throw new UsageError(`the address of a server is nats://HOST:PORT or tls://HOST:PORT, and not "${url}".`)
  const credentials = readCredentials(flags.credentials)
  const isClient = credentials.role === 'client'
  const say = (line: string): void => printAside(`onward: ${line}`)
  const onAway = (isAway: boolean): void =>
    say(isAway ? `the server at ${url} is away: waiting until it comes back` : 'the server is back')
  const work = async (signal: AbortSignal): Promise<number> => {
    const patience = patienceOf(flags.wait ?? WAIT, signal, say)
    const transport = await patience.until(() =>
      natsTransport(url, credentials, { onAway }).catch((error: Error) => {
        if (isUnreachable(error)) return error.message
        throw error
      }),
    )
    if (!transport) return EXIT.interrupted
    try {
      if (!isClient) return await joinAsWorker(transport, url, flags, patience, signal)
      const { joinAsClient } = await import('./join-client.js')
      return await joinAsClient(transport, credentials.id, flags, patience, signal)
    } finally {
      await transport.close()
    }
  }
  return await interruptible(work, () =>
    say(
      isClient
        ? 'leaving; the same command takes part again'
        : 'leaving; another worker may go on from what this one has kept',
    ),
  )
}

async function joinAsWorker(
  transport: Transport,
  url: string,
  flags: JoinFlags,
  patience: Patience,
  signal: AbortSignal,
): Promise<number> {
  const found = await patience.until(async () => {
    const run = await currentRun(transport)
    if (run === undefined) return `no pipeline runs at ${url} yet (onward up pipeline starts one)`
    const manifest = await (run === BY_CHAPTERS ? readChapters : readManifest)(transport.values, run)
    const workers = 'stages' in manifest ? manifest.stages.length : manifest.workers
    if (flags.stage !== undefined && flags.stage > workers)
      throw new UsageError(`the run has ${workers} workers, from 1: there is no stage ${flags.stage}`)
    const stage = flags.stage === undefined ? await freeStage(transport.values, run, workers) : flags.stage - 1
    if (stage === undefined) return 'each stage of the run has its worker (--stage N stands by for one)'
    return { run, manifest, workers, stage }
  })
  if (!found) return EXIT.interrupted
  const { run, manifest, workers, stage } = found
  const isByChapters = run === BY_CHAPTERS
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
  if (ending === 'over') printAside('onward: the run has ended')
  return ending === 'over' ? EXIT.done : EXIT.interrupted
}
