import { checkDataSet, type DataSet } from '../../data/index.js'
import { UsageError } from '../../errors.js'
import { closing, measuredSplit } from '../../train/closing.js'
import type { TrainConfig } from '../../train/config.js'
import type { Joining, Over, Scores, TrainEvent } from '../../train/events.js'
import { firstState } from '../../train/first-state.js'
import { benchOf, judge, learnedPart } from '../../train/judge.js'
import { beginOf, globalStep } from '../../train/plan.js'
import { solving } from '../../train/solving.js'
import { standingOf } from '../../train/standing.js'
import { startEvent } from '../../train/train.js'
import { openTrainer, type Trainer } from '../../train/trainer.js'
import { type Begin, withCrew } from '../crew.js'
import { absentWorkers } from '../pipeline/absent.js'
import { allLayersBound, singleLayerBound } from '../pipeline/bound.js'
import { nameRun } from '../pipeline/forget.js'
import { encodeState } from '../pipeline/standing.js'
import { getJson, replaceJson } from '../pipeline/values.js'
import type { Transport } from '../transport.js'
import { agree, type ChapterManifest, chapterKeys, layersOf } from './manifest.js'
import { RUN } from './names.js'
import { tasksOf } from './tasks.js'
import { fetchVersion, isRemoved, type Version, versionOf } from './versions.js'

export interface ChaptersConfig extends TrainConfig {
  readonly transport: Transport
  readonly mode: Exclude<Over['mode'], 'activations'>
  /** SHA-256 of the file of the rule, where that is none of Onward's. */
  readonly ruleFile?: string | undefined
  readonly workers?: number | undefined
  /** The most seconds to wait for workers who are not there; absent: without end. */
  readonly wait?: number | undefined
  /** How workers join a run of so many, where some come from elsewhere. */
  readonly joining?: ((workers: number) => Joining | undefined) | undefined
  /** Starts the workers of a run. Resolves when all have ended, and rejects where the run cannot go on. */
  start(run: string, manifest: ChapterManifest, signal: AbortSignal): Promise<void>
}

/**
 * Trains a rule layer after layer, a chapter of one epoch each, on workers that exchange weights: Pipeline
 * Forward-Forward (Aktemur et al. 2024, arXiv 2404.08573) for any rule that can train greedily. Whatever the mode and the
 * number of workers, the same weights come of it.
 */
export async function* trainChapters(given: ChaptersConfig): AsyncGenerator<TrainEvent> {
  const config = { ...given, data: checkDataSet(given.data) }
  const trainer = await openTrainer(config)
  yield* withCrew(trainer, (begin) => training(trainer, config, begin))
}

type Checked = ChaptersConfig & { readonly data: DataSet }

async function* training(trainer: Trainer, config: Checked, beginWork: Begin): AsyncGenerator<TrainEvent> {
  const { rule, transport, signal, told: { run: folder } = {} } = config
  const { plan, settings, validation, task, blocks } = trainer
  const { options } = settings
  const bench = benchOf(rule, task, settings, blocks)
  const learned = (scores: Scores): Scores => learnedPart(bench, scores, undefined)
  const standing = standingOf(trainer, config)
  const manifest = manifestOf(trainer, config)
  const [layers, { chapters, workers, mode }] = [manifest.layers.length, manifest]
  const keys = chapterKeys(RUN)
  const { state: first, taken } = await firstState(trainer, config)
  await trainer.load(first)
  if (standing.at.phase < plan.phases) {
    await agree(transport.values, RUN, manifest)
    await replaceJson(transport.values, keys.stop, false)
    await nameRun(transport, RUN)
    if (!(await transport.objects.get(keys.first)))
      await transport.objects.put(keys.first, encodeState(trainer.tensors, first, {}))
  }
  const own = Array.from({ length: workers }, (_, i) =>
    mode === 'weights' ? [blocks[i]!.name] : blocks.map(({ name }) => name),
  )
  const joining = config.joining?.(workers)
  const bound = mode === 'weights' ? singleLayerBound(chapters, layers) : allLayersBound(chapters, layers, workers)
  yield {
    ...startEvent(trainer, config, bench, taken),
    over: { mode, engine: transport.engine, name: RUN, workers: own, bound, ...(joining && { joining }) },
  }
  yield* standing.save(first)

  const begin = performance.now()
  let since = begin
  const seconds = (from: number): number => Math.max(1e-9, (performance.now() - from) / 1000)
  let score: Scores | undefined
  const isOver = standing.at.phase === plan.phases
  const from = isOver ? chapters : await firstChapter(transport, manifest)
  const before = await doneBefore(transport, manifest, from)
  const crew = isOver ? undefined : beginWork((end) => config.start(RUN, manifest, end))
  const leases = own.map((_, worker) => keys.lease(worker))
  const absent = absentWorkers(transport.values, leases, config.wait, async (worker) => {
    const last = [...tasksOf(mode, worker, { workers, layers, chapters })].at(-1)
    return last === undefined || (await versionOf(transport, RUN, last)) !== undefined
  })
  const step = (chapter: number): number => (chapter + 1) * layers * plan.batches
  const halted = async (chapter: number): Promise<TrainEvent> => {
    await replaceJson(transport.values, keys.stop, true)
    return standing.stopped('aborted', stopped(transport, chapter, chapters))
  }
  // Tasks of this sitting: what an earlier one did took none of its time.
  let done = 0
  const rowsOf = (tasks: number): number => tasks * plan.batches * options.batch
  for (let chapter = from; chapter < chapters; chapter++) {
    const already = done
    // Workers may be chapters ahead: then nothing is waited for below.
    if (signal?.aborted) return yield await halted(chapter)
    const versions: Version[] = []
    for (let layer = 0; layer < layers; layer++)
      for (;;) {
        const version = await versionOf(transport, RUN, { layer, chapter })
        if (version) {
          versions.push(version)
          if (!before.has(keys.version({ layer, chapter })))
            yield progress(trainer, { layer, chapter, done: ++done, layers, chapters }, version, seconds(begin))
          break
        }
        const broken = await getJson<{ what: string }>(transport.values, keys.broken)
        if (broken) return yield standing.ruined(broken.value.what)
        crew!.check()
        yield* absent.news(chapter * layers * plan.batches)
        if (signal?.aborted) return yield await halted(chapter)
        await new Promise((resolve) => setTimeout(resolve, LOOK))
      }
    const state = { ...first }
    for (let layer = 0; layer < layers; layer++)
      Object.assign(state, await fetchVersion(transport, RUN, { layer, chapter }))
    await trainer.load(state)
    score = undefined
    // A read-out that is not solved yet says nothing.
    if (validation.count > 0 && !trainer.readOut && !signal?.aborted)
      score = yield* measuredSplit(trainer, 'validation', validation, signal)
    const verdict = score && judge(bench, score, chapter, undefined)
    yield {
      event: 'epoch',
      step: step(chapter),
      epoch: chapter + 1,
      metrics: { blocks: Object.assign({}, ...versions.map(({ metrics }) => metrics.blocks ?? {})) },
      ...(score && { validation: learned(score) }),
      ...(verdict && { criterion: verdict.criterion }),
      seconds: seconds(since),
      rowsPerSecond: rowsOf(done - already) / seconds(since),
    }
    since = performance.now()
    if (chapter > 0)
      for (let layer = 0; layer < layers; layer++)
        await transport.objects.delete(keys.version({ layer, chapter: chapter - 1 }))
    if (chapter === chapters - 1) {
      standing.at = beginOf(plan.phases)
      yield* standing.save(state)
    }
  }
  if (!(yield* solving(trainer, standing, () => performance.now(), signal))) return yield* standing.stop()
  const last = yield* closing(trainer, config, score)
  if (!last) return yield* standing.stop()
  yield {
    event: 'done',
    step: globalStep(plan, standing.at),
    test: learned(last.test),
    ...(last.validation && { validation: learned(last.validation) }),
    seconds: seconds(begin),
    rowsPerSecond: rowsOf(done) / seconds(begin),
    ...(folder !== undefined && { run: folder }),
  }
}

/** Where to go on: what lies before was told of, and its weights were removed. */
async function firstChapter(transport: Transport, { chapters, layers }: ChapterManifest): Promise<number> {
  for (let chapter = 0; chapter < chapters; chapter++) {
    const removed = await Promise.all(layers.map((_, layer) => isRemoved(transport, RUN, { layer, chapter })))
    if (!removed.includes(true)) return chapter
  }
  return chapters
}

/** The versions from a chapter on that an earlier sitting made, by their keys: workers may be ahead of what was told. */
async function doneBefore(
  transport: Transport,
  { chapters, layers }: ChapterManifest,
  from: number,
): Promise<ReadonlySet<string>> {
  const made = new Set<string>()
  for (let chapter = from; chapter < chapters; chapter++) {
    const known = made.size
    for (const layer of layers.keys())
      if (await versionOf(transport, RUN, { layer, chapter })) made.add(chapterKeys(RUN).version({ layer, chapter }))
    if (made.size === known) break
  }
  return made
}

/** Between two looks, ms. */
const LOOK = 50

const stopped = ({ engine }: Transport, chapter: number, chapters: number): string =>
  `stopped in chapter ${chapter + 1} of ${chapters}; ` +
  (engine === 'nats' ? 'it can go on from the weights that its broker keeps' : 'in one process nothing of it is kept')

function progress(
  { plan, settings }: Trainer,
  { layer, chapter, done, layers, chapters }: Record<'layer' | 'chapter' | 'done' | 'layers' | 'chapters', number>,
  { metrics, steps }: Version,
  passed: number,
): TrainEvent {
  const tasks = chapter * layers + layer + 1
  const part = tasks / (chapters * layers)
  return {
    event: 'progress',
    step: tasks * plan.batches,
    epoch: chapter + 1,
    batch: plan.batches,
    progress: part,
    rowsPerSecond: (done * steps * settings.options.batch) / passed,
    secondsLeft: (passed * (chapters * layers - tasks)) / done,
    metrics,
  }
}

/** Throws a UsageError for what has no place in chapters, with the reason. */
function manifestOf(trainer: Trainer, { rule, data, mode, workers, ruleFile }: Checked): ChapterManifest {
  const { settings, trainingSamples } = trainer
  const { options } = settings
  if (options.schedule !== 'greedy')
    throw new UsageError(`chapters train one layer at a time: choose the schedule greedy, and a rule that has it`)
  if (options.layer !== undefined) throw new UsageError('in chapters all layers are trained: leave the layer out')
  if (options.patience > 0) throw new UsageError('chapters are as many as there are epochs: leave patience out')
  const layers = layersOf(trainer)
  const names = layers.flat().map(({ name }) => name)
  const shared = names.find((name, i) => names.indexOf(name) < i)
  if (shared !== undefined)
    throw new UsageError(`${shared} learns with several layers of ${rule.id}: they cannot be trained apart`)
  const count = mode === 'weights' ? layers.length : Math.min(workers ?? 4, options.epochs)
  if (mode === 'weights' && workers !== undefined && workers !== layers.length)
    throw new UsageError(`in the mode weights each layer has a worker of its own: say --workers ${layers.length}`)
  return {
    format: 1,
    ...{ mode, rule: rule.id, data: data.name, workers: count, chapters: options.epochs, epochs: 1, layers },
    ...(ruleFile !== undefined && { ruleFile }),
    ...(data.fingerprint !== undefined && { fingerprint: data.fingerprint }),
    ...{ trainingSamples, settings: JSON.parse(JSON.stringify(settings)) },
  }
}
