/** Figures as people read them. Fractions are percent, with the decimals that 10,000 test images can bear. */

/** 0.9812 to "98.12 %". */
export const percent = (fraction: number): string => `${(fraction * 100).toFixed(2)} %`

/** Four significant digits without an exponent where that is short: "0.03125", "12.50", "4.2e-7". */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return '0'
  const size = Math.abs(value)
  if (size < 1e-4 || size >= 1e6) return value.toExponential(2).replace('e+', 'e')
  return value.toPrecision(4)
}

/** 1234567 to "1,234,567"; rounded to whole numbers. */
export const count = (value: number): string => Math.round(value).toLocaleString('en-US')

/** Seconds as "0.8 s", "42 s", "3:07 min" or "2:05 h". */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?'
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  const two = (part: number): string => String(part).padStart(2, '0')
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`
  const minutes = Math.round(whole / 60)
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)} h`
}

/** Bytes in powers of 1024: "512 B", "1.5 KiB", "23.4 MiB". */
export function bytes(size: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let power = 0
  let value = size
  while (value >= 1023.95 && power < units.length - 1) {
    value /= 1024
    power++
  }
  return power === 0 ? `${value} B` : `${value.toFixed(1)} ${units[power]}`
}

/** "1 layer", "2 layers". */
export const plural = (number: number, noun: string): string => `${count(number)} ${noun}${number === 1 ? '' : 's'}`
