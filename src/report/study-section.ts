import { figure as number } from '../cli/output/numbers.js'
import { showFigure } from '../cli/train/table.js'
import type { Maker } from '../draw/plot.js'
import { type DrawnAxis, drawBars, drawHistory, drawParallel, drawSlice } from '../draw/study.js'
import { bestOf, countsOf } from '../tune/best.js'
import type { Distribution } from '../tune/distribution.js'
import type { Best } from '../tune/events.js'
import { importances, placeOf } from '../tune/importance.js'
import { valuesOf } from '../tune/space.js'
import { lastReport, losses, type Study, type Trial } from '../tune/study.js'
import { SIZE } from './learning.js'
import { figure, grid, type Markup, paragraph, type Section, table } from './page.js'

/** A trial with a value: of a pruned one the last that it reported. */
interface Valued {
  readonly trial: Trial
  readonly value: number
  readonly state: 'complete' | 'pruned'
}

/** A study: the values of its trials, which settings matter, parallel coordinates, and slices. */
export function studySection(maker: Maker, study: Study, path: string, id: string): Section {
  const { trials, directions } = study
  const valued = trials.flatMap((trial): Valued[] => {
    const value =
      trial.state === 'complete' ? trial.values?.[0] : trial.state === 'pruned' ? lastReport(trial)?.[1] : undefined
    return value === undefined || !Number.isFinite(value)
      ? []
      : [{ trial, value, state: trial.state as Valued['state'] }]
  })
  const counts = countsOf(study)
  const words = Object.entries(counts).flatMap(([state, n]) => (n > 0 ? [`${n} ${state}`] : []))
  const intro = `${study.name}: ${words.join(', ')}. The first objective is to be ${directions[0] === 'maximize' ? 'large' : 'small'}; it is a held-out figure, the test samples are not read.`
  const content: Markup[] = [paragraph(intro)]
  const best = bestOf(study, path)
  if (valued.length === 0)
    return { id, title: `Study ${study.name}`, content: [...content, paragraph('No trial has a value yet.')] }
  const isBetter = (a: number, b: number): boolean => losses([a], directions)[0]! < losses([b], directions)[0]!
  const drawn = valued.map(({ trial, value, state }) => ({ number: trial.number, value, state }))
  const parts = importances(trials, directions)
  const names = [...new Set(valued.flatMap(({ trial }) => Object.keys(trial.params)))]
  const axes = names.flatMap((name) => axisOf(name, valued))
  content.push(
    grid(
      ...(best ? [bestFigure(best)] : []),
      figure({
        title: 'History',
        text: 'The value of every trial; filled: complete, hollow: pruned, with its last value. The line is the best so far.',
        picture: drawHistory(
          maker,
          {
            name: `History: the best of ${valued.length} trials has ${best ? number(best.values[0]!) : 'none'}`,
            trials: drawn,
            isBetter,
          },
          SIZE,
        ),
        cells: {
          head: ['trial', 'state', 'value', 'settings'],
          rows: valued.map(({ trial, value, state }) => [
            ...[String(trial.number), state, number(value)],
            Object.entries(valuesOf(trial.params, trial.distributions))
              .map(([key, own]) => `${key}=${typeof own === 'number' ? Number(own.toPrecision(4)) : own}`)
              .join(' '),
          ]),
        },
      }),
      ...(parts.size > 0
        ? [
            figure({
              title: 'Importance',
              text: 'How much each setting decides whether a trial is among the best tenth (PED-ANOVA). With few trials this is a rough guess.',
              picture: drawBars(
                maker,
                {
                  name: `Importance: ${[...parts].map(([name, part]) => `${name} ${showFigure('accuracy', part)}`).join(', ')}`,
                  bars: [...parts].map(([name, part]) => ({ name, part })),
                },
                SIZE.width,
              ),
              cells: {
                head: ['setting', 'part'],
                rows: [...parts].map(([name, part]) => [name, showFigure('accuracy', part)]),
              },
            }),
          ]
        : []),
      ...(axes.length > 1
        ? [
            figure({
              title: 'Parallel coordinates',
              text: 'A line for each trial through its settings, from above; the better, the stronger. The best one has a colour of its own.',
              picture: drawParallel(
                maker,
                { name: `Parallel coordinates of ${names.join(', ')}`, axes, merits: meritsOf(valued, directions[0]!) },
                SIZE.width,
              ),
            }),
          ]
        : []),
      ...names.flatMap((name) => slice(maker, name, valued)),
    ),
  )
  return { id, title: `Study ${study.name}`, content }
}

/** The settings of the best trial. */
const bestFigure = ({ trial, values, params, config }: Best): Markup =>
  figure({
    title: `Best: trial ${trial}, ${number(values[0]!)}`,
    text: `onward train --config ${config} trains with these settings.`,
    picture: table(
      { head: ['setting', 'value'], rows: Object.entries(params).map(([name, value]) => [name, shown(value)]) },
      `The settings of trial ${trial}`,
    ),
  })

const shown = (value: unknown): string => String(typeof value === 'number' ? Number(value.toPrecision(4)) : value)

const distributionOf = (name: string, valued: readonly Valued[]): Distribution | undefined =>
  valued.find(({ trial }) => trial.distributions[name])?.trial.distributions[name]

function axisOf(name: string, valued: readonly Valued[]): DrawnAxis[] {
  const distribution = distributionOf(name, valued)
  if (!distribution) return []
  const last = distribution.kind === 'choice' ? Math.max(1, distribution.choices.length - 1) : 1
  const places = valued.map(({ trial }) =>
    trial.params[name] === undefined ? undefined : placeOf(distribution, trial.params[name]) / last,
  )
  const [low, high] =
    distribution.kind === 'choice'
      ? [distribution.choices[0]!, distribution.choices.at(-1)!]
      : [distribution.low, distribution.high]
  const text = (value: unknown): string =>
    typeof value === 'number' ? String(Number(value.toPrecision(3))) : String(value)
  return [{ name, places, low: text(low), high: text(high) }]
}

/** From 0, the worst, to 1, the best, by rank: single values far away would hide all others. */
function meritsOf(valued: readonly Valued[], direction: Study['directions'][number]): number[] {
  const order = [...valued.keys()].sort(
    (a, b) => losses([valued[b]!.value], [direction])[0]! - losses([valued[a]!.value], [direction])[0]!,
  )
  const merits = new Array<number>(valued.length)
  for (const [rank, i] of order.entries()) merits[i] = order.length === 1 ? 1 : rank / (order.length - 1)
  return merits
}

function slice(maker: Maker, name: string, valued: readonly Valued[]): Markup[] {
  const distribution = distributionOf(name, valued)
  if (!distribution) return []
  const points = valued.flatMap(({ trial, value, state }) => {
    const own = trial.params[name]
    if (own === undefined) return []
    const x = distribution.kind === 'choice' ? String(distribution.choices[own]) : own
    return [{ x, y: value, isComplete: state === 'complete' }]
  })
  const log = distribution.kind !== 'choice' && distribution.log
  return [
    figure({
      title: `Slice: ${name}`,
      picture: drawSlice(
        maker,
        { name: `The value of ${points.length} trials over ${name}`, points, log, across: name },
        { ...SIZE, height: 200 },
      ),
    }),
  ]
}
