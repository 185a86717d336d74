import type { Keeping, OpenRequest, Session } from '../../../src/browser/session.js'
import type { GivenDataSet } from '../../../src/data/index.js'
import type { NamedTensor } from '../../../src/train/safetensors.js'
import { type Experiment, grouped } from '../state/experiment.js'
import type { Place } from './place.js'
import type { Methods, Wanted } from './protocol.js'

/** Small networks gain nothing from more. */
const MOST_THREADS = 4

/** What a session is opened with beside what the experiment says. */
interface Beside {
  readonly place: Place
  /** The text of a rule of one's own, in the place of one by name. */
  readonly module?: string | undefined
  readonly data?: GivenDataSet | undefined
  /** First weights of a network that it races. */
  readonly lent?: readonly NamedTensor[] | undefined
  readonly keeping?: Keeping | undefined
  /** Ends the worker. */
  readonly signal?: AbortSignal | undefined
}

/** What is trained, without what the page alone knows; plain data, so that it can be sent. */
export const wantedIn = ({ rule, preset, data, hyper, options }: Experiment): Wanted => ({
  ...{ rule, data, hyper: { ...hyper }, options: { ...options } },
  ...(preset !== undefined && { preset }),
})

/** An experiment as `open` of `onward/browser` takes it. */
export function requestFor(
  experiment: Experiment,
  { place, module, data, lent, keeping, signal }: Beside,
): OpenRequest {
  const { rule, preset, data: name, hyper, options } = wantedIn(experiment)
  const { isClosed, ...from } = place
  const threads = Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1)
  return {
    ...{ ...from, ...keeping, signal },
    rule: module === undefined ? rule : { module },
    data: data ?? name,
    ...(preset !== undefined && { preset }),
    hyper: grouped(hyper),
    options: { threads, ...grouped(options), device: deviceFor(options.device, isClosed) },
    ...(lent && { from: { run: 'the network that it races', state: lent, optional: true } }),
  }
}

/** By trial where nothing is named; `cpu` is what Node calls its processor. */
const deviceFor = (named: unknown, isClosed: boolean) =>
  isClosed || named === 'cpu' || named === 'wasm' ? 'wasm' : named === 'webgpu' ? 'webgpu' : 'auto'

/** Asks a session for what the lab adds to it. */
export const askLab = <K extends keyof Methods>(
  session: Session,
  method: K,
  ...given: Parameters<Methods[K]>
): Promise<Awaited<ReturnType<Methods[K]>>> => session.ask(method, ...given)
