import { open, openRun } from '../../src/browser/open.js'
import type { Keeping, RunFiles, Session, TrainEvent } from '../../src/browser/session.js'
import type { GivenDataSet } from '../../src/data/index.js'
import type { NamedTensor } from '../../src/train/safetensors.js'
import { openDescription } from './description.svelte.js'
import { openFigures } from './figures.svelte.js'
import { openHeld } from './held.svelte.js'
import { openLooks } from './looks.svelte.js'
import { begin } from './session/begin.js'
import { OPEN, type Place } from './session/place.js'
import type { Methods } from './session/protocol.js'
import { askLab, requestFor } from './session/request.js'
import { openRescue, rescuedNote } from './session/rescue.js'
import { slowMotion } from './slow.svelte.js'
import type { Catalogue } from './state/catalogue.js'
import { type Experiment, OWN_DATA } from './state/experiment.js'

/** `waiting`: for data of somebody's own. */
type State = 'waiting' | 'describing' | 'ready' | 'opening' | 'training' | 'paused' | 'done' | 'failed'

interface RunnerOptions {
  readonly place?: Place
  /** Gives the first weights of the network that it races. */
  readonly lender?: () => Promise<readonly NamedTensor[] | undefined>
  /** Whether nothing of its layers is shown, as of those that race: then nobody looks at it. */
  readonly isUnseen?: true
  /** Where it is kept. */
  readonly keeping?: (experiment: Experiment) => Keeping
  /** Data of one's own, by name. */
  readonly dataOf?: (name: string) => GivenDataSet | undefined
}

/** One training as the page holds it: a session in a worker, what is known of it, and what it has told. */
export function openRunner(
  first: Experiment,
  catalogue: Catalogue,
  { place = OPEN, lender, isUnseen, keeping, dataOf = () => undefined }: RunnerOptions = {},
) {
  let wanted = first
  let module: string | undefined
  let state = $state<State>('describing')
  let problem = $state.raw<string | undefined>()
  let note = $state.raw<string | undefined>()
  const description = openDescription(place)
  const looks = openLooks(() => ask('look'))
  const glance = isUnseen ? async () => undefined : looks.glance
  const figures = openFigures(() => {
    if (state === 'training' && looks.isDue()) void glance()
  })
  const held = openHeld((broken, message) => void rescue(broken, message))
  let opening: Promise<Session | undefined> | undefined
  const rescuer = openRescue()

  const ask = <K extends keyof Methods>(method: K, ...given: Parameters<Methods[K]>) => {
    if (!held.session) throw new Error('Nothing is being trained yet.')
    return askLab(held.session, method, ...given)
  }

  async function hear(event: TrainEvent): Promise<void> {
    if (event.event === 'progress') figures.stepped(event, held.session!.about)
    // Asked for at once, this is answered before the training makes its next step.
    else if (event.event === 'epoch') figures.epochEnded(event, held.session!.about, await ask('assess'))
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

  const start = (own: Session, paused: boolean): Promise<void> =>
    begin(own, paused, {
      hear,
      isLeft: () => own !== held.session,
      broke: async ({ message }) => (own.state === 'lost' ? undefined : await rescue(own, message)),
    })

  /** After the worker, or the graphics card, was lost: from the last checkpoint, on the processor. */
  async function rescue(broken: Session, message: string): Promise<void> {
    if (!rescuer.helps(broken, figures.progress?.step ?? 0)) return failed(message)
    const goesOn = state === 'training'
    slow.off()
    state = 'opening'
    const own = await held.take(() => broken.recover('wasm')).catch(({ message }: Error) => failed(message))
    if (!own || !(await stand(own))) return
    note = rescuedNote(broken)
    if (goesOn) await play()
  }

  /** Shows where a session that goes on stands; false where that fails, or it was left meanwhile. */
  async function stand(own: Session): Promise<boolean> {
    try {
      const assessed = await ask('assess')
      if (own !== held.session) return false
      figures.standsAt(assessed)
      state = assessed.done ? 'done' : 'paused'
      await glance()
      return own === held.session
    } catch (error) {
      // A session that is lost is taken up again.
      if (own === held.session && own.state !== 'lost') failed((error as Error).message)
      return false
    }
  }

  function forget(): void {
    slow.off()
    opening = undefined
    figures.forget()
    looks.forget()
    ;[problem, note] = [undefined, undefined]
  }

  function leave(): void {
    held.leave()
    forget()
  }

  async function describe(): Promise<void> {
    state = 'describing'
    problem = undefined
    if (wanted.data === OWN_DATA && !dataOf(OWN_DATA)) {
      description.forget()
      state = 'waiting'
      return
    }
    try {
      const isLast = await description.of(wanted, module, dataOf(wanted.data))
      if (isLast && state === 'describing') state = 'ready'
    } catch (error) {
      failed((error as Error).message)
    }
  }

  /** Opens the training unless it is open; who asks meanwhile waits for the same. */
  async function ready(): Promise<boolean> {
    if (held.session || state === 'waiting') return !!held.session
    opening ??= opened(async (signal) => {
      const lent = await lender?.()
      const data = dataOf(wanted.data)
      return await open(requestFor(wanted, { place, module, data, lent, signal, keeping: keeping?.(wanted) }))
    })
    const own = opening
    const isOpen = !!(await own)
    if (opening === own) opening = undefined
    return isOpen
  }

  /** Makes a session this training's; undefined where that fails, or another experiment was asked for meanwhile. */
  async function opened(make: (signal: AbortSignal) => Promise<Session>): Promise<Session | undefined> {
    state = 'opening'
    problem = undefined
    const own = await held.take(make).catch(({ message }: Error) => failed(message))
    if (!own) return undefined
    await glance()
    if (own !== held.session) return undefined
    if (state === 'opening') state = 'ready'
    return own
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
    const { session } = held
    if (session?.state === 'paused') session.resume()
    else if (session?.state === 'ready') await start(session, false)
  }

  async function pause(): Promise<void> {
    if (state !== 'training') return
    await held.session?.pause()
    figures.show()
    if (state === 'training') state = 'paused'
    await glance()
  }

  async function step(): Promise<void> {
    if (!(await ready()) || state === 'done') return
    if (held.session?.state === 'ready') await start(held.session, true)
    await held.session?.step()
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
    phases: () => description.about?.phases.length ?? 0,
    step,
    goesOn: () => state !== 'failed' && description.about !== undefined,
  })

  // A rule of one's own is told later.
  if (!place.isClosed) void describe()

  return {
    slow,
    get state() {
      return state
    },
    get about() {
      return description.about
    },
    /** Open, and ready to train; what it has found out. */
    get opened() {
      return held.session?.about
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
      return looks.look
    },
    /** Of its classes. */
    get classNames(): readonly string[] {
      return dataOf(wanted.data)?.names ?? catalogue.data.find(({ name }) => name === wanted.data)?.names ?? []
    },
    /** Whether `about` is of another text than the last: that one is being read, or is wrong. */
    isBehind: () => description.about !== undefined && !description.isOfLast,
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
    read: description.read,
    /** Opens a run where it stands: its files, or the name by which the browser keeps it. */
    async goOn(run: RunFiles | string): Promise<void> {
      leave()
      const { worker, runtimeFolder } = place
      const { unkept, ...kept } = keeping?.(wanted) ?? {}
      const from = { worker, runtimeFolder, data: dataOf(wanted.data), device: 'wasm' as const, unkept }
      const own = await opened((signal) => openRun(run, { ...from, ...(typeof run !== 'string' && kept), signal }))
      if (own) await stand(own)
    },
    ...{ play, pause, step },
    async reset(): Promise<void> {
      if (!held.session) return
      await held.session.reset()
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
      return held.session
    },
    close(): void {
      leave()
      description.close()
    },
  }
}

export type Runner = ReturnType<typeof openRunner>
