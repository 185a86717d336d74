import os from 'node:os'
import { type DataOptions, loadData } from '../data/own/own.node.js'
import { keptOf } from '../data/own/provenance.js'
import { UserError } from '../errors.js'
import { replaceFile } from '../files.node.js'
import { fileOf, findRule } from '../rules/load.node.js'
import { compile } from '../runtime/compile.node.js'
import { int8IsExact } from '../runtime/doctor.node.js'
import { begin, paramsOfEnqueued, type Searched } from './begin.js'
import { bestOf, countsOf, doneOf, frontOf } from './best.js'
import type { Choice, Params } from './distribution.js'
import type { Best, Counts, TuneEvent } from './events.js'
import { openStudyFile, type StudyFile } from './journal.node.js'
import { type Judging, namedObjectives } from './judged.node.js'
import { type PlanWishes, paramsOfSettings, planOf, settingsOf } from './plan.js'
import { openPool, type Pool } from './pool.node.js'
import { prunerOf } from './pruners.js'
import { beginStudy, enqueue, interrupt } from './record.js'
import { valuesOf } from './space.js'
import type { Study } from './study.js'
import { take } from './verdict.js'

/** What a study is to search, and how long. */
export interface TuneRequest extends PlanWishes {
  /** The name of a rule, or the path of its file: each worker loads it for itself. */
  readonly rule: string
  /** The name of a data set, or the path of one's own. */
  readonly data: string
  readonly load?: DataOptions | undefined
  /** The journal, a new one or one to go on with. */
  readonly study: string
  /** So many trials are to be finished in the study, those of earlier calls included. */
  readonly trials: number
  /** Processes that train at the same time. Default: 1. */
  readonly workers?: number | undefined
  /** Seconds after which the study stops where it is. */
  readonly timeout?: number | undefined
  /** Values of searched options that are tried first; of options that are left out, a sampler says. */
  readonly enqueued?: readonly Readonly<Record<string, Choice>>[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** So many trials that fail before any has succeeded end the study: something is wrong with all of them. */
const HOPELESS = 3

/**
 * Searches settings of a rule by the figures of held-out samples. The test samples are never read. Everything is in the
 * journal before it is told, so that a study goes on from wherever it ended: with one worker and the same seed it tries
 * the same settings, as if it had not. The settings that a rule has by itself are the first trial.
 *
 * Throws a UsageError for wishes that are wrong, and a UserError where the journal is in use or cannot be written, or
 * where trial after trial fails.
 */
export async function* tune(request: TuneRequest): AsyncGenerator<TuneEvent> {
  const { rule: name, study: path, workers = 1, signal } = request
  const rule = await findRule(name)
  const data = await loadData(request.data, request.load)
  const asked = planOf(rule, data, request)
  const settings = settingsOf(rule, data, asked, {})
  const { features } = request
  const wanted = await namedObjectives(rule, data, asked.objectives, { settings, features }, platform)
  const plan = { ...asked, objectives: wanted.objectives }
  const searched: Searched = { rule, data, plan }
  const { load, study: _, trials, workers: __, timeout, enqueued = [], signal: ___, ...kept } = request
  const ahead = enqueued.map((values) => paramsOfEnqueued(searched, values))
  const file = openStudyFile(path)
  try {
    const sources = { fingerprint: data.fingerprint ?? null, ruleSha256: fileOf(rule)?.sha256 ?? null }
    beginStudy(file, plan, { ...kept, ...ownOf(load) }, `${rule.id} on ${data.name}`, sources)
    const interrupted = interrupt(file)
    const distributions = Object.fromEntries(plan.space.map((dimension) => [dimension.name, dimension.distribution]))
    const first = paramsOfSettings(plan.space, settings)
    if (file.study()!.trials.length === 0 && first) enqueue(file, valuesOf(first, distributions))
    for (const params of ahead) enqueue(file, valuesOf(params, distributions))
    const { objectives, sampler, pruner, space } = plan
    yield {
      ...{ event: 'start', study: path, rule: rule.id, data: data.name, sampler, pruner, objectives },
      ...{ space: space.map(({ name }) => name), trials, workers, counts: countsOf(file.study()!), interrupted },
    }
    const late = timeout === undefined ? undefined : AbortSignal.timeout(Math.ceil(1000 * timeout))
    const stop = AbortSignal.any([signal, late].filter((one) => one !== undefined))
    const opening = { rule: name, data: request.data, load: ownOf(load).load ?? {}, ...judgingOf(wanted) }
    const searching: Searching = { ...searched, file, trials, workers }
    const pool = openPool(Math.min(workers, Math.max(1, trials - doneOf(countsOf(file.study()!)))), opening, stop)
    let ended: Ended
    try {
      ended = yield* search(searching, pool)
    } finally {
      pool.close()
      // Whatever ends the search, no trial stays marked as running.
      interrupt(file)
    }
    const counts = countsOf(file.study()!)
    if (ended === 'stopped') return yield { event: 'stopped', reason: signal?.aborted ? 'aborted' : 'timeout', counts }
    if (ended === 'exhausted') yield { event: 'stopped', reason: 'exhausted', counts }
    yield { event: 'done', counts, ...results(searching) }
  } finally {
    file.close()
  }
}

const platform = { compile, exactInt8: int8IsExact }

const judgingOf = ({ judging }: { readonly judging?: Judging }): { readonly judging?: Judging } =>
  judging ? { judging } : {}

/** How one's own data are read, for processes and for the journal; what shows the reading stays here. */
function ownOf(load: DataOptions | undefined): { readonly load?: Omit<DataOptions, 'signal' | 'onWait'> } {
  if (!load) return {}
  const { signal: _, onWait: __, onProgress: ___, onReading: ____, ...own } = load
  return { load: own }
}

interface Searching extends Searched {
  readonly file: StudyFile
  readonly trials: number
  readonly workers: number
}

type Ended = 'done' | 'stopped' | 'exhausted'

/** Hands out trials and takes what they tell, until enough are finished. */
async function* search(searching: Searching, pool: Pool): AsyncGenerator<TuneEvent, Ended> {
  const { rule, data, plan, file, trials } = searching
  const pruner = prunerOf(plan.pruner, mostEpochs(searching))
  const idle = new Set<number>()
  const busy = new Map<number, number>()
  let isExhausted = false
  for (;;) {
    while (idle.size > 0 && !isExhausted && doneOf(countsOf(file.study()!)) + busy.size < trials) {
      const begun = begin(searching, file, pruner)
      if (!begun) {
        isExhausted = true
        break
      }
      const { trial, params, refusal } = begun
      if (refusal === undefined) {
        const [worker] = idle
        idle.delete(worker!)
        busy.set(worker!, trial)
        pool.send(worker!, { kind: 'trial', settings: settingsFor(searching, params) })
      }
      yield { event: 'trial', trial, params: valuesIn(file.study()!, trial) }
      if (refusal !== undefined) yield finished(searching, trial, 'failed', refusal)
    }
    const counts = countsOf(file.study()!)
    if (busy.size === 0 && (isExhausted || doneOf(counts) >= trials)) return isExhausted ? 'exhausted' : 'done'
    const next = await pool.next()
    if (!next) return 'stopped'
    const { worker, told } = next
    const trial = busy.get(worker)
    if (told.kind === 'ready') {
      idle.add(worker)
      continue
    }
    if (trial === undefined)
      throw new UserError(`a process of the search does not start: ${'message' in told ? told.message : ''}`)
    const verdict = take(file, plan, pruner, trial, told)
    if (verdict.answer) pool.send(worker, { kind: verdict.answer })
    if (verdict.report) yield { event: 'report', trial, ...verdict.report }
    if (!verdict.state) continue
    busy.delete(worker)
    if (told.kind === 'gone') pool.restart(worker)
    else idle.add(worker)
    yield finished(searching, trial, verdict.state, verdict.message)
    const now = countsOf(file.study()!)
    if (now.failed >= HOPELESS && now.failed === doneOf(now) && verdict.message !== undefined)
      throw new UserError(
        `${now.failed} trials have failed, and none has come to its end; the last one: ${verdict.message}`,
      )
  }

  function settingsFor({ workers }: Searching, params: Params) {
    const { hyper, options } = settingsOf(rule, data, plan, params)
    // Several trainings share the processors; one alone chooses for itself.
    const threads = workers === 1 ? undefined : Math.max(1, Math.floor(os.availableParallelism() / workers))
    return { hyper, options: { ...(threads !== undefined && { threads }), ...options } }
  }
}

/** The most epochs that any trial trains. */
function mostEpochs({ rule, data, plan }: Searching): number {
  const epochs = plan.space.find(({ name, table }) => name === 'epochs' && table === 'options')?.distribution
  if (epochs) return epochs.kind === 'choice' ? Math.max(...epochs.choices.map(Number)) : epochs.high
  return settingsOf(rule, data, plan, {}).options.epochs
}

const valuesIn = ({ trials }: Study, number: number): Readonly<Record<string, Choice>> =>
  valuesOf(trials[number]!.params, trials[number]!.distributions)

/** What is told of a trial that ended. Where it is the best one, its settings are written to their file first. */
function finished(
  searching: Searching,
  number: number,
  state: 'complete' | 'pruned' | 'failed',
  message?: string,
): TuneEvent {
  const { file } = searching
  const study = file.study()!
  const { values, notes } = study.trials[number]!
  const best = bestOf(study, file.path)
  if (best?.trial === number) writeSettings(searching, best)
  const counts: Counts = countsOf(study)
  return {
    ...{ event: 'finished', trial: number, state, params: valuesIn(study, number), counts },
    ...(values && { values }),
    ...(notes.figures !== undefined && { figures: notes.figures as Readonly<Record<string, number>> }),
    ...(message !== undefined && { message }),
    ...(best && { best }),
  }
}

/** The best trial and, with several objectives, the front, with files of their settings. */
function results(searching: Searching): { readonly best?: Best; readonly front?: readonly Best[] } {
  const { file, plan } = searching
  const study = file.study()!
  const best = bestOf(study, file.path)
  if (best) writeSettings(searching, best)
  if (plan.objectives.length === 1) return { ...(best && { best }) }
  const front = frontOf(study, file.path)
  for (const one of front) writeSettings(searching, one)
  return { ...(best && { best }), front }
}

/** Writes what `onward train --config` takes: the complete settings of a trial, as a run keeps its own. */
function writeSettings({ rule, data, plan, file }: Searching, { trial, config }: Best): void {
  const { params } = file.study()!.trials[trial]!
  const ruleFile = fileOf(rule)
  const { hyper, options } = settingsOf(rule, data, plan, params)
  const kept = { rule: rule.id, ...(ruleFile && { ruleFile }), ...keptOf(data), hyper, options }
  replaceFile(config, new TextEncoder().encode(`${JSON.stringify(kept, null, 2)}\n`))
}
