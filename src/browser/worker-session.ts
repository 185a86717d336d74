import type { Certificate } from '../certificate/certificate.js'
import type { DataSet, GivenNumbers, GivenSplit, Split } from '../data/index.js'
import { keptOf } from '../data/own/provenance.js'
import { UsageError, UserError } from '../errors.js'
import { openActivities } from '../train/activities.js'
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../train/checkpoint.js'
import type { Stands } from '../train/config.js'
import type { Confused } from '../train/confusion.js'
import { deviceAt, PAGE_DEVICES } from '../train/device.js'
import { draw, shownOf } from '../train/drawing.js'
import type { TrainEvent } from '../train/events.js'
import { firstState } from '../train/first-state.js'
import { openLatents } from '../train/latents.js'
import { prolonged } from '../train/longer.js'
import { openNetwork } from '../train/network.js'
import type { TrainInput } from '../train/options.js'
import { beginOf } from '../train/plan.js'
import type { Platform } from '../train/platform.js'
import { decodeConfig, type RunConfig } from '../train/run-config.js'
import { RUN_FILES } from '../train/run-files.js'
import { trainOn } from '../train/train.js'
import { aboutOf } from './about.js'
import { openOnDevice } from './device.js'
import { type Followed, followed } from './followed.js'
import { gate } from './gate.js'
import { breath, usableThreads } from './platform.js'
import { dataFrom, type Own, ruleFrom } from './served.js'
import type {
  About,
  DeviceChoice,
  Evaluation,
  OpenRequest,
  SamplesOptions,
  TrainOptions,
  WatchedBatch,
} from './session.js'
import { watched } from './watched.js'

/** What a page asks of its worker when it opens a session. */
export interface SessionRequest extends Pick<OpenRequest, 'preset' | 'hyper' | 'from'> {
  /** Of a run, absent where its settings name one that is known. */
  readonly rule?: OpenRequest['rule'] | undefined
  readonly data?: OpenRequest['data'] | undefined
  readonly options?: OpenRequest['options']
  /** Of a run that goes on: its settings as their file has them, its checkpoint, and the new total of epochs. */
  readonly run?: {
    readonly config: Uint8Array
    readonly checkpoint: Uint8Array
    readonly epochs?: number | undefined
    readonly device?: DeviceChoice | undefined
  }
  /** What messages call the run. */
  readonly where: string
  /** The name under which it is kept. */
  readonly kept?: string | undefined
}

/** What the worker and its page do for a session. */
export interface Host {
  platform(threads: number): Platform
  /** Keeps a checkpoint and says where. */
  save(bytes: Uint8Array<ArrayBuffer>): Promise<string>
  event(event: TrainEvent): void
}

/** The first answer. */
export interface First {
  readonly about: About
  readonly certificate: Certificate
  readonly config: RunConfig
}

export type Methods = Awaited<ReturnType<typeof openSession>>['methods']

/** The training does not run further ahead of its reader. */
const MOST_UNREAD = 64

export async function openSession(request: SessionRequest, own: Own, host: Host) {
  const { preset, hyper, options: asked = {}, where, kept, from } = request
  const run = request.run && {
    ...request.run,
    config: decodeConfig(new TextDecoder().decode(request.run.config), `${RUN_FILES.config} of ${where}`),
  }
  const { rule, file } = await ruleFrom(request.rule ?? run?.config.rule, own)
  const data = await dataFrom(request.data ?? run?.config.data, own)
  if (run) checkRun(run.config, { rule: rule.id, data, file }, where)
  const threads = usableThreads(run?.config.options.threads ?? asked.threads, run?.config.mostThreads)
  const base = host.platform(threads)

  const { device: wanted = 'auto', ...others } = asked
  const epochs = run?.epochs ?? run?.config.options.epochs
  const input = (device: 'wasm' | 'webgpu'): TrainInput =>
    run
      ? { settings: { hyper: run.config.hyper, options: { ...run.config.options, epochs, device } } }
      : { preset, hyper, options: { ...others, device } }
  const choice = run ? (run.device ?? (deviceAt(PAGE_DEVICES, run.config.options.device) as 'wasm' | 'webgpu')) : wanted
  if (!['auto', 'wasm', 'webgpu'].includes(choice))
    throw new UsageError(`a page has no device ${choice}: choose auto, wasm or webgpu`)
  const { trainer, device, tried } = await openOnDevice({ rule, data, platform: base }, choice, input)
  const { settings, plan } = trainer
  const common = { rule, data, settings, platform: base, from }

  let current = run && prolonged(decodeCheckpoint(run.checkpoint, where), epochs!, where)
  let standing: Stands = { at: beginOf(plan.from), best: undefined }
  let version = 0
  /** Brings the network to where the last checkpoint is, or the beginning. */
  const settle = async (to: Checkpoint | undefined): Promise<void> => {
    const { state } = await firstState(trainer, { ...common, resume: to })
    await trainer.load(state)
    current = to
    standing = { at: to?.position ?? beginOf(plan.from), best: to?.best }
    version++
  }
  await settle(current)

  let unread = 0
  const between = gate({
    breath,
    stands(now) {
      standing = { at: now.at, best: now.best }
      version++
    },
    isFull: () => unread > MOST_UNREAD,
  })
  let abort: AbortController | undefined
  let over: Promise<void> = Promise.resolve()

  const checkpointNow = async (): Promise<Checkpoint> =>
    trainer.checkpoint(standing.at, await trainer.read(), standing.best)
  const opened = <T extends Followed>(open: (checkpoint: Checkpoint) => Promise<T>) =>
    followed(open, checkpointNow, () => version)
  const network = opened((now) => openNetwork(rule, now, base, where))
  const latents = opened((now) => openLatents(rule, now, base, where))
  const activities = opened((now) => openActivities(rule, now, base, where))
  const watch = async (samples = 8): Promise<WatchedBatch> => await watched(trainer, standing.at, samples)
  const added = own.methods?.({ rule, data, trainer, at: () => standing.at, watch, latents }) ?? {}
  const free = (): void => {
    if (abort) throw new UserError('the network is being trained: stop the training first')
  }

  const trained = async ({ paused = false, test }: TrainOptions): Promise<void> => {
    abort = new AbortController()
    const { signal } = abort
    await between.begin(paused)
    unread = 0
    try {
      const config = {
        ...common,
        ...{ signal, resume: current, turn: between.turn, test },
        told: { ...(preset !== undefined && { preset }), ...(kept !== undefined && { run: kept }) },
        platform: {
          ...base,
          saveCheckpoint: async (bytes: Uint8Array<ArrayBuffer>) => {
            current = decodeCheckpoint(bytes, where)
            return await host.save(bytes)
          },
        },
      }
      for await (const event of trainOn(trainer, config)) {
        host.event(event)
        unread++
      }
    } finally {
      await settle(current).catch(() => undefined)
      await between.end()
      abort = undefined
    }
  }

  const methods = {
    train(options: TrainOptions): Promise<void> {
      if (abort) throw new UserError('the network is being trained already')
      const training = trained(options)
      over = training.catch(() => undefined)
      return training
    },
    read(count: number): void {
      unread -= count
      between.look()
    },
    hold: () => between.hold(),
    go: async () => between.go(),
    step: () => between.step(),
    async stop(): Promise<void> {
      abort?.abort()
      between.open()
      await over
    },
    reset: () =>
      between.between(async () => {
        free()
        await settle(undefined)
        return encodeCheckpoint(await checkpointNow())
      }),
    toBytes: () => between.between(async () => encodeCheckpoint(await checkpointNow())),
    fromBytes: (bytes: Uint8Array) =>
      between.between(async () => {
        free()
        await settle(decodeCheckpoint(bytes, 'what was given'))
      }),
    predict: (inputs: readonly GivenNumbers[]) => between.between(async () => (await network()).predict(inputs)),
    evaluate: (on: 'test' | 'validation' | GivenSplit = 'test') =>
      between.between(async (): Promise<Evaluation> => {
        const split = on === 'test' ? data.test : on === 'validation' ? trainer.validation : (on as Split)
        if (split.count === 0) throw new UserError(`there are no ${on === 'test' ? 'test' : 'held-out'} samples`)
        const open = await network()
        let confusion: Confused | undefined
        const scores = await open.measure(data, split, (counts) => {
          confusion = counts
        })
        return { scores, criterion: open.criterion, samples: split.count, ...(confusion && { confusion }) }
      }),
    samples: ({ names, count = 20, seed = 0 }: SamplesOptions = {}) =>
      between.between(async () => {
        const { validation } = trainer
        const shown = async (part: 'held-out' | 'test') => shownOf({ ...data, validation }, part)
        const options = { count, seed, where, ...(names && { names }) }
        return await draw(rule, await checkpointNow(), shown, base, options)
      }),
    encode: (inputs: readonly GivenNumbers[]) => between.between(async () => (await latents()).encode(inputs)),
    decode: (given: readonly ArrayLike<number>[]) => between.between(async () => (await latents()).decode(given)),
    watch: (samples?: number) => between.between(() => watch(samples)),
    ask: (method: string, ...args: readonly unknown[]) =>
      between.between(async () => {
        if (!Object.hasOwn(added, method)) throw new UserError(`the worker of this page adds no method ${method}`)
        return await added[method]!(...args)
      }),
    activities: (inputs: readonly GivenNumbers[]) => between.between(async () => (await activities()).of(inputs)),
    exportOnnx: () => between.between(async () => (await network()).exported()),
  }

  const config: RunConfig = {
    ...(run?.config ?? { rule: rule.id, ...keptOf(data) }),
    ...settings,
    ...(preset !== undefined && { preset }),
    ...(file && { ruleFile: file }),
    mostThreads: run?.config.mostThreads ?? threads,
  }
  const about = aboutOf(rule, data, trainer, { device, threads, ...(tried && { tried }) })
  const first: First = { about, certificate: trainer.certificate, config }
  return { first, methods }
}

/** Throws a UserError unless a run was trained by this rule on these data. */
function checkRun(
  kept: RunConfig,
  {
    rule,
    data,
    file,
  }: { rule: string; data: DataSet; file: { readonly path: string; readonly sha256: string } | undefined },
  where: string,
): void {
  if (kept.rule !== rule) throw new UsageError(`${where} was trained by ${kept.rule}, not by ${rule}`)
  if (kept.data !== data.name) throw new UsageError(`${where} was trained on ${kept.data}, not on ${data.name}`)
  const { fingerprint } = data
  if (kept.fingerprint !== undefined && fingerprint !== undefined && kept.fingerprint !== fingerprint)
    throw new UsageError(`${where} was trained on other data of the name ${data.name}: their SHA-256 differs`)
  if (kept.ruleFile && file && kept.ruleFile.sha256 !== file.sha256)
    throw new UsageError(`${file.path} is not the text that ${where} was trained by: take that text, or train anew`)
}
