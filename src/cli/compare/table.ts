import type { ArmResult, Comparison } from '../../compare/result.js'
import type { Summary } from '../../compare/statistics/paired.js'
import { SHARES } from '../../targets/index.js'
import { bytes, count, duration, figure } from '../output/numbers.js'

/** Words in rows under a heading; what an arm does not have is empty. */
export interface Table {
  readonly title: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** How the numbers of a figure are written: shares in per cent. */
function writer({ criterion }: Comparison): { unit: string; write: (value: number | undefined) => string } {
  const isShare = SHARES.includes(criterion.figure)
  return {
    unit: isShare ? ' (%)' : '',
    write: (value) => (value === undefined ? '' : isShare ? (100 * value).toFixed(2) : figure(value)),
  }
}

const range = ({ interval }: Summary, write: (value: number) => string): string =>
  interval ? `${write(interval[0])} to ${write(interval[1])}` : ''

/** A p-value as the field writes it: three decimals, or that it is smaller. */
export const pValue = (p: number | undefined): string => (p === undefined ? '' : p < 0.001 ? '< 0.001' : p.toFixed(3))

/** The test figures, the differences to the reference, and what each arm takes. */
export function tablesOf(comparison: Comparison): Table[] {
  const { arms, criterion, reference, seeds, data } = comparison
  const { unit, write } = writer(comparison)
  const compared = arms.filter(({ arm }) => arm !== reference)
  const seedWord = `${seeds.length} ${seeds.length === 1 ? 'seed' : 'seeds'}`
  return [
    {
      title: `Test ${criterion.figure}${unit} on ${data}, ${seedWord}; ${criterion.better} is better`,
      head: ['arm', 'mean', 'deviation', '95 % interval', 'seeds'],
      rows: arms.map(({ arm, figure: own }) => [
        arm,
        write(own?.mean),
        write(own?.deviation),
        own ? range(own, write) : '',
        `${own?.count ?? 0}`,
      ]),
    },
    {
      title: `Difference to ${reference}${unit}, seed by seed: paired t test`,
      head: ['arm', 'difference', '95 % interval', 'p', 'p (Holm)', 'd_z', 'seeds needed'],
      rows: compared.map(({ arm, difference: own }) => [
        arm,
        write(own?.mean),
        own ? range(own, write) : '',
        pValue(own?.p),
        pValue(own?.pHolm),
        own?.effect === undefined ? '' : own.effect.toFixed(2),
        needed(own),
      ]),
    },
    {
      title: 'What it takes',
      head: ['arm', 'time', 'images/s', 'activations', 'weights+optimiser', 'parameters', 'MFLOP/image', 'certificate'],
      rows: arms.map((own) => [
        own.arm,
        duration(own.seconds),
        count(own.samplesPerSecond),
        bytes(own.peakActivationBytes),
        bytes(own.stateBytes),
        count(own.parameters),
        (own.flopPerSample / 1e6).toPrecision(3),
        own.certificate,
      ]),
    },
  ].filter(({ rows }) => rows.length > 0)
}

function needed(own: ArmResult['difference']): string {
  if (own?.effect === undefined) return ''
  return own.seedsNeeded === undefined ? '> 10,000' : count(own.seedsNeeded)
}

/** What the columns mean, for whoever reads the table. */
export const LEGEND: readonly string[] = [
  'p: of the two-sided paired t test; Holm: corrected for the number of arms.',
  'd_z: the mean difference in deviations of the differences (Cohen). Seeds needed: with so many, a difference of this size would be found at the level of 5 % with a power of 80 %.',
  'Time: of the steps alone, a run on average. Memory: of one step, from its graph, at its peak. FLOP: of the products and convolutions of a training step.',
]
