/** A process that trains the trials of a study, one after the other. The process that started it decides everything. */
import '../no-telemetry.node.js'
import type { DataSet } from '../data/index.js'
import { loadData } from '../data/own/own.node.js'
import { UserError } from '../errors.js'
import type { AnyRule } from '../rules/contract.js'
import { findRule } from '../rules/load.node.js'
import { compile } from '../runtime/compile.node.js'
import { int8IsExact } from '../runtime/doctor.node.js'
import type { StartEvent } from '../train/events.js'
import { asked as checked, fit } from '../train/options.js'
import { train } from '../train/train.js'
import { sampleJudge } from './judged.node.js'
import { flatFigures } from './objective.js'
import type { Tables } from './space.js'
import type { FromWorker, Opening, ToWorker } from './worker-protocol.js'

// Keys at the terminal and its end are told to all of its processes: when to end, the one that started this says.
for (const name of ['SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGTERM'] as const) process.on(name, () => undefined)
process.on('disconnect', () => process.exit())

const send = (message: FromWorker): void => void process.send!(message)

interface Opened {
  readonly rule: AnyRule
  readonly data: DataSet
  /** Figures of the samples that a trained network draws; none where nobody asks for them. */
  readonly judge?: ReturnType<typeof sampleJudge>
}

let opened: Opened | undefined
let answered: ((pruned: boolean) => void) | undefined

process.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'open':
      return void telling(open(message.opening))
    case 'trial':
      return void telling(trial(message.settings))
    default:
      answered?.(message.kind === 'prune')
  }
})

async function telling(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    const message =
      error instanceof UserError ? error.message : error instanceof Error ? String(error.stack) : String(error)
    send({ kind: 'failed', message })
  }
}

const platform = { compile, exactInt8: int8IsExact }

async function open({ rule: name, data: source, load, judging }: Opening): Promise<void> {
  const rule = await findRule(name)
  const data = await loadData(source, load)
  opened = { rule, data, ...(judging && { judge: sampleJudge(rule, data, judging, platform) }) }
  send({ kind: 'ready' })
}

/** Trains on what is not held out, and never reads the test samples. */
async function trial(settings: Tables): Promise<void> {
  const { rule, data, judge } = opened!
  const complete = fit(rule, data, checked(rule, { settings }))
  let checkpoint: Uint8Array | undefined
  const saveCheckpoint = async (bytes: Uint8Array): Promise<string> => {
    checkpoint = bytes
    return 'memory'
  }
  const place = judge ? { ...platform, saveCheckpoint } : platform
  let start: StartEvent | undefined
  let epochs = 0
  for await (const event of train({ rule, data, settings: complete, platform: place, test: false, advice: false })) {
    if (event.event === 'start') start = event
    if (event.event === 'epoch') {
      epochs++
      const answer = new Promise<boolean>((resolve) => {
        answered = resolve
      })
      const isLast = event.step === start!.steps
      send({ kind: 'report', epoch: epochs, isLast, figures: flatFigures(event.validation ?? {}) })
      if (await answer) {
        send({ kind: 'pruned' })
        return
      }
    }
    if (event.event === 'stopped' && event.reason === 'not-finite') send({ kind: 'diverged', message: event.message })
    if (event.event === 'done') {
      const { parameters, peakActivationBytes: activationBytes, stateBytes } = start!
      const costs = { seconds: event.seconds, parameters, activationBytes, stateBytes }
      const judged = judge && (await judge(checkpoint!, complete))
      send({ kind: 'done', figures: { ...flatFigures(event.validation ?? {}, costs), ...judged } })
    }
  }
}
