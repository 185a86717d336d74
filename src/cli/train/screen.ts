import { count, duration } from '../output/numbers.js'
import { clip, type Style } from '../output/style.js'
import { renderTable } from './table.js'
import type { View } from './view.js'

/** The live display of a run, as lines of at most `width` places and at most `height` lines. */
export function renderScreen(view: View, style: Style, width: number, height: number): string[] {
  const { start, progress, epoch } = view
  if (!start) return []
  const now = progress?.epoch ?? epoch?.epoch
  const facts = [now === undefined ? 'starting' : `epoch ${now} of ${start.epochs}`, ...happening(view)]
  const learning = progress?.learns
  const table = renderTable(view.told, {
    blocks: start.certificate.layers.map(({ name }) => name),
    label: (row) => (row === learning ? `${row} (learns now)` : row),
    width,
    cell: CELL,
  })
  const lines = [
    style.bold(`${start.rule} on ${start.data}`),
    facts.join('  '),
    ...table.map((line, i) => (i === 0 ? style.dim(line) : line)),
  ]
  const kept = lines.length <= height ? lines : [...lines.slice(0, height - 1), style.dim('...')]
  return kept.map((line) => clip(line, width))
}

/** How far the training is, or what is done instead of training; numbers are padded, so that nothing jumps. */
function happening({ progress, measuring }: View): string[] {
  if (measuring) {
    const { what, done, of } = measuring
    return [bar(done / of, 24), `measuring ${count(done)} of ${count(of)} ${what} samples`]
  }
  const done = progress?.progress ?? 0
  const whole = [bar(done, 24), `${Math.floor(done * 100)} %`.padStart(5)]
  if (!progress) return whole
  const { between, rowsPerSecond, secondsLeft } = progress
  const work = between
    ? `before it: ${between.step} ${count(between.done)} of ${count(between.of)}`
    : `${count(rowsPerSecond).padStart(7)} samples/s`
  return [...whole, work, `${duration(secondsLeft).padStart(9)} left`]
}

/** No figure is wider than this while a run is shown: the columns stay where they are. */
const CELL = 9

function bar(part: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, part)) * width)
  return '━'.repeat(full) + '─'.repeat(width - full)
}
