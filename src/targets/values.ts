import { restored, standardised } from '../data/index.js'
import { squaredError } from '../nn/losses.js'
import type { TargetKind } from './kind.js'

/** Real numbers. Networks learn and say them standardised; figures and predictions are in their own units. */
export const realValues: TargetKind = {
  port: (batch, count) => ({ shape: [batch, count], dtype: 'float32' }),
  loss: squaredError,
  metrics: () => ({}),
  gather({ targets }, rows, { names: { length }, targetScale }) {
    return Float32Array.from({ length: rows.length * length }, (_, i) => {
      const k = i % length
      return standardised(targets![rows[(i - k) / length]! * length + k]!, targetScale!, k)
    })
  },
  groups: ({ count }) => new Uint8Array(count),
  merit: { figure: 'r2', better: 'larger' },
  shares: [],
  /**
   * Of each value the root of the mean squared error, `rmse`, and R2, the part of its variance among these samples that
   * is explained: `r2` is the mean over the values that vary there at all, 0 where none does.
   */
  tally({ names, targetScale }) {
    const { length } = names
    const sums = names.map(() => ({ error: 0, value: 0, square: 0 }))
    let all = 0
    return {
      add(scores, targets, rows) {
        for (let i = 0; i < rows * length; i++) {
          const own = sums[i % length]!
          own.error += (scores[i]! - targets[i]!) ** 2
          own.value += targets[i]!
          own.square += targets[i]! ** 2
        }
        all += rows
      },
      figures() {
        const parts = sums.flatMap(({ error, value, square }) => {
          const variation = square - value ** 2 / all
          return variation > 1e-9 * all ? [1 - error / variation] : []
        })
        const rmse = sums.map(({ error }, k): [string, number] => [
          length === 1 ? 'rmse' : `rmse of ${names[k]}`,
          Math.sqrt(error / all) * targetScale!.deviation[k]!,
        ])
        return {
          r2: parts.length === 0 ? 0 : parts.reduce((a, b) => a + b) / parts.length,
          ...Object.fromEntries(rmse),
        }
      },
    }
  },
  say: (scores, { names, targetScale }) => ({
    values: Object.fromEntries(names.map((name, k) => [name, restored(scores[k]!, targetScale!, k)])),
  }),
  scores: 'standardised values',
  exported: ({ names, targetScale }) => ({
    ...{ name: 'values', dtype: 'float32', shape: [names.length], what: `in their own units: ${names.join(', ')}` },
    emit(emitter) {
      emitter.raw(
        'Mul',
        ['scores', emitter.initializer({ data: targetScale!.deviation, shape: [names.length], dtype: 'float32' })],
        ['values.scaled'],
      )
      emitter.raw(
        'Add',
        ['values.scaled', emitter.initializer({ data: targetScale!.mean, shape: [names.length], dtype: 'float32' })],
        ['values'],
      )
    },
  }),
}
