import { hasGraphicsCard } from '../../src/browser/graphics-card.js'
import { open, openRun } from '../../src/browser/open.js'
import type { Keeping, RunFiles, Session, TrainEvent } from '../../src/browser/session.js'
import type { GivenDataSet } from '../../src/data/index.js'
import type { NamedTensor } from '../../src/train/safetensors.js'
import { openFigures } from './figures.svelte.js'
import { openDescriber } from './session/describer.js'
import { OPEN, type Place } from './session/place.js'
import type { About, Look, Methods } from './session/protocol.js'
import { askLab, requestFor, wantedIn } from './session/request.js'
import { slowMotion } from './slow.svelte.js'
import type { Catalogue } from './state/catalogue.js'
import { type Experiment, OWN_DATA } from './state/experiment.js'

/** `waiting`: for data of somebody's own. */
type State = 'waiting' | 'describing' | 'ready' | 'opening' | 'training' | 'paused' | 'done' | 'failed'

/** Milliseconds between two looks at a network that trains. */
const LOOK_EVERY = 700

interface RunnerOptions {
  readonly place?: Place
  /** Gives the first weights of the network that it races. */
  readonly lender?: () => Promise<readonly NamedTensor[] | undefined>
  /** Where it is kept. */
  readonly keeping?: (experiment: Experiment) => Keeping
  /** Data of one's own, by name. */
  readonly dataOf?: (name: string) => GivenDataSet | undefined
}

/** One training as the page holds it: a session in a worker, what is known of it, and what it has told. */
export function openRunner(
  first: Experiment,
  catalogue: Catalogue,
  { place = OPEN, lender, keeping, dataOf = () => undefined }: RunnerOptions = {},
) {
  let wanted = first
  let module: string | undefined
  let state = $state<State>('describing')
  let about = $state.raw<About | undefined>()
  let session = $state.raw<Session | undefined>()
  let problem = $state.raw<string | undefined>()
  let note = $state.raw<string | undefined>()
  let look = $state.raw<Look | undefined>()
  let hasCard = $state(false)
  const figures = openFigures(() => {
    if (state === 'training' && performance.now() - lastLook > LOOK_EVERY) void glance()
  })
  const describer = openDescriber(place)
  let lastLook = 0
  let version = 0
  let opening: Promise<boolean> | undefined
  let begun: (() => void) | undefined
  let rescuedAt = -1

  const ask = <K extends keyof Methods>(method: K, ...given: Parameters<Methods[K]>) => {
    if (!session) throw new Error('Nothing is being trained yet.')
    return askLab(session, method, ...given)
  }

  async function hear(event: TrainEvent): Promise<void> {
    if (event.event === 'start') begun?.()
    else if (event.event === 'progress') figures.stepped(event)
    // Asked for at once, this is answered before the training makes its next step.
    else if (event.event === 'epoch') figures.epochEnded(event, await ask('assess'))
    else if (event.event === 'stopped' && event.reason === 'not-finite') failed(event.message)
    else if (event.event === 'done') {
      figures.done(event)
      state = 'done'
      void glance()
    }
  }

  function failed(message: string): void {
    figures.show()
    slow.off()
    problem = message
    state = 'failed'
  }

  /** What a training tells, to its end. */
  async function follow(own: Session, paused: boolean): Promise<void> {
    try {
      for await (const event of own.train({ paused })) {
        if (own !== session) return
        await hear(event)
      }
    } catch (error) {
      if (own === session && own.state !== 'lost') await rescue(own, (error as Error).message)
    }
  }

  /** Begins a training; resolves when it has begun, or is over. */
  const start = (own: Session, paused: boolean): Promise<void> =>
    new Promise((resolve) => {
      begun = resolve
      void follow(own, paused).finally(resolve)
    })

  /** After the worker, or the graphics card, was lost: from the last checkpoint, on the processor. */
  async function rescue(broken: Session, message: string): Promise<void> {
    const isCard = broken.about.device === 'webgpu'
    const at = figures.progress?.step ?? 0
    if (broken.state !== 'lost' && !isCard) return failed(message)
    // Without progress since the last time it would be lost for ever.
    if (rescuedAt === at) return failed(message)
    rescuedAt = at
    const goesOn = state === 'training'
    slow.off()
    state = 'opening'
    try {
      const next = await broken.recover('wasm')
      adopt(next)
      await stand()
      note = `${isCard ? 'The graphics card' : 'The worker that trained'} was lost. The training goes on from its last checkpoint${isCard ? ', on the processor' : ''}.`
      if (goesOn) await play()
    } catch (error) {
      failed((error as Error).message)
    }
  }

  function adopt(next: Session): void {
    session = next
    void next.lost.then((message) => (next === session ? rescue(next, message) : undefined))
  }

  /** Where a session that goes on stands. */
  async function stand(): Promise<void> {
    const assessed = await ask('assess')
    figures.standsAt(assessed)
    state = assessed.done ? 'done' : 'paused'
    await glance()
  }

  async function glance(): Promise<void> {
    lastLook = performance.now()
    try {
      look = await ask('look')
    } catch {
      // The training was closed meanwhile; whoever closed it knows.
    }
    lastLook = performance.now()
  }

  function forget(): void {
    slow.off()
    opening = undefined
    figures.forget()
    ;[problem, note, look] = [undefined, undefined, undefined]
  }

  function leave(): void {
    version++
    void session?.close().catch(() => undefined)
    session = undefined
    forget()
  }

  async function describe(): Promise<void> {
    const mine = version
    state = 'describing'
    problem = undefined
    if (wanted.data === OWN_DATA && !dataOf(OWN_DATA)) {
      about = undefined
      state = 'waiting'
      return
    }
    try {
      const next = await describer.describe(wantedIn(wanted), module, samplesOf(dataOf(wanted.data)))
      if (mine !== version) return
      about = next
      if (state === 'describing') state = 'ready'
    } catch (error) {
      if (mine === version) failed((error as Error).message)
    }
  }

  /** Opens the training unless it is open; who asks meanwhile waits for the same. */
  function ready(): Promise<boolean> {
    if (session || state === 'waiting') return Promise.resolve(!!session)
    opening ??= opened(async () => {
      const lent = await lender?.()
      const data = dataOf(wanted.data)
      return await open(requestFor(wanted, { place, module, data, lent, keeping: keeping?.(wanted) }))
    })
    return opening
  }

  /** Makes a session this training's, unless another experiment was asked for meanwhile. */
  async function opened(make: () => Promise<Session>): Promise<boolean> {
    const mine = version
    state = 'opening'
    problem = undefined
    try {
      const own = await make()
      if (mine !== version) {
        await own.close()
        return false
      }
      adopt(own)
      hasCard = await hasGraphicsCard()
      await glance()
      if (state === 'opening') state = 'ready'
      return true
    } catch (error) {
      if (mine === version) failed((error as Error).message)
      return false
    } finally {
      if (mine === version) opening = undefined
    }
  }

  /** Another experiment: what was trained is left. */
  function want(next: Experiment): void {
    wanted = next
    leave()
    void describe()
  }

  async function play(): Promise<void> {
    slow.off()
    if (!(await ready()) || state === 'done') return
    state = 'training'
    if (session?.state === 'paused') session.resume()
    else if (session?.state === 'ready') await start(session, false)
  }

  async function pause(): Promise<void> {
    if (state !== 'training') return
    await session?.pause()
    figures.show()
    if (state === 'training') state = 'paused'
    await glance()
  }

  async function step(): Promise<void> {
    if (!(await ready()) || state === 'done') return
    if (session?.state === 'ready') await start(session, true)
    await session?.step()
    figures.show()
    if (!isOver()) state = 'paused'
    await glance()
  }

  const isOver = (): boolean => state === 'done' || state === 'failed'

  const slow = slowMotion({
    async begin() {
      await pause()
      return await ready()
    },
    phases: () => about?.phases.length ?? 0,
    step,
    goesOn: () => !isOver(),
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
    /** Whether this browser gives pages a graphics card; known once a training is open. */
    get hasCard() {
      return hasCard
    },
    /** Open, and ready to train; what it has found out. */
    get opened() {
      return session?.about
    },
    get progress() {
      return figures.progress
    },
    get history() {
      return figures.history
    },
    get epochs() {
      return figures.epochs
    },
    get test() {
      return figures.test
    },
    get problem() {
      return problem
    },
    /** What went another way than was asked for. */
    get note() {
      return note
    },
    get look() {
      return look
    },
    /** Of its classes. */
    get classNames(): readonly string[] {
      return dataOf(wanted.data)?.names ?? catalogue.data.find(({ name }) => name === wanted.data)?.names ?? []
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
    /** What a checkpoint was asked to do. */
    read: describer.read,
    /** Opens a run where it stands: its files, or the name by which the browser keeps it. */
    async goOn(run: RunFiles | string): Promise<void> {
      leave()
      const { worker, runtimeFolder } = place
      const from = { worker, runtimeFolder, data: dataOf(wanted.data), device: 'wasm' as const }
      const kept = typeof run === 'string' ? {} : keeping?.(wanted)
      if (await opened(() => openRun(run, { ...from, ...kept }))) await stand()
    },
    play,
    pause,
    step,
    async reset(): Promise<void> {
      if (!session) return
      await session.reset()
      forget()
      figures.begins()
      state = 'ready'
      await glance()
    },
    ready,
    /** Its first weights, for those that race it; undefined where it cannot be opened. */
    lent: async () => ((await ready()) ? await ask('lent') : undefined),
    ask,
    get session() {
      return session
    },
    close(): void {
      leave()
      describer.close()
    },
  }
}

export type Runner = ReturnType<typeof openRunner>

const samplesOf = (data: GivenDataSet | undefined) =>
  data && { input: data.input, target: data.target, names: data.names ?? [] }
