import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { UserError } from '../../src/errors.js'
import { constant } from '../../src/graph/index.js'
import { certifyRule } from '../../src/rules/certify.js'
import { featureCount, pooledCode } from '../../src/rules/sparse-cells/features.js'
import type { SparseCellsHyper } from '../../src/rules/sparse-cells/options.js'
import { sparseCells } from '../../src/rules/sparse-cells/sparse-cells.js'
import { freeEnergy, type Variational } from '../../src/rules/sparse-cells/variational.js'
import { traceRule } from '../../src/rules/trace.js'
import { close, differences, normals, numbers, slopes, uniforms } from '../nn/evaluate.js'
import { batchFor, evaluate, initialState, type Numbers, taskOf } from './harness.js'

const SMALL = { latents: 5, kernel: 3, patches: 3 } as const

function given(options: Partial<SparseCellsHyper> = {}) {
  const hyper = sparseCells.hyper.parse({ ...SMALL, ...options })
  const task = taskOf({ shape: [2, 6, 7] })
  const traced = traceRule(sparseCells, task, hyper)
  return { hyper, task, traced, state: initialState(traced) }
}

const named = (names: readonly string[], first: string): string[] => names.filter((name) => name.startsWith(first))

describe('the variational cell', () => {
  const hyper = sparseCells.hyper.parse(SMALL)
  const patches = normals('patches', [6, 8])
  const cell: Variational = {
    encoder: normals('encoder', [5, 8]).mul(0.5),
    decoder: normals('decoder', [5, 8]),
    logThreshold: normals('threshold', [5]).mul(0.3),
    logScale: normals('scale', [5]).mul(0.3),
  }

  test('its error is the expectation over the posterior, in closed form', () => {
    const mean = numbers(patches.matmul(cell.encoder, { transposeB: true }))
    const [threshold, scale] = [cell.logThreshold, cell.logScale].map((x) => numbers(x.exp())) as [number[], number[]]
    const rows = numbers(cell.decoder)
    const x = numbers(patches)
    let error = 0
    for (let n = 0; n < 6; n++) {
      const decoded = new Array<number>(8).fill(0)
      for (let l = 0; l < 5; l++) {
        const s = mean[n * 5 + l]!
        const m = Math.sign(s) * Math.max(0, Math.abs(s) - threshold[l]!)
        const row = rows.slice(l * 8, (l + 1) * 8)
        const length = Math.hypot(...row)
        for (let d = 0; d < 8; d++) decoded[d]! += (m * row[d]!) / length
        // E (z - m)^2 times the squared length of the row, which is 1.
        error += 2 * scale[l]! ** 2
      }
      for (let d = 0; d < 8; d++) error += (x[n * 8 + d]! - decoded[d]!) ** 2
    }
    const measured = freeEnergy(cell, patches, hyper)
    close(numbers(measured.error), [error / 6], 1e-10)
    const [loss, divergence] = [measured.loss, measured.divergence].map((one) => numbers(one)[0]!)
    close([loss!], [error / 6 / (2 * 0.3 ** 2) + 0.5 * divergence!], 1e-10)
  })

  test('its gradients are those of central differences', () => {
    const { loss } = freeEnergy(cell, patches, hyper)
    for (const x of Object.values(cell)) close(slopes(loss, x), differences(loss, x), 1e-6)
  })
})

test('features are those of explicit patches: normalised, whitened, coded, summed over quadrants', () => {
  const [height, width, kernel, latents] = [6, 7, 3, 4]
  const images = uniforms('images', 2, 2, height, width)
  const mean = normals('mean', [18]).mul(0.2)
  const half = normals('matrix', [18, 18]).mul(0.1)
  const matrix = half.add(half.transpose())
  const filters = normals('filters', [latents, 18])
  const thresholds = constant([0.1, 0.4, 0, 1])
  const said = pooledCode(images, { filters, thresholds }, { mean, matrix }, kernel)
  assert.deepEqual(said.shape, [2, featureCount(latents)])

  const [f, t, m, w] = [filters, thresholds, mean, matrix].map(numbers) as [number[], number[], number[], number[]]
  const pixels = numbers(images)
  const [rows, columns] = [height - kernel + 1, width - kernel + 1]
  // Rows 0 1 | 2 3, and of five columns the middle one twice.
  const [down, across] = [
    [
      [0, 2],
      [2, 4],
    ],
    [
      [0, 3],
      [2, 5],
    ],
  ]
  const wanted = [0, 1].flatMap((n) => {
    const code = (row: number, column: number): number[] => {
      const patch = Array.from({ length: 18 }, (_, i) => {
        const [channel, y, x] = [Math.floor(i / 9), Math.floor(i / 3) % 3, i % 3]
        return pixels[((n * 2 + channel) * height + row + y) * width + column + x]!
      })
      const average = patch.reduce((a, b) => a + b) / 18
      const variance = patch.reduce((a, b) => a + (b - average) ** 2, 0) / 18
      const own = patch.map((value, i) => (value - average) / Math.sqrt(variance + 10 / 255 ** 2) - m[i]!)
      const white = own.map((_, j) => own.reduce((sum, value, i) => sum + value * w[i * 18 + j]!, 0))
      return Array.from({ length: latents }, (_, l) => white.reduce((sum, value, i) => sum + value * f[l * 18 + i]!, 0))
    }
    return [1, -1].flatMap((sign) =>
      Array.from({ length: latents }, (_, l) =>
        down!.flatMap(([top, bottom]) =>
          across!.map(([left, right]) => {
            let sum = 0
            for (let row = top!; row < bottom!; row++)
              for (let column = left!; column < right!; column++)
                sum += Math.max(0, sign * code(row, column)[l]! - t[l]!)
            return sum
          }),
        ),
      ).flat(),
    )
  })
  assert.deepEqual([rows, columns], [4, 5])
  close(numbers(said), wanted, 1e-9)
})

test('a map without quadrants is told before anything runs', () => {
  const task = taskOf({ shape: [1, 6, 6] })
  assert.throws(
    () => traceRule(sparseCells, task, sparseCells.hyper.parse({ ...SMALL, kernel: 6 })),
    (error) => error instanceof UserError && /quadrants/.test(error.message),
  )
})

describe('what learns from what', () => {
  test('no step of the cell asks for a target, and the read-out alone sees the label', () => {
    for (const cell of ['vae', 'random-patches'] as const) {
      const { traced, task, hyper } = given({ cell })
      const asked = [traced.init, traced.steps.joint!, traced.readOut!.features].flatMap(({ batch }) =>
        batch.map(({ name }) => name),
      )
      assert.ok(!asked.includes('target'), asked.join())
      const { local, layers } = certifyRule(sparseCells, task, hyper)
      assert.equal(local, true)
      assert.deepEqual(
        layers.map(({ name, reads, learns }) => [name, reads.labels, learns]),
        [
          ['cell', 'none', true],
          ['read-out', 'loss', true],
        ],
      )
    }
  })

  test('a read-out whose features the label reaches is found out', () => {
    const { task, hyper } = given()
    const spy = {
      ...sparseCells,
      steps: (...all: Parameters<typeof sparseCells.steps>) => ({
        joint: (...[state, batch]: Parameters<ReturnType<typeof sparseCells.steps>['joint']>) => {
          const [next, metrics] = sparseCells.steps(...all).joint!(state, batch)
          const cell = next.cell as Variational
          const told = batch.target.cast('float32').mean().mul(1e-6)
          return [{ ...next, cell: { ...cell, encoder: cell.encoder.add(told) } }, metrics]
        },
      }),
    } as typeof sparseCells
    assert.notEqual(certifyRule(spy, task, hyper).layers[0]!.reads.labels, 'none')
  })

  test('a step changes the cell and nothing else but what it learns by', () => {
    for (const cell of ['vae', 'random-patches'] as const) {
      const { traced, task, state } = given({ cell })
      const step = traced.steps.joint!
      const after = evaluate(step, state, batchFor(step, task, 1)).state
      const names = Object.keys(state)
      const moved = names.filter((name) => state[name]!.some((value, i) => value !== after[name]![i]))
      assert.deepEqual(moved, [...named(moved, 'cell'), ...named(moved, 'learner')])
      assert.ok(named(moved, 'cell').length > 0)
    }
  })
})

test('the filters of the control are whitened patches of length 1, the last batches as likely as the first', () => {
  const { traced, task, state } = given({ cell: 'random-patches', latents: 400 })
  const step = traced.steps.joint!
  const batches = [1, 2, 3].map((k) => batchFor(step, task, k))
  let now: Numbers = state
  const filtersOf = (s: Numbers): string[] =>
    Array.from({ length: 400 }, (_, i) => s['cell.filters']!.slice(18 * i, 18 * (i + 1)).join())
  const from = new Array<number>(400).fill(0)
  for (const [k, batch] of batches.entries()) {
    const after = evaluate(step, now, batch).state
    const [before, next] = [filtersOf(now), filtersOf(after)]
    for (const [i, own] of next.entries()) if (own !== before[i]) from[i] = k + 1
    now = after
  }
  const counts = [0, 1, 2, 3].map((k) => from.filter((own) => own === k).length)
  // 100 each, with a deviation of 8.7.
  for (const count of counts) assert.ok(count > 65 && count < 135, counts.join())
  for (const filter of filtersOf(now)) {
    const square = filter.split(',').reduce((sum, value) => sum + Number(value) ** 2, 0)
    assert.ok(Math.abs(square - 1) < 1e-3, `${square}`)
  }
})

test('with mirror images a prediction is the mean over both views', () => {
  const { traced, task, state } = given({ views: 'mirrored' })
  const one = given()
  const own: Numbers = {
    ...state,
    'readOut.weight': numbers(normals('w', [40, 3])),
    'readOut.bias': [1, 2, 3],
  }
  const batch = batchFor(traced.predict, task)
  const turned = batch.x!.map((_, i) => batch.x![i - (i % 7) + 6 - (i % 7)]!)
  const said = evaluate(traced.predict, own, batch).metrics.scores!
  const [left, right] = [batch.x!, turned].map((x) => evaluate(one.traced.predict, own, { x }).metrics.scores!)
  close(
    said,
    left!.map((value, i) => (value + right![i]!) / 2),
    1e-9,
  )
})
