import { binaryCrossEntropy } from '../nn/losses.js'
import { namedFigures } from './breakdown.js'
import type { TargetKind } from './kind.js'

/** Any number of labels. Scores are logits: a label is said where its logistic function is above 1/2. */
export const severalLabels: TargetKind = {
  port: (batch, count) => ({ shape: [batch, count], dtype: 'float32' }),
  loss: (scores, target) => binaryCrossEntropy(scores, target).sum(-1),
  metrics(scores, target) {
    const right = scores.greater(0).cast('float32').equal(target).cast('float32')
    return {
      exact: right
        .sum(-1)
        .greater(scores.shape[1]! - 0.5)
        .cast('float32')
        .mean(),
    }
  },
  gather({ targets, count }, rows, { names }) {
    const out = new Float32Array(rows.length * names.length)
    const size = targets!.length / count
    for (let row = 0; row < rows.length; row++)
      out.set(targets!.subarray(rows[row]! * size, (rows[row]! + 1) * size), row * size)
    return out
  },
  /** Samples with the same labels are one group. */
  groups({ targets, count }, labels) {
    const known = new Map<string, number>()
    return Int32Array.from({ length: count }, (_, row) => {
      const own = targets!.subarray(row * labels, (row + 1) * labels).join()
      if (!known.has(own)) known.set(own, known.size)
      return known.get(own)!
    })
  },
  merit: { figure: 'f1', better: 'larger' },
  shares: ['exact', 'f1'],
  tally({ names: { length } }) {
    let [exact, all] = [0, 0]
    // Of single labels: those said and true, and those said or true, which counts the former twice.
    let [hits, claims] = [0, 0]
    return {
      add(scores, targets, rows) {
        for (let row = 0; row < rows; row++) {
          let wrong = 0
          for (let i = row * length; i < (row + 1) * length; i++) {
            const [said, wanted] = [scores[i]! > 0, targets[i]! > 0.5]
            if (said !== wanted || Number.isNaN(scores[i])) wrong++
            hits += Number(said && wanted)
            claims += Number(said) + Number(wanted)
          }
          if (wrong === 0) exact++
        }
        all += rows
      },
      figures: () => ({ exact: exact / all, f1: claims === 0 ? 1 : (2 * hits) / claims }),
    }
  },
  breakdown({ names }) {
    const sums = names.map(() => ({ samples: 0, said: 0, hits: 0 }))
    return {
      add(scores, targets, rows) {
        for (let i = 0; i < rows * names.length; i++) {
          const [own, said, wanted] = [sums[i % names.length]!, scores[i]! > 0, targets[i]! > 0.5]
          own.samples += Number(wanted)
          own.said += Number(said)
          own.hits += Number(said && wanted)
        }
      },
      breakdown: () => ({
        each: sums.map(({ samples, said, hits }, k) => namedFigures(names[k]!, samples, said, hits)),
      }),
    }
  },
  say: (scores, { names }) => ({ labels: names.filter((_, k) => scores[k]! > 0) }),
  probabilities: (scores) => scores.map((score) => 1 / (1 + Math.exp(-score))),
  scores: 'logits of each label',
  exported: ({ names }) => ({
    ...{ name: 'labels', dtype: 'bool', shape: [names.length], what: `whether it has each label: ${names.join(', ')}` },
    emit(emitter) {
      emitter.raw('Sigmoid', ['scores'], ['label.probabilities'])
      emitter.raw('Greater', ['label.probabilities', emitter.scalar(0.5)], ['labels'])
    },
  }),
}
