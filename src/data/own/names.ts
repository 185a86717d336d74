/** What the name of an array or of a file usually means: 'x_train', 't10k-labels-idx1-ubyte', 'fine_labels'. */
export interface Role {
  readonly part?: 'train' | 'test' | 'validation'
  readonly what?: 'input' | 'target'
  /** The name without the words that say this: arrays that belong together share it. */
  readonly stem: string
}

const WORDS = {
  part: {
    train: ['train', 'training', 'tr'],
    test: ['test', 'testing', 't10k', 'te'],
    validation: ['val', 'valid', 'validation', 'dev'],
  },
  what: {
    input: ['x', 'image', 'images', 'img', 'imgs', 'data', 'input', 'inputs', 'feature', 'features', 'pixels'],
    target: ['y', 'label', 'labels', 'lbl', 'target', 'targets', 'class', 'classes'],
  },
} as const

/** Words of a name that tell nothing: formats of IDX files, in both spellings, and endings. */
const SILENT = /^(idx\d|ubyte|byte|short|int|float|double|npy|npz|gz|bin|csv|tsv|parquet|safetensors)$/

const meaningOf = <K extends string>(table: Readonly<Record<K, readonly string[]>>, word: string): K | undefined =>
  (Object.keys(table) as K[]).find((key) => table[key].includes(word))

export function roleOf(name: string): Role {
  const words = name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replace(/^([xy])(?=(train|test|val)\b)/i, '$1 ')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '' && !SILENT.test(word))
  let part: Role['part']
  let what: Role['what']
  const rest: string[] = []
  for (const word of words) {
    const [asPart, asWhat] = [meaningOf(WORDS.part, word), meaningOf(WORDS.what, word)]
    part ??= asPart
    what ??= asWhat
    if (!asPart && !asWhat) rest.push(word)
  }
  return { ...(part && { part }), ...(what && { what }), stem: rest.join(' ') }
}
