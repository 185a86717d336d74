import type { Certificate } from '../certificate/certificate.js'
import type { Samples } from '../data/index.js'
import { UsageError, UserError } from '../errors.js'
import type { TrainEvent } from '../train/events.js'
import { encodeJson, RUN_FILES } from '../train/run-files.js'
import { type Journal, journal } from './journal.js'
import { type Link, startLink } from './link.js'
import { pageSession } from './page-session.js'
import type { OpenRequest, OpenRunRequest, Place, RunFiles, Session } from './session.js'
import { holdRun, isKept, keepRun, runs } from './store.js'
import type { First, SessionRequest } from './worker-session.js'

/**
 * Opens a rule on data, in a worker, ready to be trained. Throws a UserError for what is wrong with them, before
 * anything is kept; and where `keep` names a run that is there already (`openRun` goes on with it).
 */
export async function open(request: OpenRequest): Promise<Session> {
  const { keep, rule, data, preset, hyper, options } = request
  const release = keep === undefined ? nothing : await holdRun(keep)
  try {
    if (keep !== undefined && (await isKept(keep)))
      throw new UserError(
        `this browser keeps a run of the name ${keep} already: go on with it (openRun), or name another`,
      )
    const asked = { rule, data, preset, hyper, options, where: keep ?? 'this run', kept: keep }
    return await opened(request, asked, { journal: journal(), keep, release })
  } catch (error) {
    await release()
    throw error
  }
}

/**
 * Opens a run to use it or to go on with it: the files of its folder, or the name under which the browser keeps it,
 * which it then goes on to be kept under. It may have begun in another page, or in Node.
 */
export async function openRun(run: RunFiles | string, request: OpenRunRequest = {}): Promise<Session> {
  const keep = typeof run === 'string' ? run : request.keep
  const release = keep === undefined ? nothing : await holdRun(keep)
  try {
    if (typeof run !== 'string' && keep !== undefined && (await isKept(keep)))
      throw new UserError(`this browser keeps a run of the name ${keep} already: name another`)
    const files = typeof run === 'string' ? await runs.read(run) : run
    const where = keep ?? 'this run'
    const config = files[RUN_FILES.config]
    if (!config) throw new UserError(`these files are no run: there is no ${RUN_FILES.config} among them`)
    const checkpoint = files[RUN_FILES.checkpoint]
    if (!checkpoint) throw new UserError(`${where} has no ${RUN_FILES.checkpoint}: it ended before the first one`)
    const { rule, data, epochs, device } = request
    const asked = { rule, data, where, kept: keep, run: { config, checkpoint, epochs, device } }
    return await opened(request, asked, { journal: journal(files[RUN_FILES.metrics]), keep, release })
  } catch (error) {
    await release()
    throw error
  }
}

const nothing = async (): Promise<void> => undefined

interface Keeping {
  readonly journal: Journal
  readonly keep: string | undefined
  release(): Promise<void>
}

async function opened(
  request: OpenRequest | OpenRunRequest,
  asked: SessionRequest,
  { journal, keep, release }: Keeping,
): Promise<Session> {
  const { worker, runtimeFolder, signal } = request
  if (typeof asked.rule === 'object' && typeof asked.rule.module !== 'string')
    throw new UsageError(
      'a rule holds functions, which cannot be sent to a worker: serve it from a worker of your own (serve of ' +
        'onward/browser/worker) and name it here, or give the text of its module, { module }',
    )
  let first: First | undefined
  let last = asked.run?.checkpoint as Uint8Array<ArrayBuffer> | undefined
  let hear: (event: TrainEvent) => void = () => undefined
  const files = (checkpoint: Uint8Array<ArrayBuffer>): RunFiles => ({
    [RUN_FILES.config]: encodeJson(first!.config),
    [RUN_FILES.metrics]: journal.bytes(),
    [RUN_FILES.checkpoint]: checkpoint,
  })
  const kept = async (): Promise<void> => {
    if (keep !== undefined && last) await keepRun(keep, first!.config, files(last))
  }
  const link: Link = await startLink(
    { worker, runtimeFolder },
    {
      async save(bytes) {
        last = bytes
        await kept()
        return keep === undefined ? 'the memory of the page' : `${keep}/${RUN_FILES.checkpoint}`
      },
      event: (event: TrainEvent) => {
        journal.add(event)
        hear(event)
      },
    },
    signal,
  )
  try {
    first = await link.ask<First>('open', [asked])
  } catch (error) {
    link.end('the session could not be opened')
    throw error
  }
  return pageSession({
    link,
    first,
    listen: (listener) => {
      hear = listener
    },
    files,
    kept,
    release,
    recover: async () => {
      await release()
      const { rule, data } = asked
      if (keep !== undefined && (await isKept(keep))) return await openRun(keep, { ...places(request), rule, data })
      if (last) return await openRun(files(last), { ...places(request), rule, data })
      return await open(request as OpenRequest)
    },
  })
}

const places = ({ worker, runtimeFolder, signal }: OpenRequest | OpenRunRequest) => ({ worker, runtimeFolder, signal })

/**
 * What each block's update reads, without opening a session: quick, for a rule that is being written. `on`: the name of
 * a data set that Onward knows, or what samples are. Throws a UserError with the line of the module that is wrong.
 */
export async function certify({
  rule,
  on,
  hyper,
  worker,
  signal,
}: {
  readonly rule: OpenRequest['rule']
  readonly on: string | Pick<Samples, 'input' | 'target'>
  readonly hyper?: OpenRequest['hyper']
  /** Ends the worker at once, as where a rule never comes to its end. */
  readonly signal?: AbortSignal | undefined
} & Pick<Place, 'worker'>): Promise<Certificate> {
  const link = await startLink({ worker }, {}, signal)
  try {
    return await link.ask<Certificate>('certify', [{ rule, on, hyper }])
  } finally {
    link.end('the certificate was made')
  }
}
