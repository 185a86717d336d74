import type { NamedTensor } from '../../src/train/safetensors.js'
import { callsTo, type Worked } from './session/calls.js'
import { OPEN, type Place } from './session/place.js'
import type { About, EpochDone, Look, Opened, Orders, Progress, Standing, Told, Wanted } from './session/protocol.js'
import { slowMotion } from './slow.svelte.js'
import type { Catalogue } from './state/catalogue.js'
import type { Experiment } from './state/experiment.js'
import { type History, historyOf } from './state/history.js'

type State = 'describing' | 'ready' | 'opening' | 'training' | 'paused' | 'done' | 'failed'

/** Milliseconds between two looks at a network that trains. */
const LOOK_EVERY = 700

interface RunnerOptions {
  readonly place?: Place
  /** Gives the first weights of the network that it races. */
  readonly lender?: () => Promise<readonly NamedTensor[] | undefined>
}

/** One training as the page holds it: what is known of it, and what it has told. It runs in a worker of its own. */
export function openRunner(first: Experiment, catalogue: Catalogue, { place = OPEN, lender }: RunnerOptions = {}) {
  let wanted = first
  let module: string | undefined
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
  let opening: Promise<boolean> | undefined
  let ended: ((epoch: EpochDone) => unknown) | undefined

  function startWorker(): Worked<Orders> {
    const own = callsTo<Orders>(place.start(), hear, lost)
    own.ask.begin(place.isClosed).catch(() => undefined)
    return own
  }

  /** What was trained is gone with its worker, but for what was kept. */
  function lost(message: string): void {
    problem = message
    opened = undefined
    slow.off()
    state = 'failed'
  }

  function hear(told: Told): void {
    if (told.kind === 'failed') {
      problem = told.message
      state = 'failed'
    } else if (told.kind === 'progress') {
      const isEmpty = !told.progress.metrics.network && !told.progress.metrics.blocks
      progress = isEmpty ? { ...told.progress, metrics: progress?.metrics ?? {} } : told.progress
      history = history.with(told.progress)
      if (state === 'training' && performance.now() - lastLook > LOOK_EVERY) void glance()
    } else if (told.kind === 'epoch') {
      epochs = [...epochs, told.epoch]
      if (opened) void Promise.resolve(ended?.(told.epoch)).catch(() => undefined)
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
    slow.off()
    opening = undefined
    ;[opened, progress, test, problem, look] = [undefined, undefined, undefined, undefined, undefined]
    history = historyOf()
    epochs = []
  }

  async function describe(): Promise<void> {
    const mine = ++describing
    state = 'describing'
    problem = undefined
    try {
      const next = await worked.ask.describe(plain(wanted), module)
      if (mine !== describing) return
      about = next
      state = 'ready'
    } catch (error) {
      if (mine !== describing) return
      problem = (error as Error).message
      state = 'failed'
    }
  }

  /** Opens the training unless it is open; who asks meanwhile waits for the same. */
  function ready(): Promise<boolean> {
    if (opened) return Promise.resolve(true)
    const mine = opening ?? open()
    opening = mine
    void mine.finally(() => {
      if (opening === mine) opening = undefined
    })
    return mine
  }

  async function open(): Promise<boolean> {
    state = 'opening'
    problem = undefined
    const mine = describing
    try {
      await worked.ask.use(await place.runtime())
      const borrowed = await lender?.()
      const own = await worked.ask.open(plain(wanted), module, borrowed)
      if (mine !== describing) return false
      opened = own
      await glance()
      if (state === 'opening') state = 'ready'
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

  /** Another experiment: what was trained is left. */
  function want(next: Experiment): void {
    wanted = next
    if (opened || state === 'opening' || state === 'describing') {
      worked.close()
      worked = startWorker()
    }
    forget()
    void describe()
  }

  async function step(): Promise<void> {
    if (!(await ready()) || state === 'done') return
    settle(await worked.ask.step())
    await glance()
  }

  const slow = slowMotion({
    async begin() {
      if (state === 'training') settle(await worked.ask.pause())
      return await ready()
    },
    phases: () => about?.phases.length ?? 0,
    step,
    goesOn: () => state !== 'done' && state !== 'failed',
  })

  // A rule of one's own is told later.
  if (!place.isClosed) void describe()

  return {
    slow,
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
    /** Of its classes. */
    get classNames(): readonly string[] {
      return catalogue.data.find(({ name }) => name === wanted.data)?.names ?? []
    },
    get experiment() {
      return wanted
    },
    want,
    /** The text of a rule of one's own, in the place of one by name. */
    wantModule(text: string): void {
      module = text
      want(wanted)
    },
    /** Calls this after every epoch. */
    onEpoch(call: (epoch: EpochDone) => unknown): void {
      ended = call
    },
    /** What a run was asked to do. */
    read: (bytes: Uint8Array, name: string): Promise<Wanted> => worked.ask.read(bytes, name),
    /** Opens a run that was asked to do what is wanted, where it stands. */
    async goOn(bytes: Uint8Array, name: string): Promise<void> {
      if (state === 'failed') {
        worked.close()
        worked = startWorker()
      }
      problem = undefined
      state = 'opening'
      try {
        await worked.ask.use(await place.runtime())
        const own = await worked.ask.goOn(bytes, name)
        opened = own
        settle(own.standing)
        if (own.standing.done) state = 'done'
        await glance()
      } catch (error) {
        problem = (error as Error).message
        state = 'failed'
      }
    },
    async play(): Promise<void> {
      slow.off()
      if (!(await ready()) || state === 'done') return
      state = 'training'
      await worked.ask.run()
    },
    async pause(): Promise<void> {
      if (state !== 'training') return
      settle(await worked.ask.pause())
      await glance()
    },
    step,
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
    /** Its first weights, for those that race it; undefined where it cannot be opened. */
    lent: async () => ((await ready()) ? await worked.ask.lent() : undefined),
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
