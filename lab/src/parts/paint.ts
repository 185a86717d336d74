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

const isDark = (): boolean => getComputedStyle(document.documentElement).colorScheme === 'dark' || matchesDark()

const matchesDark = (): boolean =>
  document.documentElement.dataset.theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches

/** Colours from -1 to 1; 0 is the colour of the ground. */
export function scale(): (value: number) => Rgb {
  const [cold, nothing, warm] = isDark() ? [DARK_COLD!, DARK_NOTHING!, DARK_WARM!] : [COLD!, NOTHING!, WARM!]
  return (value) => {
    const part = Math.min(1, Math.abs(value))
    const end = value < 0 ? cold : warm
    return [0, 1, 2].map((i) => nothing[i]! + (end[i]! - nothing[i]!) * part) as unknown as Rgb
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
      const [r, g, b] = colour(2 * pixels[start + k]! - 1)
      image.data.set([r, g, b, 255], at)
      continue
    }
    for (let c = 0; c < 3; c++) image.data[at + c] = 255 * pixels[start + (channels >= 3 ? c : 0) * area + k]!
    image.data[at + 3] = 255
  }
  context.putImageData(image, 0, 0)
}
