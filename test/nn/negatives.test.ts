import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as ort from 'onnxruntime-node'
import { constant, input } from '../../src/graph/index.js'
import { hardWrongLabel, likeliestWrongLabel, uniformWrongLabel } from '../../src/nn/index.js'
import { lowerStep } from '../../src/onnx/index.js'
import { stream } from '../../src/random/stream.js'
import { numbers, uniforms, whole } from './evaluate.js'

/** The smallest and the largest uniform that there is, and one in the middle. */
const EDGES = [0, 0.5, 1 - 2 ** -24]

const repeated = (values: readonly number[], times: number): number[] => values.flatMap((v) => new Array(times).fill(v))
const labelsUpTo = (classes: number): number[] => Array.from({ length: classes }, (_, i) => i)

/** Every draw is one of the classes, and not the true one. */
function assertWrong(drawn: ArrayLike<number>, labels: readonly number[], classes: number): void {
  for (const [i, label] of labels.entries()) {
    const own = drawn[i]!
    assert.ok(Number.isInteger(own) && own >= 0 && own < classes, `${own} is none of ${classes} classes`)
    assert.notEqual(own, label, `drew the true label ${label}`)
  }
}

/** The chi-square statistic against expected shares, at most its mean plus five standard deviations. */
function assertShares(counts: readonly number[], shares: readonly number[]): void {
  const total = counts.reduce((a, b) => a + b)
  const chi = counts.reduce((sum, count, i) => sum + (count - shares[i]! * total) ** 2 / (shares[i]! * total), 0)
  const freedom = counts.length - 1
  assert.ok(chi < freedom + 5 * Math.sqrt(2 * freedom), `chi-square ${chi} with ${freedom} degrees of freedom`)
}

describe('uniform wrong labels', () => {
  test('are never the true one: all labels, 2 to 20 classes, uniforms at both ends', () => {
    for (let classes = 2; classes <= 20; classes++) {
      const labels = repeated(labelsUpTo(classes), EDGES.length)
      const u = constant(labels.map((_, i) => EDGES[i % EDGES.length]!))
      assertWrong(numbers(uniformWrongLabel(whole(...labels), classes, u)), labels, classes)
    }
  })

  test('come each with chance 1 / (K - 1)', () => {
    const classes = 7
    const draws = 4000
    const drawn = numbers(
      uniformWrongLabel(whole(...repeated([0, 3, 6], draws)), classes, uniforms('wrong', 3 * draws)),
    )
    for (const [row, label] of [0, 3, 6].entries()) {
      const own = drawn.slice(row * draws, (row + 1) * draws)
      const wrong = labelsUpTo(classes).filter((k) => k !== label)
      const counts = wrong.map((k) => own.filter((d) => d === k).length)
      assert.equal(
        counts.reduce((a, b) => a + b),
        draws,
      )
      assertShares(
        counts,
        wrong.map(() => 1 / 6),
      )
    }
  })

  test('reach the first and the last wrong label at the ends', () => {
    const u = constant([0, 1 - 2 ** -24, 0, 1 - 2 ** -24])
    assert.deepEqual(numbers(uniformWrongLabel(whole(0, 0, 9, 9), 10, u)), [1, 9, 0, 8])
  })
})

describe('hard wrong labels', () => {
  test('are never the true one, whatever the scores', () => {
    const classes = 4
    const scores = [
      [0, 0, 0, 0],
      [1e9, 1e9, 1e9, 1e9],
      [5, -5, 1e30, -1e30],
      [Infinity, Infinity, 0, 0],
      [-Infinity, -Infinity, -Infinity, -Infinity],
      [NaN, NaN, NaN, NaN],
      [0, NaN, 1, 2],
    ]
    const rows = scores.flatMap((row) => labelsUpTo(classes).flatMap((label) => EDGES.map((u) => ({ row, label, u }))))
    const labels = rows.map(({ label }) => label)
    const drawn = hardWrongLabel(
      constant(
        rows.flatMap(({ row }) => row),
        [rows.length, classes],
      ),
      whole(...labels),
      constant(
        rows.flatMap(({ u, label }) => labelsUpTo(classes).map((k) => (k === label ? 1 - 2 ** -24 : u))),
        [rows.length, classes],
      ),
    )
    assertWrong(numbers(drawn), labels, classes)
  })

  test('follow the softmax of the scores without the true label, at two temperatures', () => {
    const draws = 6000
    const scores = [1.5, 0.2, -0.7, 1, -0.3]
    for (const [label, temperature] of [
      [1, 1],
      [0, 2],
      [4, 0.5],
    ] as const) {
      const drawn = numbers(
        hardWrongLabel(
          constant(scores).broadcastTo([draws, 5]),
          whole(...repeated([label], draws)),
          uniforms(`hard ${label}`, draws, 5),
          temperature,
        ),
      )
      const wrong = labelsUpTo(5).filter((k) => k !== label)
      const powers = wrong.map((k) => Math.exp(scores[k]! / temperature))
      const sum = powers.reduce((a, b) => a + b)
      assertShares(
        wrong.map((k) => drawn.filter((d) => d === k).length),
        powers.map((p) => p / sum),
      )
    }
  })
})

describe('likeliest wrong labels', () => {
  const drawn = (scores: readonly number[][], labels: readonly number[], u: readonly number[]): number[] => {
    const [rows, classes] = [scores.length, scores[0]!.length]
    return numbers(
      likeliestWrongLabel(constant(scores.flat(), [rows, classes]), whole(...labels), constant(u, [rows, classes - 1])),
    )
  }

  test('have the largest score of the wrong ones, and never the true one, whatever the scores', () => {
    const rows: [row: number[], label: number, wanted?: number][] = [
      [[5, 1, 3, 2], 0, 2],
      [[5, 1, 3, 2], 2, 0],
      [[-5, -1, -3, -2], 1, 3],
      [[0, 0, 0, 1e30], 3],
      [[Infinity, 0, 0, Infinity], 3, 0],
      [[NaN, NaN, NaN, NaN], 0],
      [[NaN, NaN, NaN, NaN], 3],
      [[-Infinity, -Infinity, -Infinity, -Infinity], 1],
    ]
    for (const edge of EDGES) {
      const labels = rows.map(([, label]) => label)
      const own = drawn(
        rows.map(([row]) => row),
        labels,
        rows.flatMap(() => [edge, edge, edge]),
      )
      assertWrong(own, labels, 4)
      for (const [i, [, , wanted]] of rows.entries()) if (wanted !== undefined) assert.equal(own[i], wanted)
    }
  })

  test('of equal scores chance chooses, each as often', () => {
    const draws = 3000
    const own = drawn(
      new Array(draws).fill([7, 7, 1, 7, 7]),
      new Array(draws).fill(1),
      numbers(uniforms('equal', draws, 4)),
    )
    assertShares(
      [0, 3, 4].map((k) => own.filter((label) => label === k).length),
      [1 / 3, 1 / 3, 1 / 3],
    )
    assert.ok(own.every((label) => [0, 3, 4].includes(label)))
  })
})

test('in float32 on ONNX Runtime too, no draw is the true label', async () => {
  const classes = 10
  const u = new Float32Array(3000)
  stream(5, 0, 'u').uniform(u)
  u.set(repeated(EDGES, 10))
  const labels = Array.from(u, (_, i) => Math.floor(i / EDGES.length) % classes)
  const scores = new Float32Array(u.length * classes)
  stream(5, 0, 'scores').normal(scores)
  for (let i = 0; i < scores.length; i += 3) scores[i]! *= 1e9
  for (let i = 1; i < scores.length; i += 97) scores[i] = NaN
  const own = {
    labels: input({ name: 'labels', kind: 'labels', shape: [u.length], dtype: 'int32' }),
    u: input({ name: 'u', kind: 'noise', shape: [u.length], dtype: 'float32' }),
    v: input({ name: 'v', kind: 'noise', shape: [u.length, classes], dtype: 'float32' }),
    scores: input({ name: 'scores', kind: 'data', shape: [u.length, classes], dtype: 'float32' }),
  }
  const { bytes } = lowerStep(
    {
      state: [],
      batch: Object.entries(own).map(([name, tensor]) => ({ name, input: tensor })),
      metrics: [
        { name: 'uniform', output: uniformWrongLabel(own.labels, classes, own.u) },
        { name: 'hard', output: hardWrongLabel(own.scores, own.labels, own.v) },
        { name: 'likeliest', output: likeliestWrongLabel(own.scores, own.labels, own.v.slice(1, 0, classes - 1)) },
      ],
    },
    'cpu',
  )
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 })
  const v = Float32Array.from(scores, (_, i) => u[Math.floor(i / classes)]!)
  const results = await session.run({
    labels: new ort.Tensor('int32', Int32Array.from(labels), [u.length]),
    u: new ort.Tensor('float32', u, [u.length]),
    v: new ort.Tensor('float32', v, [u.length, classes]),
    scores: new ort.Tensor('float32', scores, [u.length, classes]),
  })
  for (const name of ['uniform', 'hard', 'likeliest'])
    assertWrong(results[`metric.${name}`]!.data as Int32Array, labels, classes)
  await session.release()
})
