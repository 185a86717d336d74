import { ALPHAS, ARMS, type Arm, DATA, RULES } from './arms.js'
import { type FaultsMade, faultsId } from './faults.js'
import { type Made, readRecord } from './records.js'

const MISSING = 'missing'

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const head = (cells: readonly string[]): string[] => [row(cells), row(cells.map(() => '---'))]
const mib = (bytes: number | undefined): string => (bytes === undefined ? '' : (bytes / 2 ** 20).toFixed(2))
const percent = (share: number): string => (100 * share).toFixed(2)

const rulesOn = (data: string): string[] =>
  Object.keys(RULES).filter((rule) => ARMS.some((arm) => !arm.bytesOnly && arm.data === data && arm.rule === rule))

function accuracies(): string[] {
  const cell = (data: string, rule: string, alpha: string): string => {
    const arm = ARMS.find((one) => !one.bytesOnly && one.data === data && one.rule === rule && one.alpha === alpha)
    if (!arm) return ''
    const accuracy = readRecord<Made>(arm.id)?.accuracy
    return accuracy === undefined ? MISSING : percent(accuracy)
  }
  return [
    'Test accuracy in per cent:',
    '',
    ...head(['data', 'rule', ...ALPHAS.map((alpha) => (Number(alpha) > 0 ? `alpha ${alpha}` : alpha))]),
    ...Object.keys(DATA).flatMap((data) =>
      rulesOn(data).map((rule) => row([data, rule, ...ALPHAS.map((alpha) => cell(data, rule, alpha))])),
    ),
  ]
}

function bytes(): string[] {
  const cells = (arm: Arm): string[] => {
    const made = readRecord<Made>(arm.id)
    return made ? [mib(made.bytesUp), mib(made.bytesDown), mib(made.readOutUp)] : [MISSING, MISSING, '']
  }
  return [
    'MiB of all clients together in a round, and in the round of a solved read-out:',
    '',
    ...head(['data', 'rule', 'what travels', 'up', 'down', 'read-out, up']),
    ...ARMS.filter(({ bytesOnly }) => bytesOnly).map((arm) => row([arm.data, arm.rule, arm.travel, ...cells(arm)])),
  ]
}

function rangeOf(numbers: readonly number[]): string {
  const [least, most] = [Math.min(...numbers), Math.max(...numbers)]
  return least === most ? `${most}` : `${least} to ${most}`
}

function faults(): string[] {
  const rows = Object.keys(RULES).flatMap((rule) => {
    if (RULES[rule]!.only) return []
    const made = readRecord<FaultsMade>(faultsId('mnist', rule))
    if (!made) return row(['mnist', rule, ...Array.from({ length: 8 }, () => MISSING)])
    const { without, withFaults, rounds } = made
    const longer = (of: 'seconds' | 'secondsARound'): string => (withFaults[of] / without[of]).toFixed(1)
    return row([
      ...['mnist', rule, percent(without.accuracy!), percent(withFaults.accuracy!)],
      ...[longer('secondsARound'), longer('seconds')],
      ...[`${withFaults.withSlow} of ${rounds}`, `${withFaults.withLost} of ${rounds}`],
      ...[without, withFaults].map(({ answers }) => rangeOf(answers)),
    ])
  })
  return [
    'One client that takes four times as long, and one that never answers from the third round on:',
    '',
    ...head([
      ...['data', 'rule', 'test accuracy without, %', 'with, %'],
      ...['a round with a model takes, times as long', 'the whole training'],
      ...['rounds that the slow one was in', 'the lost one', 'answers in a round without', 'with'],
    ]),
    ...rows,
  ]
}

/** All tables, from the records; what was not run shows as missing. */
export const tables = (): string[] => [...accuracies(), '', ...bytes(), '', ...faults()]
