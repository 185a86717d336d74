/** A function of a vector and its gradient. */
export type Smooth = (x: Float64Array) => { readonly value: number; readonly gradient: Float64Array }

export interface MinimizeOptions {
  /** Bounds of every component; default: none. */
  readonly low?: number
  readonly high?: number
  /** Ends where no component of the projected gradient is larger. */
  readonly tolerance?: number
  readonly iterations?: number
}

/** Pairs of steps and changes of the gradient that are kept. */
const MEMORY = 10
const ARMIJO = 1e-4
const HALVINGS = 30

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0)

/**
 * Minimises by L-BFGS (Nocedal 1980): the two-loop recursion, steps halved until they are good enough (Armijo). With
 * bounds, components that stand at one and would leave it rest, and steps are projected into the box (Bertsekas 1982).
 */
export function minimize(
  f: Smooth,
  start: Float64Array,
  { low = -Infinity, high = Infinity, tolerance = 1e-6, iterations = 100 }: MinimizeOptions = {},
): { readonly x: Float64Array; readonly value: number } {
  const inside = (x: Float64Array): Float64Array => x.map((value) => Math.min(high, Math.max(low, value)))
  let x = inside(start)
  let { value, gradient } = f(x)
  const pairs: { s: Float64Array; y: Float64Array; rho: number }[] = []
  for (let turn = 0; turn < iterations; turn++) {
    const isFree = (i: number): boolean => !((x[i]! <= low && gradient[i]! > 0) || (x[i]! >= high && gradient[i]! < 0))
    const free = gradient.map((component, i) => (isFree(i) ? component : 0))
    if (!(Math.max(...free.map(Math.abs)) > tolerance)) break
    const direction = twoLoops(free, pairs).map((component, i) => (isFree(i) ? -component : 0))
    // A direction that does not go down is of no use: what was remembered does not fit this place.
    const descends = dot(direction, free) < 0
    if (!descends) pairs.length = 0
    const way = descends ? direction : free.map((component) => -component)
    let size = pairs.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(free, free))) : 1
    let next = x
    let there = { value: Infinity, gradient }
    for (let halving = 0; halving < HALVINGS; halving++, size /= 2) {
      next = inside(x.map((component, i) => component + size * way[i]!))
      there = f(next)
      const moved = next.map((component, i) => component - x[i]!)
      if (there.value <= value + ARMIJO * dot(free, moved)) break
    }
    if (!(there.value < value)) break
    const s = next.map((component, i) => component - x[i]!)
    const y = there.gradient.map((component, i) => component - gradient[i]!)
    const curvature = dot(s, y)
    if (curvature > 1e-12 * dot(y, y)) pairs.push({ s, y, rho: 1 / curvature })
    if (pairs.length > MEMORY) pairs.shift()
    x = next
    value = there.value
    gradient = there.gradient
  }
  return { x, value }
}

/** The gradient times an approximation of the inverse Hessian. */
function twoLoops(
  gradient: Float64Array,
  pairs: readonly { s: Float64Array; y: Float64Array; rho: number }[],
): Float64Array {
  let q = gradient
  const alphas: number[] = []
  for (const { s, y, rho } of pairs.toReversed()) {
    const alpha = rho * dot(s, q)
    alphas.push(alpha)
    q = q.map((component, i) => component - alpha * y[i]!)
  }
  const last = pairs.at(-1)
  if (last) q = q.map((component) => (component * dot(last.s, last.y)) / dot(last.y, last.y))
  for (const { s, y, rho } of pairs) {
    const alpha = alphas.pop()!
    const beta = rho * dot(y, q)
    q = q.map((component, i) => component + (alpha - beta) * s[i]!)
  }
  return q
}
