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
import { flatFigures } from './objective.js'
import type { Tables } from './space.js'
import type { FromWorker, Opening, ToWorker } from './worker-protocol.js'

// Keys at the terminal and its end are told to all of its processes: when to end, the one that started this says.
for (const name of ['SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGTERM'] as const) process.on(name, () => undefined)
process.on('disconnect', () => process.exit())

const send = (message: FromWorker): void => void process.send!(message)

let opened: { readonly rule: AnyRule; readonly data: DataSet } | undefined
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

async function open({ rule, data, load }: Opening): Promise<void> {
  opened = { rule: await findRule(rule), data: await loadData(data, load) }
  send({ kind: 'ready' })
}

/** Trains on what is not held out, and never reads the test samples. */
async function trial(settings: Tables): Promise<void> {
  const { rule, data } = opened!
  const complete = fit(rule, data, checked(rule, { settings }))
  const platform = { compile, exactInt8: int8IsExact }
  let start: StartEvent | undefined
  let epochs = 0
  for await (const event of train({ rule, data, settings: complete, platform, test: false })) {
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
      send({ kind: 'done', figures: flatFigures(event.validation ?? {}, costs) })
    }
  }
}
