import type { GivenDataSet } from '../../src/data/index.js'
import { openDescriber } from './session/describer.js'
import type { Place } from './session/place.js'
import type { About } from './session/protocol.js'
import { wantedIn } from './session/request.js'
import type { Experiment } from './state/experiment.js'

/** What reading a rule tells of it, before anything is opened. */
export function openDescription(place: Place) {
  let about = $state.raw<About | undefined>()
  const describer = openDescriber(place)
  /** Whether that is of what was asked for last. */
  let isOfLast = $state(false)
  let asked = 0

  return {
    get about() {
      return about
    },
    get isOfLast() {
      return isOfLast
    },
    /** What a checkpoint was asked to do. */
    read: describer.read,
    /**
     * Reads the rule of an experiment; false where another was asked for meanwhile, and throws an Error only where none
     * was. `data`: those that no catalogue knows.
     */
    async of(experiment: Experiment, module: string | undefined, data: GivenDataSet | undefined): Promise<boolean> {
      const mine = ++asked
      isOfLast = false
      try {
        const next = await describer.describe(wantedIn(experiment), module, data && samplesOf(data))
        if (mine === asked) [about, isOfLast] = [next, true]
      } catch (error) {
        if (mine === asked) throw error
      }
      return mine === asked
    },
    forget(): void {
      asked++
      about = undefined
    },
    close: describer.close,
  }
}

const samplesOf = ({ input, target, names = [] }: GivenDataSet) => ({ input, target, names })
