import type { DataSet } from '../../../data/index.js'
import { UserError } from '../../../errors.js'
import { stream } from '../../../random/stream.js'
import type { Moments } from '../../../readout/moments.js'
import type { AnyRule } from '../../../rules/contract.js'
import type { TensorRecord } from '../../../runtime/index.js'
import type { Scores } from '../../../train/events.js'
import type { Settings } from '../../../train/options.js'
import { globalStep, type Position } from '../../../train/plan.js'
import type { Platform } from '../../../train/platform.js'
import { openTrainer, type Trainer } from '../../../train/trainer.js'
import { flattened, type Travelling, travelling } from '../layout.js'
import type { Tensors } from '../model.js'
import type { FederatedOptions } from '../options.js'
import { type Turn, turnsOf } from '../turns.js'
import { momentsTensors } from '../wire/moments.js'
import { deltaTensors, type Missing } from '../wire/upload.js'
import { layoutIn } from '../work.js'
import type { Learner } from './client.js'
import { decodeKept, encodeKept, pulled } from './kept.js'

export interface LearnerConfig {
  readonly rule: AnyRule
  /** The client's own samples for training; the test split is not read. */
  readonly data: DataSet
  /** Of the whole training. */
  readonly settings: Settings
  readonly federated: FederatedOptions
  readonly client: string
  readonly platform: Platform
  /** What the client kept last before a round: see `keep`. */
  readonly kept?: ((round: number) => Promise<Uint8Array | undefined>) | undefined
  /** Told after each lesson what stays with the client: its optimiser, private tensors, rounding errors. */
  readonly keep?: ((round: number, bytes: Uint8Array) => Promise<void>) | undefined
}

/** The settings of a client's own training: all of its samples, in batches that they fill. */
export const ownSettings = ({ hyper, options }: Settings, { train }: Pick<DataSet, 'train'>): Settings => ({
  hyper,
  options: { ...options, validation: 0, limit: train.count, batch: Math.min(options.batch, train.count), patience: 0 },
})

/** Steps between two pulls towards the round's model. */
const PULL_EVERY = 8

/** Steps of a turn are cut into so many pieces: between them a client looks whether the round still waits for it. */
const PIECES = 16

/** Trains by the public trainer on a client's own samples. To be closed after use. */
export async function openLearner(config: LearnerConfig): Promise<Learner & { close(): Promise<void> }> {
  const { rule, data, federated, client, platform, kept, keep } = config
  const { options, hyper } = ownSettings(config.settings, data)
  const trainer = await openTrainer({ rule, data, platform, settings: { hyper, options } })
  const isGreedy = options.schedule === 'greedy'
  const turns = turnsOf(trainer.plan, {
    localEpochs: federated.localEpochs,
    localSteps: federated.localSteps,
    isGreedy,
    readOut: trainer.readOut !== undefined,
  })
  const blocks = trainer.blocks.map(({ name }) => name)
  const layout = travelling(trainer.tensors, trainer.blocks, federated.private)
  let state = await trainer.initialState()
  const missing: Missing = new Map()
  const seconds = await trial(trainer, state, turns[0]!)
  let isRestored = false
  /** A round that was made before this process began is made again from the same state on: it gives the same upload. */
  const restore = async (round: number): Promise<void> => {
    if (isRestored) return
    const bytes = await kept?.(round)
    if (bytes) state = decodeKept(bytes, state, missing)
    isRestored = true
  }
  return {
    samples: data.train.count,
    seconds,
    async learn(number, round, model, goOn) {
      const turn = turns[number]!
      await restore(round)
      if (turn.kind === 'read-out') {
        await trainer.load({ ...state, ...model })
        const moments = await sums(trainer, client, federated.fewSamples, goOn)
        return moments && { tensors: momentsTensors(moments) }
      }
      const own = layoutIn(layout, blocks, turn)
      const learned = await steps(trainer, { ...state, ...model }, turn, goOn, {
        ...{ layout: own, model, pull: federated.proximal },
      })
      if (!learned) return undefined
      state = learned.state
      const before = flattened(own, model)
      const delta = flattened(own, state).map((value, i) => value - before[i]!)
      const random = stream(options.seed, round, `upload of ${client}`)
      const tensors = deltaTensors(own, delta, federated.bits, { missing, random })
      await keep?.(round, encodeKept(trainer.tensors, state, missing))
      return { tensors, loss: learned.loss }
    },
    close: () => trainer.close(),
  }
}

/** The sums of a read-out that is solved. Throws a UserError where so few samples would shine through them. */
async function sums(
  { readOut, settings }: Trainer,
  client: string,
  fewSamples: boolean,
  goOn: (done: number) => Promise<boolean>,
): Promise<Moments | undefined> {
  const { training, features, views } = readOut!
  if (training.count * views <= features && !fewSamples)
    throw new UserError(
      `${client} has ${training.count} samples, and sums over no more samples than the ${features} features tell of ` +
        'single ones: bring more, or say --few-samples where that is allowed',
    )
  const work = readOut!.gather(training, undefined, 'float64')
  for (;;) {
    const next = await work.next()
    if (next.done) return next.value
    if (!(await goOn(next.value / settings.options.limit))) return undefined
  }
}

/** Seconds of a turn, by the second of two steps: the first one compiles. */
async function trial(trainer: Trainer, state: TensorRecord, turn: Turn): Promise<number> {
  if (turn.kind !== 'learn') return 1
  await trainer.load(state)
  await trainer.run(turn.at, 1)
  const begin = performance.now()
  await trainer.run(turn.at, 1)
  return Math.max(1e-3, ((performance.now() - begin) / 1000) * turn.steps)
}

interface Pull {
  readonly layout: readonly Travelling[]
  readonly model: Tensors
  readonly pull: number
}

/**
 * The steps of a turn from a state on; undefined where the round is over before. With a pull the steps are those of
 * FedProx (Li et al. 2020, arXiv 1812.06127) by splitting: its term mu / 2 ||w - w_round||^2 is not part of any layer's
 * loss here, whatever the rule's optimiser makes of losses, but an implicit step of its own after them, w <- w_round +
 * (w - w_round) / (1 + pull) for each, with pull = rate mu; several are taken at a time.
 */
async function steps(
  trainer: Trainer,
  first: TensorRecord,
  { at: begin, steps: all }: Extract<Turn, { kind: 'learn' }>,
  goOn: (done: number) => Promise<boolean>,
  { layout, model, pull }: Pull,
): Promise<{ state: TensorRecord; loss?: number | undefined } | undefined> {
  await trainer.load(first)
  const piece = pull > 0 ? PULL_EVERY : Math.max(1, Math.ceil(all / PIECES))
  let at: Position = begin
  let [sum, counted] = [0, 0]
  for (let done = 0; done < all; ) {
    if (!(await goOn(done / all))) return undefined
    const ran = await trainer.run(at, Math.min(piece, all - done))
    if (ran.notFinite !== undefined)
      throw new UserError(`${ran.notFinite} at step ${globalStep(trainer.plan, ran.at)}: choose a smaller rate`)
    at = ran.at
    done += ran.steps
    const loss = lossOf(ran.metrics)
    if (loss !== undefined) {
      sum += loss * ran.steps
      counted += ran.steps
    }
    if (pull > 0) await trainer.load(pulled(await trainer.read(), layout, model, (1 + pull) ** -ran.steps))
  }
  return { state: await trainer.read(), ...(counted > 0 && { loss: sum / counted }) }
}

/** What the steps call a loss: the network's, or the mean of the blocks' own. */
function lossOf({ network, blocks = {} }: Scores): number | undefined {
  const own = network?.loss !== undefined ? [network.loss] : Object.values(blocks).flatMap(({ loss }) => loss ?? [])
  return own.length === 0 ? undefined : own.reduce((a, b) => a + b, 0) / own.length
}
