import type { DoneEvent, EpochEvent, ProgressEvent } from '../../src/train/events.js'
import type { Assessed, EpochDone, Progress } from './session/protocol.js'
import { type Course, epochThrough } from './state/epochs.js'
import { type History, historyOf } from './state/history.js'

/** Milliseconds between two times that figures are shown anew. */
const SHOW_EVERY = 100

/** What a training has told of itself, as the page shows it; `shown` is called when figures are shown anew. */
export function openFigures(shown: () => void) {
  let progress = $state.raw<Progress | undefined>()
  let history = $state.raw<History>(historyOf())
  let epochs = $state.raw<readonly EpochDone[]>([])
  let test = $state.raw<Record<string, number> | undefined>()
  /** What came and is not shown yet, and the timer that shows it. */
  let coming: { readonly progress: Progress; readonly history: History } | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function show(): void {
    clearTimeout(timer)
    timer = undefined
    if (!coming) return
    ;({ progress, history } = coming)
    coming = undefined
    shown()
  }

  return {
    get progress() {
      return progress
    },
    get history() {
      return history
    },
    get epochs() {
      return epochs
    },
    get test() {
      return test
    },
    show,
    /** Steps may be quick: their figures are shown together, a few times a second. */
    stepped(event: ProgressEvent, course: Course): void {
      const { step, rowsPerSecond, metrics } = event
      const { progress: last = progress, history: past = history } = coming ?? {}
      const isEmpty = !metrics.network && !metrics.blocks
      const figures = isEmpty ? (last?.metrics ?? {}) : metrics
      coming = {
        progress: { step, epoch: epochThrough(course, event) - 1, rate: rowsPerSecond, metrics: figures },
        history: past.with({ step, metrics }),
      }
      timer ??= setTimeout(show, SHOW_EVERY)
    },
    epochEnded(event: EpochEvent, course: Course, { confusion, ...assessed }: Assessed): void {
      const [epoch, validation] = [epochThrough(course, event), event.validation ?? assessed.validation]
      epochs = [...epochs, { epoch, validation, ...(confusion && { confusion }) }]
    },
    done(event: DoneEvent): void {
      show()
      test = event.test.network
      const last = epochs.at(-1)
      // What is solved after the last epoch is measured only now.
      if (last && event.validation) epochs = [...epochs.slice(0, -1), { ...last, validation: event.validation }]
    },
    /** Where a training that goes on stands. */
    standsAt({ step, epoch, validation, confusion }: Assessed): void {
      coming = undefined
      progress = { step, epoch, rate: 0, metrics: {} }
      const before = epochs.filter((own) => own.epoch < epoch)
      epochs = epoch === 0 ? [] : [...before, { epoch, validation, ...(confusion && { confusion }) }]
    },
    forget(): void {
      coming = undefined
      ;[progress, test] = [undefined, undefined]
      history = historyOf()
      epochs = []
    },
    /** Before the first step. */
    begins(): void {
      this.forget()
      progress = { step: 0, epoch: 0, rate: 0, metrics: {} }
    },
  }
}
