import { openRunner, type Runner } from './runner.svelte.js'
import { askServer, type Served } from './served.js'
import { addressOf, experimentAt } from './state/address.js'
import type { Catalogue } from './state/catalogue.js'
import { type Experiment, trainsTheSame } from './state/experiment.js'

/** The page's state: one experiment, which is its address, and the trainings that it asks for. */
export function createLab(catalogue: Catalogue) {
  const { experiment: first, problems } = experimentAt(location.hash, catalogue)
  let experiment = $state.raw<Experiment>(first)
  let notes = $state.raw<readonly string[]>(problems)
  const runner: Runner = openRunner(first, catalogue)
  let rivals = $state.raw<readonly Runner[]>(first.race.map((rule) => openRunner(rivalOf(first, rule), catalogue)))

  let served = $state.raw<Served>({ data: [], runs: [] })
  void askServer().then((own) => {
    served = own
  })

  const show = (next: Experiment, address: 'push' | 'replace' | 'keep'): void => {
    const before = experiment
    experiment = next
    if (address !== 'keep') history[address === 'push' ? 'pushState' : 'replaceState'](null, '', `#${addressOf(next)}`)
    if (!trainsTheSame(before, next)) runner.want(next)
    if (before.race.join() === next.race.join() && trainsTheSame(before, next)) return
    for (const rival of rivals) rival.close()
    rivals = next.race.map((rule) => openRunner(rivalOf(next, rule), catalogue))
  }

  return {
    catalogue,
    runner,
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
    get notes() {
      return notes
    },
    dismiss(): void {
      notes = []
    },
    /** Another experiment, and its address; what is trained is only ever begun by a click. */
    change: (next: Experiment): void => show(next, 'replace'),
    visit: (next: Experiment): void => show(next, 'push'),
    /** After the address has changed by itself. */
    follow(): void {
      const read = experimentAt(location.hash, catalogue)
      notes = read.problems
      show(read.experiment, 'keep')
    },
    /** Opens a run of the command line, or of this page. Throws an Error that says what is wrong with it. */
    async openRun(bytes: Uint8Array, name: string): Promise<void> {
      const wanted = await runner.read(bytes, name)
      show({ ...wanted, race: [] }, 'push')
      await runner.goOn(bytes, name)
    },
    all: (): readonly Runner[] => [runner, ...rivals],
  }
}

export type Lab = ReturnType<typeof createLab>

/** The same data and order; the network where the other rule has the same options. */
const rivalOf = ({ data, hyper, options }: Experiment, rule: string): Experiment => ({
  rule,
  data,
  hyper: 'units' in hyper ? { units: hyper.units } : {},
  options,
  race: [],
})
