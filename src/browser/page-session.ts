import { UserError } from '../errors.js'
import type { TrainEvent } from '../train/events.js'
import type { Link } from './link.js'
import type { PageRun } from './page-run.js'
import type { DeviceChoice, Session, SessionState, TrainOptions } from './session.js'
import type { First } from './worker-session.js'

/** What a session in a page is made of. */
export interface Parts {
  readonly link: Link
  readonly first: First
  /** Names who hears the events of a training. */
  listen(listener: (event: TrainEvent) => void): void
  readonly run: PageRun
  recover(device?: DeviceChoice): Promise<Session>
  /** Gives the run free for other pages. */
  release(): Promise<void>
}

/** A session, as a page has it: everything is asked of the worker. */
export function pageSession({ link, first, listen, run, recover, release }: Parts): Session {
  const { call } = link
  let state: SessionState = 'ready'
  /** Whether a training ended with an error: what is on its device may be gone. */
  let isBroken = false
  link.lost.then(() => {
    state = 'lost'
    release()
  })
  const isTraining = (): boolean => state === 'training' || state === 'paused'
  const now = (next: SessionState): void => {
    if (isTraining()) state = next
  }
  const mustTrain = (): void => {
    if (!isTraining()) throw new UserError('nothing is being trained: begin with train({ paused: true })')
  }

  async function* train(options: TrainOptions = {}): AsyncGenerator<TrainEvent> {
    if (isTraining()) throw new UserError('the network is being trained already')
    if (state !== 'lost') state = options.paused ? 'paused' : 'training'
    const events: TrainEvent[] = []
    let isOver = false
    let wake: () => void = () => undefined
    listen((event) => {
      events.push(event)
      wake()
    })
    const over = call<void>('train', options).finally(() => {
      isOver = true
      wake()
    })
    over.catch(() => {
      isBroken = true
    })
    try {
      while (!isOver || events.length > 0) {
        const event = events.shift()
        if (event) {
          link.tell('read', [1])
          yield event
        } else
          await new Promise<void>((resolve) => {
            wake = resolve
          })
      }
    } finally {
      const left = !isOver
      if (left) await call('stop').catch(() => undefined)
      await over.catch(() => undefined)
      now('ready')
      if (left) await run.keep().catch(() => undefined)
    }
    await over
    await run.keep()
  }

  return {
    about: first.about,
    get state() {
      return state
    },
    certificate: () => first.certificate,
    train,
    async pause() {
      await call('hold')
      now('paused')
    },
    resume() {
      mustTrain()
      state = 'training'
      call('go').catch(() => undefined)
    },
    async step() {
      mustTrain()
      state = 'paused'
      await call('step')
    },
    async stop() {
      await call('stop')
    },
    async reset() {
      await call('stop')
      run.beginsAnew(await call('reset'))
    },
    predict: (inputs) => call('predict', inputs),
    evaluate: (on) => call('evaluate', on),
    samples: (options) => call('samples', options),
    activities: (inputs) => call('activities', inputs),
    encode: (inputs) => call('encode', inputs),
    decode: (latents) => call('decode', latents),
    watch: (samples) => call('watch', samples),
    ask: (method, ...args) => call('ask', method, ...args),
    toBytes: () => call('toBytes'),
    async fromBytes(bytes) {
      await call('fromBytes', bytes)
      run.standsAt(Uint8Array.from(bytes))
    },
    files: async () => run.files(await call('toBytes')),
    exportOnnx: () => call('exportOnnx'),
    lost: link.lost,
    recover: async (device) => {
      if (state !== 'lost' && !isBroken)
        throw new UserError('the worker of this session is there: there is nothing to recover')
      link.end('the session was recovered in another worker')
      state = 'lost'
      return await recover(device)
    },
    async close() {
      if (state !== 'lost') state = 'closed'
      link.end('the session was closed')
      await release()
    },
  }
}
