/** Capital letters and small ones. */
const CAPITALS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
const SMALL = CAPITALS.map((letter) => letter.toLowerCase())
const DIGITS = [...'0123456789']

/** Small letters that look unlike their capitals; the others are one class with them. */
const UNLIKE = [...'abdefghnqrt']

/** The classes of the splits of EMNIST (Cohen, Afshar, Tapson and van Schaik 2017), in the order of their labels. */
export const EMNIST_CLASSES: Readonly<Record<string, readonly string[]>> = {
  letters: CAPITALS,
  digits: DIGITS,
  mnist: DIGITS,
  balanced: [...DIGITS, ...CAPITALS, ...UNLIKE],
  bymerge: [...DIGITS, ...CAPITALS, ...UNLIKE],
  byclass: [...DIGITS, ...CAPITALS, ...SMALL],
}

/** The classes of a file of EMNIST, by its name: emnist-letters-train-images-idx3-ubyte. */
export function emnistClasses(name: string): { classes?: readonly string[] } {
  const [, split = ''] = /^emnist-(\w+)-/i.exec(name) ?? []
  const classes = EMNIST_CLASSES[split.toLowerCase()]
  return classes ? { classes } : {}
}
