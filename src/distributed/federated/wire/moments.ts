import { UserError } from '../../../errors.js'
import { sameShape, show, sizeOf } from '../../../graph/types.js'
import type { Moments } from '../../../readout/moments.js'
import type { UploadFile, UploadTensor } from './tensors.js'

type Sizes = Pick<Moments, 'features' | 'targets'>

const shapesOf = ({ features, targets }: Sizes) => ({
  count: [1],
  featureSums: [features],
  targetSums: [targets],
  gram: [(features * (features + 1)) / 2],
  cross: [features, targets],
  targetSquares: [1],
})

export const momentsBytes = (sizes: Sizes): number =>
  8 * Object.values(shapesOf(sizes)).reduce((sum, shape) => sum + sizeOf(shape), 0)

/** Sums over a client's samples, as they travel: in float64, or the solution would not be exact. */
export function momentsTensors(moments: Moments): UploadTensor[] {
  const { count, targetSquares } = moments
  const data = { ...moments, count: Float64Array.of(count), targetSquares: Float64Array.of(targetSquares) }
  return Object.entries(shapesOf(moments)).map(([name, shape]) => ({
    ...{ name, shape, type: 'F64' as const },
    data: data[name as keyof ReturnType<typeof shapesOf>],
  }))
}

/**
 * Throws a UserError unless they are sums of these sizes, finite, and such as so many rows can have, each of one class. A
 * client that makes up sums which some rows could have is not found out.
 */
export function momentsOf({ tensors }: UploadFile, sizes: Sizes, rows: number): Moments {
  const shapes = shapesOf(sizes)
  const take = (name: keyof typeof shapes): Float64Array => {
    const own = tensors.find((tensor) => tensor.name === name)
    if (!own) throw new UserError(`${name} is missing`)
    if (own.type !== 'F64' || !sameShape(own.shape, shapes[name]))
      throw new UserError(`${name} is ${own.type} ${show(own.shape)}, not F64 ${show(shapes[name])}`)
    if (!own.data.every(Number.isFinite)) throw new UserError(`${name} holds numbers that are not finite`)
    return own.data as Float64Array
  }
  const extra = tensors.find(({ name }) => !Object.hasOwn(shapes, name))
  if (extra) throw new UserError(`it holds ${extra.name}, which does not travel in this round`)
  const [count] = take('count')
  if (count !== rows) throw new UserError(`its sums are of ${count} rows, and its samples have ${rows}`)
  const [targetSquares] = take('targetSquares')
  const targetSums = take('targetSums')
  const wrong = targetSums.findIndex((sum) => !(Number.isInteger(sum) && sum >= 0 && sum <= rows))
  if (wrong >= 0) throw new UserError(`of its ${rows} rows ${targetSums[wrong]} are of class ${wrong}`)
  const all = targetSums.reduce((sum, own) => sum + own, 0)
  if (all !== rows || targetSquares !== rows)
    throw new UserError(
      `its classes have ${all} rows together, with ${targetSquares} as sum of squares, and it has ${rows}`,
    )
  const gram = take('gram')
  const { features } = sizes
  for (let i = 0, at = 0; i < features; at += features - i, i++)
    if (!(gram[at]! >= 0)) throw new UserError(`its sum of squares of feature ${i} is ${gram[at]}`)
  return {
    ...{ ...sizes, count, targetSquares, gram, targetSums },
    featureSums: take('featureSums'),
    cross: take('cross'),
  }
}
