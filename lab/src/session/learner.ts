import type { DataSet, Split } from '../../../src/data/index.js'
import { gatherInputs, imageShapeOf, outputCount } from '../../../src/data/index.js'
import { exportModel } from '../../../src/export/model.js'
import type { AnyRule } from '../../../src/rules/contract.js'
import { kindOf } from '../../../src/targets/index.js'
import { type Checkpoint, checkState, encodeCheckpoint, stateRecord } from '../../../src/train/checkpoint.js'
import { confusing } from '../../../src/train/confusion.js'
import { draw, shownOf } from '../../../src/train/drawing.js'
import { meter } from '../../../src/train/meter.js'
import { notFinite } from '../../../src/train/not-finite.js'
import { endOf, globalStep, isEpochDone, nextEpoch, type Position, stepsOf } from '../../../src/train/plan.js'
import type { Platform } from '../../../src/train/platform.js'
import type { NamedTensor } from '../../../src/train/safetensors.js'
import { openTrainer } from '../../../src/train/trainer.js'
import { lent, withLent } from './lend.js'
import { filtersOf, glancesOf, imagesOf, seenOf } from './look.js'
import type { Drawing, Drawn, EpochDone, Images, Look, Opened, Said, Standing, Told, Wanted } from './protocol.js'
import { inputOf } from './wanted.js'

/** Milliseconds between two progress messages, at least. */
const EVERY = 90
/** The most steps of a call: so that a pause is heard soon. */
const MOST = 40

/** Makes way for messages that have come. */
const breathe = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })

/** What a generator of progress ends with. */
async function gathered<T>(steps: AsyncGenerator<number, T>): Promise<T> {
  for (;;) {
    const { done, value } = await steps.next()
    if (done) return value
  }
}

interface Learning {
  readonly wanted: Wanted
  readonly rule: AnyRule
  readonly data: DataSet
  readonly platform: Platform
  readonly tell: (told: Told) => void
  /** First weights of a network that it races. */
  readonly borrowed?: readonly NamedTensor[] | undefined
  /** Goes on from there. */
  readonly resume?: Checkpoint
}

/** One training: it runs, waits, goes step by step, and is looked at between its steps. */
export async function openLearner({ wanted, rule, data, platform, tell, borrowed, resume }: Learning) {
  const trainer = await openTrainer({ rule, data, platform, ...inputOf(wanted) })
  const { plan, settings, validation, blocks, tensors } = trainer
  const { batch } = settings.options
  const made = await trainer.initialState()
  const first = borrowed ? withLent(trainer.tensors, made, borrowed) : made
  if (resume) checkState(trainer.tensors, resume.state, 'the run')
  await trainer.load(resume ? stateRecord(resume.state) : first)
  let at: Position = resume?.position ?? trainer.positionAt(0)
  let running = false
  let done = at.phase === plan.phases
  let rate = 0
  let lastTold = 0
  let means = meter()
  let epochBegan = performance.now()
  /** Work on the network is done one after the other: a look comes between two calls of the training. */
  let queue: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = queue.then(work)
    queue = mine.catch(() => undefined)
    return mine
  }

  const standing = (): Standing => ({
    ...{ step: globalStep(plan, at), epoch: at.epoch, batch: at.batch, running, done, rate },
  })
  const progress = (force = false): void => {
    const now = performance.now()
    if (!force && now - lastTold < EVERY) return
    lastTold = now
    tell({ kind: 'progress', progress: { ...standing(), metrics: means.means() } })
    means = meter()
  }

  const measured = async (split: Split) => {
    const counts = data.target.kind === 'class' ? confusing(data) : undefined
    const scores = await trainer.measure(split, counts?.seen)
    const network = counts?.confused().network
    return { scores, ...(network && { confusion: network }) }
  }

  const endEpoch = async (): Promise<void> => {
    const seconds = (performance.now() - epochBegan) / 1000
    const isLast = nextEpoch(plan, at).phase === plan.phases
    if (isLast) await solve()
    const { scores, confusion } = await measured(validation)
    const epoch: EpochDone = { epoch: at.epoch + 1, validation: scores, seconds, ...(confusion && { confusion }) }
    tell({ kind: 'epoch', epoch })
    at = nextEpoch(plan, at)
    epochBegan = performance.now()
    if (at.phase < plan.phases) return
    ;[done, running] = [true, false]
    tell({ kind: 'done', test: await trainer.measure(data.test) })
  }
  const solve = async (): Promise<void> => {
    const { readOut } = trainer
    if (!readOut) return
    const learned = await gathered(readOut.gather(readOut.training))
    const heldOut = readOut.lambdas.length > 1 ? await gathered(readOut.gather(validation)) : undefined
    await readOut.solve(learned!, heldOut)
  }

  const advance = async (most: number): Promise<void> => {
    if (done) return
    if (isEpochDone(plan, at)) return await endEpoch()
    const began = performance.now()
    const result = await trainer.next(at, { most })
    const broken = notFinite(result, blocks)
    if (broken) {
      running = false
      done = true
      tell({ kind: 'failed', message: `${broken}: try a smaller step size, or another preset.` })
      return
    }
    at = endOf(result.call)
    means.add(result.metrics)
    const now = (1000 * result.call.batches * batch) / (performance.now() - began)
    rate = rate === 0 ? now : 0.8 * rate + 0.2 * now
    progress()
    if (isEpochDone(plan, at)) await endEpoch()
  }

  const loop = async (): Promise<void> => {
    try {
      while (running) {
        await inTurn(() => advance(MOST))
        await breathe()
      }
    } catch (error) {
      running = false
      tell({ kind: 'failed', message: (error as Error).message })
    }
    progress(true)
  }

  const opened: Opened = {
    trainingSamples: trainer.trainingSamples,
    validationSamples: validation.count,
    batches: plan.batches,
    steps: stepsOf(plan),
    device: settings.options.device,
    standing: standing(),
  }

  const labelsOf = (target: ArrayLike<number>, count: number): string[] => {
    if (data.target.kind !== 'class') return []
    return Array.from({ length: count }, (_, i) => data.names[target[i]!] ?? '')
  }

  return {
    opened,
    run(): void {
      if (running || done) return
      running = true
      epochBegan = performance.now()
      void loop()
    },
    /** Tells what the held-out samples give as the network is now. */
    assess: (): Promise<void> =>
      inTurn(async () => {
        const { scores, confusion } = await measured(validation)
        const epoch = at.phase === plan.phases ? settings.options.epochs : at.epoch
        tell({ kind: 'epoch', epoch: { epoch, validation: scores, seconds: 0, ...(confusion && { confusion }) } })
      }),
    async pause(): Promise<Standing> {
      running = false
      return await inTurn(async () => standing())
    },
    async step(): Promise<Standing> {
      running = false
      return await inTurn(async () => {
        await advance(1)
        progress(true)
        return standing()
      })
    },
    async reset(): Promise<Standing> {
      running = false
      return await inTurn(async () => {
        await trainer.load(first)
        at = trainer.positionAt(0)
        done = false
        rate = 0
        means = meter()
        return standing()
      })
    },
    look: (): Promise<Look> =>
      inTurn(async () => {
        const state = await trainer.read()
        const filters = filtersOf(blocks, tensors, state, data.input)
        const step = globalStep(plan, at)
        // After the last step, the first batch once more, as the network sees it now.
        const place = at.phase === plan.phases || isEpochDone(plan, at) ? trainer.positionAt(0) : at
        const [watched, next] = [await trainer.watch(place), await trainer.batch(place)]
        const images = imagesOf(data.input, next.x)
        return {
          step,
          glances: glancesOf(watched),
          filters,
          ...(images && { batch: { ...images, labels: labelsOf(next.target ?? [], images.count) } }),
        }
      }),
    say: (drawing: Drawing): Promise<Said | undefined> =>
      inTurn(async () => {
        const seen = seenOf(drawing, data)
        if (!seen) return undefined
        const { levels } = data.input
        const inputs = levels ? Uint8Array.from(seen.pixels, (x) => Math.round(x * (levels - 1))) : seen.pixels
        const count = outputCount(data.target)
        const targets = new Uint8Array(data.target.kind === 'class' ? 1 : count)
        const parts: Record<string, number[]> = {}
        let scores: number[] = []
        await trainer.measure({ inputs, targets, count: 1 }, ({ block }, own) => {
          const values = Array.from(own.subarray(0, count))
          if (block === undefined) scores = values
          else parts[block] = values
        })
        const isProbable = rule.probabilities?.(settings.hyper) === true
        const probabilities = isProbable ? kindOf(data.target)?.probabilities?.(scores) : undefined
        return { seen, scores, parts, ...(probabilities && { probabilities }) }
      }),
    draw: (name: string): Promise<Drawn> =>
      inTurn(async () => {
        const checkpoint = trainer.checkpoint(at, await trainer.read())
        const shown = async (part: 'held-out' | 'test') => shownOf({ ...data, validation }, part)
        const [drawn] = await draw(rule, checkpoint, shown, platform, {
          names: [name],
          count: 12,
          seed: 0,
          where: 'the network',
        })
        const { images, shape, ...rest } = drawn!
        return { ...rest, shape: shape as Images['shape'], pixels: images }
      }),
    samples(count: number): Images & { readonly labels: readonly string[] } {
      const shape = imageShapeOf(data.input)
      if (!shape) return { count: 0, shape: [1, 1, 1], pixels: new Float32Array(), labels: [] }
      const split = validation.count > 0 ? validation : data.test
      const rows = Uint32Array.from({ length: Math.min(count, split.count) }, (_, i) => i)
      const pixels = new Float32Array(rows.length * shape[0] * shape[1] * shape[2])
      gatherInputs(data, split, rows, pixels)
      const targets = split.targets ? Array.from(rows, (row) => split.targets![row]!) : []
      return { count: rows.length, shape: shape as Images['shape'], pixels, labels: labelsOf(targets, rows.length) }
    },
    /** Its first weights, for a race. */
    lent: (): NamedTensor[] => lent(trainer.tensors, first),
    checkpoint: (): Promise<Uint8Array> =>
      inTurn(async () => encodeCheckpoint(trainer.checkpoint(at, await trainer.read()))),
    onnx: (): Promise<Uint8Array> =>
      inTurn(async () => exportModel(rule, trainer.task, settings.hyper, await trainer.read(), data).bytes),
    close: (): Promise<void> => trainer.close(),
  }
}

export type Learner = Awaited<ReturnType<typeof openLearner>>
