import { write } from './journal.js'
import type { StudyFile } from './journal.node.js'
import { isCost, valuesOfObjectives } from './objective.js'
import type { TunePlan } from './plan.js'
import type { Told } from './pool.node.js'
import type { Pruner } from './pruners.js'
import { lastReport } from './study.js'

/** What follows from what a trial told. */
export interface Verdict {
  /** To its report. */
  readonly answer?: 'goOn' | 'prune'
  readonly report?: { readonly epoch: number; readonly value: number }
  /** It has ended. */
  readonly state?: 'complete' | 'pruned' | 'failed'
  /** Why it failed. */
  readonly message?: string
}

/** Writes down what a trial told, and says what follows. Throws a UsageError where an objective is no figure. */
export function take(file: StudyFile, plan: TunePlan, pruner: Pruner, trial: number, told: Told): Verdict {
  switch (told.kind) {
    case 'report':
      return report(file, plan, pruner, trial, told)
    case 'done':
      return done(file, plan, trial, told.figures)
    case 'pruned': {
      const last = lastReport(file.study()!.trials[trial]!)
      file.add(write.state(trial, 'pruned', last && [last[1]]))
      return { state: 'pruned' }
    }
    case 'diverged':
      return fail(file, trial, 'diverged', told.message)
    case 'failed':
    case 'gone':
      return fail(file, trial, 'failure', told.message)
    case 'ready':
      return {}
  }
}

function report(
  file: StudyFile,
  { objectives }: TunePlan,
  pruner: Pruner,
  trial: number,
  { epoch, isLast, figures }: Told & { readonly kind: 'report' },
): Verdict {
  const [first] = objectives
  const value = isCost(first!) ? undefined : figures[first!.key]
  // A layer that learns before the others says nothing yet of the network.
  if (value === undefined || !Number.isFinite(value)) return { answer: 'goOn' }
  file.add(write.report(trial, epoch, value))
  const study = file.study()!
  const isPruned = !isLast && pruner.shouldPrune(study, study.trials[trial]!)
  return { answer: isPruned ? 'prune' : 'goOn', report: { epoch, value } }
}

function done(
  file: StudyFile,
  { objectives }: TunePlan,
  trial: number,
  figures: Readonly<Record<string, number>>,
): Verdict {
  const values = valuesOfObjectives(objectives, figures)
  const broken = objectives.find((_, i) => !Number.isFinite(values[i]))
  if (broken) return fail(file, trial, 'diverged', `its ${broken.key} is no finite number`)
  file.add(write.note(trial, 'figures', figures), write.state(trial, 'complete', values))
  return { state: 'complete' }
}

/** Ends a trial that failed. `diverged`: where not to look again; `failure`: of which nothing is known. */
export function fail(file: StudyFile, trial: number, how: 'diverged' | 'failure', message: string): Verdict {
  file.add(write.note(trial, how, message), write.state(trial, 'failed'))
  return { state: 'failed', message }
}
