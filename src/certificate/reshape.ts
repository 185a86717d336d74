/** How an axis tells samples apart: at its place i is number floor(i / inner) modulo count of them. */
export interface SampleAxis {
  readonly axis: number
  readonly count: number
  readonly inner: number
}

/** Axes of two shapes, from and to, that hold the same numbers: from the first up to the second one. */
interface Group {
  readonly from: readonly [number, number]
  readonly to: readonly [number, number]
}

/** Between places where both shapes have counted as many numbers, axes go into axes. */
function groupsOf(from: readonly number[], to: readonly number[]): Group[] {
  const groups: Group[] = []
  let [i, j] = [0, 0]
  while (i < from.length || j < to.length) {
    const [start, begin] = [i, j]
    let [a, b] = [from[i++] ?? 1, to[j++] ?? 1]
    while (a !== b) {
      if (a < b) a *= from[i++] ?? 1
      else b *= to[j++] ?? 1
    }
    groups.push({ from: [start, Math.min(i, from.length)], to: [begin, Math.min(j, to.length)] })
  }
  return groups
}

/** The axes that some axes go into. */
export function axesAfterReshape(from: readonly number[], own: readonly number[], to: readonly number[]): number[] {
  return groupsOf(from, to).flatMap((group) => {
    const holds = own.some((axis) => axis >= group.from[0] && axis < group.from[1])
    return holds ? axesIn(group.to).filter((axis) => to[axis]! > 1) : []
  })
}

/**
 * The axes that tell samples apart after a reshape. Of several axes that become one the sample is still known by its
 * place among them, and comes out again where that one is divided at the same places.
 */
export function samplesAfterReshape(
  from: readonly number[],
  own: readonly SampleAxis[],
  to: readonly number[],
): SampleAxis[] {
  return groupsOf(from, to).flatMap((group) => {
    const held = own.filter(({ axis }) => axis >= group.from[0] && axis < group.from[1])
    if (held.length === 0) return []
    // In the numbers of the group, one after the other, from the innermost such axis to the end of the outermost.
    const begins = held.map(({ axis, inner }) => inner * sizeAfter(from, axis, group.from[1]))
    const inner = Math.min(...begins)
    const end = Math.max(...held.map(({ count }, i) => begins[i]! * count))
    return axesIn(group.to).flatMap((axis) => partOf({ inner, end }, axis, sizeAfter(to, axis, group.to[1]), to[axis]!))
  })
}

/** What an axis of `size` places, `step` numbers apart, tells of samples: those of [inner, end) in mixed radix. */
function partOf(
  { inner, end }: { inner: number; end: number },
  axis: number,
  step: number,
  size: number,
): SampleAxis[] {
  const next = step * size
  if (size === 1 || step % end === 0 || inner % next === 0) return []
  const fits = inner % step === 0 && next % end === 0
  return [fits ? { axis, count: end / inner, inner: inner / step } : { axis, count: size, inner: 1 }]
}

const axesIn = ([begin, end]: readonly [number, number]): number[] =>
  Array.from({ length: end - begin }, (_, i) => begin + i)

const sizeAfter = (shape: readonly number[], axis: number, end: number): number =>
  shape.slice(axis + 1, end).reduce((product, size) => product * size, 1)
