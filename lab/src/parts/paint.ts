type Rgb = readonly [number, number, number]

const [COLD, NOTHING, WARM]: readonly Rgb[] = [
  [47, 111, 168],
  [236, 233, 227],
  [201, 89, 43],
]
const [DARK_COLD, DARK_NOTHING, DARK_WARM]: readonly Rgb[] = [
  [111, 176, 230],
  [38, 44, 50],
  [240, 145, 90],
]

const isDark = (): boolean => {
  const { theme } = document.documentElement.dataset
  return theme === undefined ? matchMedia('(prefers-color-scheme: dark)').matches : theme === 'dark'
}

/** Steps of a scale on each side of 0. */
const STEPS = 127

/** Colours of the values from -1 to 1, 0 the colour of the ground: red, green, blue, one after the other. */
function palette(dark: boolean): Uint8Array {
  const [cold, nothing, warm] = dark ? [DARK_COLD!, DARK_NOTHING!, DARK_WARM!] : [COLD!, NOTHING!, WARM!]
  const colours = new Uint8Array(3 * (2 * STEPS + 1))
  for (let step = -STEPS; step <= STEPS; step++) {
    const end = step < 0 ? cold : warm
    for (let c = 0; c < 3; c++)
      colours[3 * (step + STEPS) + c] = nothing[c]! + (end[c]! - nothing[c]!) * (Math.abs(step) / STEPS)
  }
  return colours
}

const palettes = new Map<boolean, Uint8Array>()

/** Writes the colour of a value from -1 to 1 as a pixel. */
export function scale(): (value: number, into: Uint8ClampedArray, at: number) => void {
  const dark = isDark()
  const colours = palettes.get(dark) ?? palette(dark)
  palettes.set(dark, colours)
  return (value, into, at) => {
    const from = 3 * (Math.round(Math.min(1, Math.max(-1, value)) * STEPS) + STEPS)
    into[at] = colours[from]!
    into[at + 1] = colours[from + 1]!
    into[at + 2] = colours[from + 2]!
    into[at + 3] = 255
  }
}

/** One image [C, H, W] of several, pixels in [0, 1]. */
export function paint(
  canvas: HTMLCanvasElement,
  pixels: Float32Array,
  [channels, height, width]: readonly [number, number, number],
  index: number,
  signed: boolean,
): void {
  const context = canvas.getContext('2d')
  if (!context) return
  const image = context.createImageData(width, height)
  const area = width * height
  const start = index * channels * area
  const colour = signed ? scale() : undefined
  for (let k = 0; k < area; k++) {
    const at = 4 * k
    if (colour) {
      colour(2 * pixels[start + k]! - 1, image.data, at)
      continue
    }
    for (let c = 0; c < 3; c++) image.data[at + c] = 255 * pixels[start + (channels >= 3 ? c : 0) * area + k]!
    image.data[at + 3] = 255
  }
  context.putImageData(image, 0, 0)
}
