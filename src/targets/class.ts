import { accuracy, crossEntropy } from '../nn/losses.js'
import { best } from './best.js'
import { namedFigures } from './breakdown.js'
import { tallyConfusion } from './confusion.js'
import type { TargetKind } from './kind.js'

/** One of several classes. */
export const oneClass: TargetKind = {
  port: (batch) => ({ shape: [batch], dtype: 'int32' }),
  loss: crossEntropy,
  metrics: (scores, target) => ({ accuracy: accuracy(scores, target) }),
  gather: ({ targets }, rows) => Int32Array.from(rows, (row) => targets![row]!),
  groups: ({ targets }) => targets!,
  merit: { figure: 'accuracy', better: 'larger' },
  shares: ['accuracy'],
  tally({ names: { length } }) {
    let [right, all] = [0, 0]
    return {
      add(scores, targets, rows) {
        for (let row = 0; row < rows; row++) if (best(scores, row * length, length) === targets[row]) right++
        all += rows
      },
      figures: () => ({ accuracy: right / all }),
    }
  },
  breakdown({ names }) {
    const { length } = names
    const confusion = tallyConfusion(length)
    const samples = names.map(() => 0)
    return {
      add(scores, targets, rows) {
        confusion.add(scores, targets, rows)
        for (let row = 0; row < rows; row++) samples[targets[row]!]! += 1
      },
      breakdown() {
        const counts = names.map((_, k) => Array.from(confusion.counts.subarray(k * length, (k + 1) * length)))
        const each = names.map((name, k) => {
          const said = counts.reduce((sum, row) => sum + row[k]!, 0)
          return namedFigures(name, samples[k]!, said, counts[k]![k]!)
        })
        return { each, confusion: counts }
      },
    }
  },
  say(scores, { names }) {
    const label = best(scores, 0, names.length)
    return { label, className: names[label] ?? 'not a number' }
  },
  probabilities(scores) {
    const most = Math.max(...scores)
    const shares = scores.map((score) => Math.exp(score - most))
    const sum = shares.reduce((a, b) => a + b, 0)
    return shares.map((share) => share / sum)
  },
  scores: 'the larger the likelier',
  exported: ({ names }) => ({
    ...{ name: 'label', dtype: 'int64', shape: [], what: `the class: ${names.join(', ')}` },
    emit: (emitter) => emitter.raw('ArgMax', ['scores'], ['label'], { axis: 1, keepdims: 0 }),
  }),
}
