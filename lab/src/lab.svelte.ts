import type { RunFiles } from '../../src/browser/session.js'
import { RUN_FILES } from '../../src/train/run-files.js'
import { findKept, forgetKept, type Kept, keeping } from './kept.js'
import { createPictures, type Pictures } from './pictures.svelte.js'
import { openRunner, type Runner } from './runner.svelte.js'
import { askServer, type Served } from './served.js'
import { addressOf, experimentAt } from './state/address.js'
import { type Catalogue, type DataEntry, entryOf } from './state/catalogue.js'
import { type Experiment, OWN_DATA, trainsTheSame, withRace } from './state/experiment.js'
import { rivalOf } from './state/rival.js'

/** The page's state: one experiment, which is its address, and the trainings that it asks for. */
export function createLab(catalogue: Catalogue) {
  const { experiment: first, problems } = experimentAt(location.hash, catalogue)
  let experiment = $state.raw<Experiment>(first)
  let notes = $state.raw<readonly string[]>(problems)
  const tell = (note: string): void => {
    if (!notes.includes(note)) notes = [...notes, note]
  }
  /** Whether the training is nowhere but in this page. */
  let isUnkept = false
  const unkept = (why: string): void => {
    isUnkept = true
    tell(`This training is not kept: ${why}. If the tab is closed, it is lost. Save it below.`)
  }
  const pictures: Pictures = createPictures(() => {
    if (experiment.data === OWN_DATA) retrain()
  })
  const dataOf = (name: string) => (name === OWN_DATA ? pictures.data : undefined)
  // Pictures of somebody's own, and what learned from them, are kept nowhere unless that is asked for.
  const runner: Runner = openRunner(first, catalogue, {
    keeping: (of) => (of.data === OWN_DATA ? {} : keeping(of, unkept)),
    dataOf,
  })
  /** The same experiment on other data. */
  const retrain = (): void => {
    for (const each of [runner, ...rivals]) each.want(each.experiment)
  }
  const rival = (of: Experiment, rule: string): Runner =>
    openRunner(rivalOf(of, rule, catalogue), catalogue, { lender: () => runner.lent(), isUnseen: true, dataOf })
  let rivals = $state.raw<readonly Runner[]>(first.race.map((rule) => rival(first, rule)))

  /** A training of this experiment that the browser keeps from before. */
  let kept = $state.raw<Kept | undefined>()
  const look = async (of: Experiment): Promise<void> => {
    const found = await findKept(of)
    if (trainsTheSame(of, experiment) && !runner.opened) kept = found
  }
  void look(first)

  let served = $state.raw<Served>({ data: [], runs: [] })
  void askServer().then((own) => {
    served = own
  })

  const show = (next: Experiment, address: 'push' | 'replace' | 'keep'): void => {
    const before = experiment
    experiment = next
    if (!trainsTheSame(before, next)) {
      kept = undefined
      isUnkept = false
      void look(next)
    }
    if (address !== 'keep') history[address === 'push' ? 'pushState' : 'replaceState'](null, '', `#${addressOf(next)}`)
    if (!trainsTheSame(before, next)) runner.want(next)
    const stay = trainsTheSame(before, next) ? rivals.filter((own) => next.race.includes(own.experiment.rule)) : []
    for (const own of rivals) if (!stay.includes(own)) own.close()
    rivals = next.race.map((rule) => stay.find((own) => own.experiment.rule === rule) ?? rival(next, rule))
  }

  return {
    catalogue,
    runner,
    pictures,
    /** What is known of the data, its own pictures among them. */
    get data(): DataEntry | undefined {
      const own = dataOf(experiment.data)
      if (!own) return catalogue.data.find(({ name }) => name === experiment.data)
      return entryOf(own)
    },
    get experiment() {
      return experiment
    },
    get rivals() {
      return rivals
    },
    /** What the server offers beside the page. */
    get served() {
      return served
    },
    /** Whether data of that name are here: made in the page, offered by the server, or brought. */
    has: (data: string): boolean => data === 'glyphs' || data === OWN_DATA || served.data.includes(data),
    get notes() {
      return notes
    },
    /** A training of this experiment that the browser keeps, as long as nothing else was begun here. */
    get kept() {
      return runner.opened || runner.state === 'opening' ? undefined : kept
    },
    async goOn(): Promise<void> {
      if (kept) await runner.goOn(kept.name)
    },
    forget(): void {
      if (kept) void forgetKept(kept)
      kept = undefined
    },
    tell,
    dismiss(): void {
      notes = []
    },
    /**
     * Another experiment, and its address; what is trained is only ever begun by a click. What was trained for an epoch
     * keeps an address of its own, to which one can go back.
     */
    change(next: Experiment): void {
      const leaves = runner.epochs.length > 0 && !trainsTheSame(experiment, next)
      const isKept = experiment.data !== OWN_DATA && !isUnkept
      show(next, leaves ? 'push' : 'replace')
      if (leaves && isKept)
        tell('The browser keeps the training that you left: go back a page, and you can go on with it.')
    },
    visit: (next: Experiment): void => show(next, 'push'),
    /** Chooses the rivals. Where the training is under way, or over, those that are new begin at once. */
    race(rules: readonly string[]): void {
      show(withRace(experiment, rules), 'replace')
      if (runner.state === 'training' || runner.state === 'done') for (const own of rivals) void own.play()
    },
    /** After the address has changed by itself. */
    follow(): void {
      const read = experimentAt(location.hash, catalogue)
      notes = read.problems
      show(read.experiment, 'keep')
    },
    /** Opens a run of the command line, or of this page. Throws an Error that says what is wrong with it. */
    async openRun(bytes: Uint8Array, name: string): Promise<void> {
      const { wanted, config } = await runner.read(bytes, name)
      show({ ...wanted, race: [] }, 'push')
      const files: RunFiles = { [RUN_FILES.config]: config, [RUN_FILES.checkpoint]: Uint8Array.from(bytes) }
      await runner.goOn(files)
    },
    all: (): readonly Runner[] => [runner, ...rivals],
  }
}

export type Lab = ReturnType<typeof createLab>
