import { callsTo, type Worked } from './session/calls.js'
import type { About, EpochDone, Look, Opened, Orders, Progress, Standing, Told } from './session/protocol.js'
import type { Experiment } from './state/experiment.js'
import { type History, historyOf } from './state/history.js'

type State = 'describing' | 'ready' | 'opening' | 'training' | 'paused' | 'done' | 'failed'

/** Milliseconds between two looks at a network that trains. */
const LOOK_EVERY = 700

/** One training as the page holds it: what is known of it, and what it has told. It runs in a worker of its own. */
export function openRunner(first: Experiment) {
  let wanted = first
  let state = $state<State>('describing')
  let about = $state.raw<About | undefined>()
  let opened = $state.raw<Opened | undefined>()
  let progress = $state.raw<Progress | undefined>()
  let history = $state.raw<History>(historyOf())
  let epochs = $state.raw<readonly EpochDone[]>([])
  let test = $state.raw<Record<string, number> | undefined>()
  let problem = $state.raw<string | undefined>()
  let look = $state.raw<Look | undefined>()
  let worked = startWorker()
  let lastLook = 0
  let describing = 0

  function startWorker(): Worked<Orders> {
    return callsTo<Orders>(new Worker(new URL('worker.js', document.baseURI), { type: 'module' }), hear)
  }

  function hear(told: Told): void {
    if (told.kind === 'failed') {
      problem = told.message
      state = 'failed'
    } else if (told.kind === 'progress') {
      progress = told.progress
      history = history.with(told.progress)
      if (state === 'training' && performance.now() - lastLook > LOOK_EVERY) void glance()
    } else if (told.kind === 'epoch') {
      epochs = [...epochs, told.epoch]
    } else {
      test = told.test.network
      state = 'done'
      void glance()
    }
  }

  async function glance(): Promise<void> {
    lastLook = performance.now()
    try {
      look = await worked.ask.look()
    } catch {
      // The training was closed meanwhile; whoever closed it knows.
    }
    lastLook = performance.now()
  }

  function forget(): void {
    ;[opened, progress, test, problem, look] = [undefined, undefined, undefined, undefined, undefined]
    history = historyOf()
    epochs = []
  }

  async function describe(): Promise<void> {
    const mine = ++describing
    state = 'describing'
    problem = undefined
    try {
      const next = await worked.ask.describe(plain(wanted))
      if (mine !== describing) return
      about = next
      state = 'ready'
    } catch (error) {
      if (mine !== describing) return
      problem = (error as Error).message
      state = 'failed'
    }
  }

  /** Opens the training unless it is open. */
  async function ready(): Promise<boolean> {
    if (opened) return true
    state = 'opening'
    problem = undefined
    const mine = describing
    try {
      const own = await worked.ask.open(plain(wanted))
      if (mine !== describing) return false
      opened = own
      await glance()
      return true
    } catch (error) {
      problem = (error as Error).message
      state = 'failed'
      return false
    }
  }

  const settle = (standing: Standing): void => {
    progress = { ...standing, metrics: progress?.metrics ?? {} }
    if (state !== 'done' && state !== 'failed') state = 'paused'
  }

  void describe()

  return {
    get state() {
      return state
    },
    get about() {
      return about
    },
    get opened() {
      return opened
    },
    get progress() {
      return progress
    },
    get history() {
      return history
    },
    get epochs() {
      return epochs
    },
    get test() {
      return test
    },
    get problem() {
      return problem
    },
    get look() {
      return look
    },
    get experiment() {
      return wanted
    },
    /** Another experiment: what was trained is left. */
    want(next: Experiment): void {
      wanted = next
      if (opened || state === 'opening') {
        worked.close()
        worked = startWorker()
      }
      forget()
      void describe()
    },
    async play(): Promise<void> {
      if (!(await ready()) || state === 'done') return
      state = 'training'
      await worked.ask.run()
    },
    async pause(): Promise<void> {
      if (state !== 'training') return
      settle(await worked.ask.pause())
      await glance()
    },
    async step(): Promise<void> {
      if (!(await ready()) || state === 'done') return
      settle(await worked.ask.step())
      await glance()
    },
    async reset(): Promise<void> {
      if (!opened) return
      const standing = await worked.ask.reset()
      const own = opened
      forget()
      opened = own
      settle(standing)
      state = 'ready'
      await glance()
    },
    ready,
    glance,
    get ask() {
      return worked.ask
    },
    close: (): void => worked.close(),
  }
}

export type Runner = ReturnType<typeof openRunner>

const plain = ({ rule, preset, data, hyper, options }: Experiment) => ({
  ...{ rule, data, hyper: { ...hyper }, options: { ...options } },
  ...(preset !== undefined && { preset }),
})
