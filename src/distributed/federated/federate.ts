import { checkDataSet, type DataSet } from '../../data/index.js'
import { UsageError } from '../../errors.js'
import { stream } from '../../random/stream.js'
import { samplesOf } from '../../train/checkpoint.js'
import { closing, measuredSplit } from '../../train/closing.js'
import type { TrainConfig } from '../../train/config.js'
import type { Joining, RoundEvent, Scores, TrainEvent } from '../../train/events.js'
import { firstState } from '../../train/first-state.js'
import { benchOf, highestOf, learnedPart } from '../../train/judge.js'
import { globalStep } from '../../train/plan.js'
import { standingOf } from '../../train/standing.js'
import { startEvent } from '../../train/train.js'
import { openTrainer, type Trainer } from '../../train/trainer.js'
import { absence } from '../absence.js'
import { type Begin, withCrew } from '../crew.js'
import type { Transport } from '../transport.js'
import { isRobust } from './aggregate/table.js'
import { systemClock } from './clock.js'
import { checkPrivate, type Travelling, travelling } from './layout.js'
import { objectCache } from './model.js'
import type { FederatedOptions } from './options.js'
import { withoutOwn } from './own-figures.js'
import { epsilonOf } from './privacy/accountant.js'
import { type Recipe, writeRecipe } from './recipe.js'
import type { CoordinatorEvent } from './round/config.js'
import { coordinate } from './round/coordinator.js'
import { readRound } from './round/state.js'
import { statusesOf } from './statuses.js'
import { positionAfter, type Turn, turnsBehind, turnsOf } from './turns.js'
import { checkWishes } from './wishes.js'
import { federatedWork, layoutIn, type SolvedReadOut } from './work.js'

/** A round that the events of a run tell of. */
export interface ToldRound {
  readonly round: number
  /** Turns of the training that are done after it. */
  readonly turn: number
}

export interface FederateConfig extends TrainConfig {
  readonly federated: FederatedOptions
  /** The name of the run, for clients that join it. */
  readonly run: string
  readonly transport: Transport
  readonly clients: readonly string[]
  /** The samples of each client, where they are known here. */
  readonly counts: Readonly<Record<string, number | null>>
  /**
   * Starts the clients of a run, or waits for them; they leave with the signal. Rejects where the run cannot go on
   * without them.
   */
  start(recipe: Recipe, signal: AbortSignal): Promise<void>
  /** Waits for every client in each round: on one machine nothing is gained by going on without one. */
  readonly patient: boolean | 'long'
  /** Clients that are known not to come again. */
  readonly gone?: ReadonlySet<string> | undefined
  /** The most seconds to wait for clients that a round cannot begin without; absent: without end. */
  readonly wait?: number | undefined
  /** How clients join, where that is from elsewhere. */
  readonly joining?: Joining | undefined
  /** A name that no other coordinator of the run has. */
  readonly holder: string
  /** The last round that the run told of before it was stopped: what is found again is not told again. */
  readonly lastTold?: ToldRound | undefined
  /** Told after every round, when its model is stored: for an engine that forgets. */
  readonly onPublished?: ((model: string) => Promise<void>) | undefined
}

/** Milliseconds between two looks at the rounds, and between two events of what clients do. */
const [POLL, TELL] = [100, 250]

/**
 * Trains over clients, each on samples that only it sees, and tells of it as `train` does: the same `start` and `done`,
 * with a `round` in the place of an epoch. The validation and test samples are the coordinator's own. Throws a UserError
 * for settings that are wrong, and where rounds keep failing.
 */
export async function* federate(given: FederateConfig): AsyncGenerator<TrainEvent> {
  const config = { ...given, data: checkDataSet(given.data) }
  checkWishes(config)
  const trainer = await openTrainer(config)
  yield* withCrew(trainer, (begin, done) => training(trainer, config, begin, done))
}

type Checked = FederateConfig & { readonly data: DataSet }

async function* training(
  trainer: Trainer,
  config: Checked,
  beginWork: Begin,
  ended: AbortSignal,
): AsyncGenerator<TrainEvent> {
  const { rule, data, transport, signal, federated, clients, run, told: { run: folder } = {} } = config
  const { plan, settings, validation, task } = trainer
  const bench = benchOf(rule, task, settings, trainer.blocks)
  const standing = standingOf(trainer, config)
  const { layout, turns, blocks } = partsOf(trainer, federated)
  const stays = staysOf(trainer, layout)
  const learned = (scores: Scores, layer?: number): Scores =>
    withoutOwn(learnedPart(bench, scores, highestOf(bench, layer)), stays, rule)
  const { state: first, taken } = await firstState(trainer, config)
  await trainer.load(first)
  const work = federatedWork({
    ...{ turns, layout, blocks, aggregate: federated.aggregate, aggregateOptions: federated },
    ...(trainer.readOut && { readOut: solvedOf(trainer.readOut) }),
    ...(federated.noise > 0 && { privacy: { noise: federated.noise, clip: federated.clip! } }),
    secret: (round) => stream(secretSeed(), round, 'privacy'),
  })
  const { rounds, localEpochs, localSteps } = federated
  const { joining, counts } = config
  const about = {
    engine: transport.engine,
    rounds,
    localEpochs,
    localSteps,
    aggregate: federated.aggregate,
    clients: counts,
    stays,
  }
  const uploadBytes = Math.max(...turns.map((_, turn) => work.mostBytes(turn)))
  yield {
    ...startEvent(trainer, config, bench, taken),
    federation: { ...about, uploadBytes, ...(joining && { joining }) },
  }
  // Whatever ends the rounds says to go on with --resume: from here on there is something to go on with.
  yield* standing.save(first)

  const samples = samplesOf(data)
  const { own } = data
  const readAs = own && { options: own.options, ...(own.encoding && { encoding: own.encoding }) }
  const recipe: Recipe = {
    ...{ version: 1, run, rule: rule.id, settings, federated, clients, samples },
    ...(readAs && { readAs }),
  }
  await writeRecipe(transport, recipe)
  const crew = beginWork((end) => config.start(recipe, end))
  const both = signal ? AbortSignal.any([signal, ended]) : ended
  const statuses = statusesOf(transport, clients, systemClock, both)
  const objects = objectCache(transport, run)
  const absent = absence(config.wait)
  const begin = performance.now()
  let roundBegin = begin
  let toldAt = begin
  let score: Scores | undefined
  let sums = tally()
  const rounding = coordinate({
    ...{ transport, run, clients, work, layout, clock: systemClock, poll: POLL, signal: both },
    ...{ holder: config.holder, patient: config.patient, gone: config.gone },
    ...{ wanted: federated.wanted, seed: settings.options.seed },
    // Where the engine kept nothing, the checkpoint is all that there is.
    from: { round: (config.lastTold?.round ?? 0) + 1, turn: turnsBehind(plan, turns, standing.at, config.lastTold) },
    ...{ initial: async () => first as Record<string, Float32Array>, rule: federated.aggregate },
  })
  for await (const event of rounding) {
    crew.check()
    sums.add(event)
    if (event.event === 'round') roundBegin = performance.now()
    const step = globalStep(plan, standing.at)
    if (event.event === 'waiting') yield* absent.news(step, event.missing, clients.length)
    if (event.event === 'waiting' && performance.now() - toldAt >= TELL) {
      toldAt = performance.now()
      yield { event: 'clients', step, round: event.round, clients: statuses.now() }
    }
    if (event.event !== 'published') continue
    const { round, turn, model, asked, accepted } = event
    const state = { ...first, ...(await objects.tensors(model)) }
    await trainer.load(state)
    standing.at = positionAfter(plan, turns, turn)
    const done = turns[turn - 1]!
    const layer = done.kind === 'learn' ? done.layer : undefined
    const isTold = round <= (config.lastTold?.round ?? 0)
    score =
      validation.count > 0 && !isTold ? yield* measuredSplit(trainer, 'validation', validation, signal) : undefined
    const made: RoundEvent = {
      ...{ event: 'round', step: globalStep(plan, standing.at), round, turn, turns: turns.length, model, asked },
      ...{ answered: accepted, ...sums.told(), seconds: (performance.now() - roundBegin) / 1000 },
      ...(layer !== undefined && { learns: blocks[layer]! }),
      ...(score && { validation: learned(score, layer) }),
      ...(federated.noise > 0 && { epsilon: epsilonOf(turn, federated.delta, federated.noise) }),
    }
    if (!isTold) yield made
    sums = tally()
    await config.onPublished?.(model)
    yield* standing.save(state)
  }
  if ((await readRound(transport))?.state.phase !== 'done') return yield* standing.stop()
  const last = yield* closing(trainer, config, score)
  if (!last) return yield* standing.stop()
  const seconds = (performance.now() - begin) / 1000
  const rowsInRound = Math.min(
    localEpochs * trainer.trainingSamples,
    (localSteps ?? Infinity) * settings.options.batch * clients.length,
  )
  yield {
    ...{ event: 'done', step: globalStep(plan, standing.at), test: learned(last.test), seconds },
    ...(last.validation && { validation: learned(last.validation) }),
    rowsPerSecond: (rounds * rowsInRound) / Math.max(1e-9, seconds),
    ...(folder !== undefined && { run: folder }),
  }
}

/** What travels, and when. */
function partsOf(
  { plan, tensors, blocks, readOut, settings: { options } }: Trainer,
  { localEpochs, localSteps, private: kept, noise, aggregate: merging }: FederatedOptions,
): { layout: readonly Travelling[]; turns: Turn[]; blocks: string[] } {
  if (readOut && noise > 0)
    throw new UsageError(
      'noise bounds what updates tell of a client, and a solved read-out is made of exact sums, which it does not bound: ' +
        'leave the noise out, or train the read-out',
    )
  if (readOut && isRobust(merging))
    throw new UsageError(
      `${merging} holds back clients that lie, and a solved read-out adds up the sums of all as they are: choose ` +
        '--aggregate mean, or train the read-out',
    )
  checkPrivate(tensors, kept)
  const layout = travelling(tensors, blocks, kept)
  if (layout.length === 0)
    throw new UsageError('nothing travels, so nothing can be learned together: keep less private')
  const names = blocks.map(({ name }) => name)
  const isGreedy = options.schedule === 'greedy'
  const turns = turnsOf(plan, { localEpochs, localSteps, isGreedy, readOut: readOut !== undefined })
  const still = turns.findIndex((turn) => layoutIn(layout, names, turn).length === 0)
  const { layer } = (turns[still] as { layer?: number }) ?? {}
  if (layer !== undefined) throw new UsageError(`nothing of ${names[layer]} travels: keep less private`)
  return { layout, turns, blocks: names }
}

/** The read-out of the last turn. Several lambdas would be told apart by samples, which the coordinator need not have. */
function solvedOf({ lambdas, ...sizes }: NonNullable<Trainer['readOut']>): SolvedReadOut {
  const [lambda, ...others] = lambdas
  if (others.length > 0)
    throw new UsageError(
      `clients solve a read-out with one lambda, and there are ${lambdas.length} (${lambdas.join(', ')}): ` +
        `name one alone (--set lambda=${lambdas[lambdas.length >> 1]})`,
    )
  const { weight, bias, features, targets, views } = sizes
  return { weight, bias, features, targets, views, lambda: lambda! }
}

/** Names of tensors of the model that never leave a client. */
const staysOf = ({ tensors }: Trainer, layout: readonly Travelling[]): string[] =>
  tensors
    .filter(({ name, role }) => role !== 'optimizer' && !layout.some((own) => own.name === name))
    .map(({ name }) => name)

/** Adds up what the uploads of a round say. */
function tally() {
  const losses: number[] = []
  const refused: Record<string, string> = {}
  let [bytesUp, bytesDown] = [0, 0]
  return {
    add(event: CoordinatorEvent): void {
      if (event.event === 'refused') refused[event.client] = event.reason
      if (event.event !== 'update') return
      bytesUp += event.bytes
      bytesDown += event.fetched
      if (event.loss !== undefined) losses.push(event.loss)
    },
    told: () => ({
      ...{ bytesUp, bytesDown, refused },
      ...(losses.length > 0 && { loss: losses.reduce((a, b) => a + b) / losses.length }),
    }),
  }
}

/** A seed that nobody can guess from the run's. */
function secretSeed(): number {
  const [high, low] = crypto.getRandomValues(new Uint32Array(2))
  return (high! & 0x1fffff) * 2 ** 32 + low!
}
