import { classesOf } from '../../../src/rules/task.js'
import type { Numbers } from '../harness.js'
import { rowsOf } from '../harness.js'
import { type Matrix, matmul, minus, transpose, zip } from '../matrices.js'
import { type given, RATE } from './given.js'

/** x W + b with the parameters under a name. */
export function affine(state: Numbers, name: string, x: Matrix): number[][] {
  const bias = state[`${name}.bias`]!
  const weight = rowsOf(state[`${name}.weight`]!, state[`${name}.weight`]!.length / bias.length)
  return matmul(x, weight).map((row) => row.map((v, j) => v + bias[j]!))
}
const softmax = (rows: Matrix): number[][] =>
  rows.map((row) => {
    const total = row.map(Math.exp).reduce((a, b) => a + b)
    return row.map((v) => Math.exp(v) / total)
  })

/** The forward step in plain numbers: what every layer's weights and biases become, the targets on the way. */
export function byHand({ hyper: h, state, task }: ReturnType<typeof given>, batch: Numbers) {
  const n = task.batch
  const last = h.units.length - 1
  const isClass = task.target.kind === 'class'
  const labels = isClass
    ? batch.target!.map((label) => Array.from({ length: classesOf(task) }, (_, k) => Number(k === label)))
    : rowsOf(batch.target!, n)
  const activate = h.hidden === 'bernoulli' ? (v: number) => 1 / (1 + Math.exp(-v)) : Math.tanh
  const slope = h.hidden === 'bernoulli' ? (y: number) => y * (1 - y) : (y: number) => 1 - y * y
  const signs = (m: Matrix) => zip(Math.sign, m)
  const inputs: Matrix[] = [rowsOf(batch.x!, n)]
  const activities: Matrix[] = []
  for (let i = 0; i <= last; i++) {
    const own = zip(activate, affine(state, `layers.${i}`, inputs[i]!))
    activities.push(own)
    const draws = h.hidden === 'bernoulli' ? rowsOf(batch[`noise.layers.${i}.sample`]!, n) : []
    if (h.hidden === 'bernoulli') inputs.push(zip((p, u) => Number(u < p), own, draws))
    else inputs.push(h.hidden === 'sign' && i < last ? signs(own) : own)
  }
  const scores = affine(state, `layers.${last + 1}`, inputs.at(-1)!)
  // What the loss makes of the scores: cross-entropy, or the sum of squares.
  const error = isClass ? minus(softmax(scores), labels) : zip((o, y) => 2 * (o - y), scores, labels)
  const top = activities.at(-1)!
  const stepped = (from: Matrix, along: Matrix) => zip((v, s) => v - h.step * s, from, along)
  const output = rowsOf(state[`layers.${last + 1}.weight`]!, h.units.at(-1)!)
  const r = (seen: Matrix): number[][] => {
    const code = top.map((row, i) => [...row, ...seen[i]!])
    const middle = zip(Math.tanh, affine(state, 'autoencoder.encoder', code))
    return zip(Math.tanh, affine(state, 'autoencoder.decoder', middle))
  }
  const first = (): Matrix => {
    if (h.topTarget === 'gradient') return stepped(top, matmul(error, transpose(output)))
    if (h.topTarget === 'output') return stepped(scores, error)
    if (h.form === 'plain') return r(labels)
    return zip((v, a, b) => v + a - b, top, r(labels), r(softmax(scores)))
  }
  const levels = h.topTarget === 'output' ? [...activities, scores] : activities
  const targets = [first()]
  for (let i = levels.length - 2; i >= 0; i--) {
    const g = (v: Matrix) =>
      zip(Math.tanh, affine(state, `inverses.${i}`, h.hidden === 'sign' && i < last ? signs(v) : v))
    const [goal, now] = [g(targets[0]!), g(levels[i + 1]!)]
    targets.unshift(h.form === 'plain' ? goal : zip((v, a, b) => v + a - b, levels[i]!, goal, now))
  }
  const deltas = [...activities.map((own, i) => zip((y, t) => (y - t) * slope(y), own, targets[i]!)), error]
  const updated = deltas.flatMap((delta, i): [string, number[]][] => {
    const dW = matmul(transpose(inputs[i]!), delta).flat()
    const moved = (name: string, by: number[]): [string, number[]] => [
      name,
      state[name]!.map((v, k) => v - (RATE * by[k]!) / n),
    ]
    const db = transpose(delta).map((column) => column.reduce((a, b) => a + b))
    return [moved(`layers.${i}.weight`, dW), moved(`layers.${i}.bias`, db)]
  })
  return { updated: Object.fromEntries(updated), targets, activities }
}
