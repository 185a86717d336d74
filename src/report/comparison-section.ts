import { pValue } from '../cli/compare/table.js'
import { bytes, count, duration } from '../cli/output/numbers.js'
import { showFigure } from '../cli/train/table.js'
import { certificateWord } from '../compare/result.js'
import type { Summary } from '../compare/statistics/paired.js'
import { drawIntervals } from '../draw/intervals.js'
import type { Maker } from '../draw/plot.js'
import { element, escaped } from '../draw/svg.js'
import type { KeptResult } from '../kept/comparison.node.js'
import { SHARES } from '../targets/index.js'
import { historyOf } from '../train/history.node.js'
import { comparedCurves, SIZE } from './learning.js'
import { figure, grid, type Markup, paragraph, type Section, table } from './page.js'
import { certificateOf } from './run-section.js'

/** A comparison: means with intervals, paired differences, curves of all runs, what arms take, and their certificates. */
export function comparisonSections(maker: Maker, result: KeptResult, id: string): Section[] {
  const { arms, criterion, reference, seeds, kept } = result
  const shares = SHARES.includes(criterion.figure)
  const say = (value: number | undefined): string => (value === undefined ? '–' : showFigure(criterion.figure, value))
  const interval = (own: Summary | undefined): string => (own?.interval ? own.interval.map(say).join(' to ') : '–')
  const rows = arms.flatMap(({ arm, figure: own, runs }, colour) =>
    own
      ? [
          {
            name: arm,
            mean: own.mean,
            values: runs.flatMap(({ value }) => (value === undefined ? [] : [value])),
            colour,
            ...(own.interval && { interval: own.interval }),
          },
        ]
      : [],
  )
  const values = arms.map(({ runs }) => runs.map(({ value }) => value))
  const place = arms.findIndex(({ arm }) => arm === reference)
  const paired = arms.flatMap(({ arm, difference }, i) => {
    if (!difference) return []
    const single = values[i]!.flatMap((value, k) => {
      const other = values[place]![k]
      return value === undefined || other === undefined ? [] : [value - other]
    })
    return [
      {
        name: arm,
        mean: difference.mean,
        values: single,
        colour: i,
        ...(difference.interval && { interval: difference.interval }),
      },
    ]
  })
  const title = `Test ${criterion.figure}`
  const many = `${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}`
  const runs = arms.flatMap(({ arm, runs: own }, colour) =>
    own.map(({ path }) => ({ label: arm, events: historyOf(path), criterion, colour })),
  )
  const weights =
    kept.weights === 'shared'
      ? 'First weights are shared where names and shapes are equal.'
      : 'Each arm has its own first weights.'
  return [
    {
      id,
      title: `${arms.length} arms on ${kept.data.data}, ${many}`,
      content: [
        paragraph(`A ${criterion.better} ${criterion.figure} is better. ${weights}`),
        grid(
          figure({
            title,
            text: `Mean and 95 % interval over ${many}; the ticks are single runs.`,
            picture: drawIntervals(
              maker,
              { name: `${title}: ${rows.map((row) => `${row.name} ${say(row.mean)}`).join(', ')}`, rows, shares },
              SIZE.width,
            ),
            cells: {
              head: ['arm', 'mean', 'deviation', '95 % interval', 'seeds'],
              rows: arms.map(({ arm, figure: own }) => [
                arm,
                say(own?.mean),
                say(own?.deviation),
                interval(own),
                String(own?.count ?? 0),
              ]),
            },
          }),
          ...(paired.length > 0
            ? [
                figure({
                  title: `Difference to ${reference}`,
                  text: 'Seed by seed, with the 95 % interval of its mean: one that does not reach 0 is real at the level of 5 %.',
                  picture: drawIntervals(
                    maker,
                    {
                      name: `Difference to ${reference}: ${paired.map((row) => `${row.name} ${say(row.mean)}`).join(', ')}`,
                      rows: paired,
                      shares,
                      zero: true,
                    },
                    SIZE.width,
                  ),
                  cells: {
                    head: ['arm', 'difference', '95 % interval', 'p', 'p (Holm)', 'd_z'],
                    rows: arms.flatMap(({ arm, difference: own }) =>
                      own
                        ? [
                            [
                              arm,
                              say(own.mean),
                              interval(own),
                              pValue(own.p),
                              pValue(own.pHolm),
                              own.effect?.toFixed(2) ?? '',
                            ],
                          ]
                        : [],
                    ),
                  },
                }),
              ]
            : []),
          ...comparedCurves(maker, runs),
        ),
        element('h3', {}, 'What it takes'),
        table(
          {
            head: ['arm', 'time', 'samples/s', 'activations', 'weights and optimiser', 'parameters', 'certificate'],
            rows: arms.map(({ arm, runs: own }) => {
              const [{ start }] = own as [(typeof own)[0]]
              return [
                ...[
                  arm,
                  duration(mean(own.map(({ seconds }) => seconds))),
                  count(mean(own.map(({ samplesPerSecond }) => samplesPerSecond))),
                ],
                ...[
                  bytes(start.peakActivationBytes),
                  bytes(start.stateBytes),
                  count(start.parameters),
                  certificateWord(start.certificate),
                ],
              ]
            }),
          },
          'What it takes',
        ),
        ...(runs.length === 0 ? [] : blown(result)),
      ],
    },
    {
      id: `${id}-certificates`,
      title: 'Certificates',
      content: arms.flatMap(({ arm, runs: [first] }) => [
        element('h3', {}, escaped(arm)),
        certificateOf(first!.start.certificate),
      ]),
    },
  ]
}

const blown = ({ arms }: KeptResult): Markup[] =>
  arms.flatMap(({ arm, runs }) =>
    runs.flatMap(({ seed, diverged }) =>
      diverged === undefined ? [] : [paragraph(`${arm}, seed ${seed}, is not in its figures: ${diverged}.`, 'note')],
    ),
  )

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0) / numbers.length
