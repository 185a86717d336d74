import { type DataSet, gatherInputs } from '../src/data/index.js'
import { loadDataSet } from '../src/data/load.node.js'
import { sizeOf } from '../src/graph/types.js'
import { targetKind } from '../src/targets/index.js'
import type { LeastSquaresJob } from './job.js'
import { describeMachine } from './machine.js'
import { writeMeasured } from './records.js'

type Columns = readonly Float64Array[]

/**
 * The linear function, with a constant, of the inputs that is nearest to the targets of the training rows, and what it
 * says of the test rows: figures as the target's kind has them.
 */
export function leastSquares(data: DataSet): Readonly<Record<string, number>> {
  const { train, test, target } = data
  const width = sizeOf(data.input.shape)
  const inputs = (split: typeof train): Columns => {
    const rows = new Float32Array(split.count * width)
    gatherInputs(
      data,
      split,
      Uint32Array.from({ length: split.count }, (_, i) => i),
      rows,
    )
    const columns = Array.from({ length: width }, (_, c) =>
      Float64Array.from({ length: split.count }, (_, row) => rows[row * width + c]!),
    )
    return [new Float64Array(split.count).fill(1), ...columns]
  }
  const count = target.kind === 'none' ? 0 : target.count
  const kind = targetKind(target)
  const targets = (split: typeof train): ArrayLike<number> =>
    kind.gather(
      split,
      Uint32Array.from({ length: split.count }, (_, i) => i),
      data,
    )
  const [basis, tested] = alike(inputs(train), inputs(test))
  const wanted = targets(train)
  const scores = new Float32Array(test.count * count)
  for (let k = 0; k < count; k++) {
    const own = Float64Array.from({ length: train.count }, (_, row) => wanted[row * count + k]!)
    for (const [c, column] of basis.entries()) {
      const weight = dot(column, own)
      for (let row = 0; row < test.count; row++) scores[row * count + k]! += weight * tested[c]![row]!
    }
  }
  const tally = kind.tally(data)
  tally.add(scores, targets(test), test.count)
  return tally.figures()
}

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0)

/** Less than this part of a column is left of one that others make up. */
const DEPENDENT = 1e-6

/**
 * The columns of `a` made orthonormal one after the other (Gram and Schmidt, twice for their rounding), and `b` changed
 * in the same way. A column that depends on those before it is left out: it changes no prediction.
 */
function alike(a: Columns, b: Columns): [Columns, Columns] {
  const [own, other]: [Float64Array[], Float64Array[]] = [[], []]
  for (const [i, column] of a.entries()) {
    const [x, y] = [column.slice(), b[i]!.slice()]
    const length = Math.sqrt(dot(x, x))
    for (let turn = 0; turn < 2; turn++)
      for (const [j, q] of own.entries()) {
        const share = dot(q, x)
        for (let row = 0; row < x.length; row++) x[row]! -= share * q[row]!
        for (let row = 0; row < y.length; row++) y[row]! -= share * other[j]![row]!
      }
    const left = Math.sqrt(dot(x, x))
    if (left <= DEPENDENT * length) continue
    own.push(x.map((value) => value / left))
    other.push(y.map((value) => value / left))
  }
  return [own, other]
}

/** Writes what least squares says of a table. */
export async function runLeastSquares({ id, data: name }: LeastSquaresJob): Promise<void> {
  const network = leastSquares(await loadDataSet(name, { offline: true }))
  writeMeasured(id, await describeMachine(), [{ test: { network } }])
  console.error(`  ${JSON.stringify(network)}`)
}
