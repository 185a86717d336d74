import type { Certificate } from '../certificate/certificate.js'
import type { Samples } from '../data/index.js'
import { UsageError, UserError } from '../errors.js'
import type { TrainEvent } from '../train/events.js'
import { RUN_FILES } from '../train/run-files.js'
import { type Link, startLink } from './link.js'
import { pageRun } from './page-run.js'
import { pageSession } from './page-session.js'
import type { Keeping, OpenRequest, OpenRunRequest, Place, RunFiles, Session } from './session.js'
import { holdRun, isKept, keepRun, runs } from './store.js'
import type { First, SessionRequest } from './worker-session.js'

/**
 * Opens a rule on data, in a worker, ready to be trained. Throws a UserError for what is wrong with them, before
 * anything is kept; and where `keep` names a run that is there already (`openRun` goes on with it).
 */
export async function open(request: OpenRequest): Promise<Session> {
  const { rule, data, preset, hyper, options, from } = request
  const { keep, release } = await held(request)
  try {
    if (keep !== undefined && !request.replace && (await isKept(keep)))
      throw new UserError(
        `this browser keeps a run of the name ${keep} already: go on with it (openRun), or name another`,
      )
    const asked = { rule, data, preset, hyper, options, from, where: keep ?? 'this run', kept: keep }
    return await opened(request, asked, { keep, release, isStored: false })
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
  const { keep, release } = await held(typeof run === 'string' ? { ...request, keep: run } : request)
  try {
    if (typeof run !== 'string' && keep !== undefined && !request.replace && (await isKept(keep)))
      throw new UserError(`this browser keeps a run of the name ${keep} already: name another`)
    const files = typeof run === 'string' ? await runs.read(run) : run
    const where = keep ?? 'this run'
    const config = files[RUN_FILES.config]
    if (!config) throw new UserError(`these files are no run: there is no ${RUN_FILES.config} among them`)
    const checkpoint = files[RUN_FILES.checkpoint]
    if (!checkpoint) throw new UserError(`${where} has no ${RUN_FILES.checkpoint}: it ended before the first one`)
    const { rule, data, epochs, device } = request
    const asked = { rule, data, where, kept: keep, run: { config, checkpoint, epochs, device } }
    const isStored = typeof run === 'string'
    return await opened(request, asked, { metrics: files[RUN_FILES.metrics], keep, release, isStored })
  } catch (error) {
    await release()
    throw error
  }
}

const nothing = async (): Promise<void> => undefined

interface Held {
  readonly keep: string | undefined
  /** Gives the name free for other pages. */
  release(): Promise<void>
}

/** Holds the name that a run is to be kept under. */
async function held({ keep, unkept }: Keeping): Promise<Held> {
  if (keep === undefined) return { keep, release: nothing }
  try {
    return { keep, release: await holdRun(keep) }
  } catch (error) {
    if (!unkept) throw error
    unkept((error as Error).message)
    return { keep: undefined, release: nothing }
  }
}

async function opened(
  request: OpenRequest | OpenRunRequest,
  asked: SessionRequest,
  {
    metrics,
    keep,
    release,
    isStored,
  }: Held & { readonly metrics?: Uint8Array | undefined; readonly isStored: boolean },
): Promise<Session> {
  const { worker, runtime, runtimeFolder, signal, replace, unkept } = request
  if (typeof asked.rule === 'object' && typeof asked.rule.module !== 'string')
    throw new UsageError(
      'a rule holds functions, which cannot be sent to a worker: serve it from a worker of your own (serve of ' +
        'onward/browser/worker) and name it here, or give the text of its module, { module }',
    )
  let first: First | undefined
  let hear: (event: TrainEvent) => void = () => undefined
  let isTold = false
  const run = pageRun({
    ...{ metrics, isStored, replaces: replace === true, config: () => first!.config },
    checkpoint: asked.run?.checkpoint as Uint8Array<ArrayBuffer> | undefined,
    store:
      keep === undefined
        ? undefined
        : async (files) => {
            try {
              await keepRun(keep, first!.config, files)
              return true
            } catch (error) {
              if (!unkept) throw error
              if (!isTold) unkept((error as Error).message)
              isTold = true
              return false
            }
          },
  })
  const link: Link = await startLink(
    { worker, runtime, runtimeFolder },
    {
      async save(bytes) {
        run.standsAt(bytes)
        await run.keep()
        return keep === undefined ? 'the memory of the page' : `${keep}/${RUN_FILES.checkpoint}`
      },
      event: (event: TrainEvent) => {
        run.hears(event)
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
    run,
    release,
    recover: async (device) => {
      await release()
      const { rule, data } = asked
      const again = { ...places(request), rule, data, device }
      const isTaken = keep !== undefined && (await isKept(keep))
      if (isTaken && run.isStored) return await openRun(keep, again)
      const { last } = run
      if (last) return await openRun(run.files(last), { ...again, keep, replace: isTaken || replace })
      return await open(
        device ? ({ ...request, options: { ...asked.options, device } } as OpenRequest) : (request as OpenRequest),
      )
    },
  })
}

const places = ({ worker, runtime, runtimeFolder, signal, unkept }: OpenRequest | OpenRunRequest) => ({
  ...{ worker, runtime, runtimeFolder, signal, unkept },
})

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
