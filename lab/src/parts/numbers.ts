export const whole = (n: number): string => Math.round(n).toLocaleString('en-US')

export const percent = (part: number): string => `${(100 * part).toFixed(1)} %`

/** Three digits at most after the point, fewer where the number is large. */
export const figure = (n: number): string =>
  Math.abs(n) >= 100 ? n.toFixed(0) : Math.abs(n) >= 10 ? n.toFixed(1) : n.toPrecision(3)

export function bytes(n: number): string {
  if (n < 1024 * 1024) return `${(n / 1024).toFixed(0)} KiB`
  return `${(n / 1024 / 1024).toFixed(n < 100 * 1024 * 1024 ? 1 : 0)} MiB`
}

export const shapeOf = (shape: readonly number[]): string =>
  shape.length === 1 ? `${whole(shape[0]!)} units` : `${shape[0]} maps of ${shape.slice(1).join(' × ')}`
