// What the commands of a page find in the folder where they run: the files that its reader would have.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { blocksOf } from '../../bench/pages/blocks.js'
import { runInShell, smaller } from '../../bench/pages/shell.js'
import { makeGlyphs } from '../../src/data/glyphs/glyphs.js'
import { writePng } from '../../src/data/images.node.js'
import { cifarOf, idxImages, idxLabels, npyOf, zipOf } from '../data/files.js'

const { train } = makeGlyphs({ train: 400, test: 1, seed: 3 })
const images = train.inputs as Uint8Array
const classes = [...train.targets!]
const pixelsOf = (i: number): Uint8Array => images.slice(784 * i, 784 * (i + 1))

function put(path: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
}

/** A sub-folder of pictures for each of the classes 0 to 2. */
async function pictures(folder: string, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    if (classes[i]! > 2) continue
    mkdirSync(join(folder, `${classes[i]}`), { recursive: true })
    await writePng(join(folder, `${classes[i]}`, `${i}.png`), { width: 28, height: 28, channels: 1, data: pixelsOf(i) })
  }
}

const houses = (count: number, withPrice: boolean): string =>
  [
    withPrice ? 'rooms,area,price' : 'rooms,area',
    ...Array.from({ length: count }, (_, i) => {
      const [rooms, area] = [1 + (i % 6), 40.5 + ((i * 37) % 90)]
      return [rooms, area, ...(withPrice ? [rooms * 20.5 + area * 3.25] : [])].join(',')
    }),
    '',
  ].join('\n')

const rule = (page: string): string => blocksOf(page).find(({ language }) => language === 'js')!.code

/** What a reader has trained before: small. */
const trained = async (folder: string, ...commands: string[]): Promise<void> => {
  await runInShell(
    smaller(commands.map((command) => `npx onward ${command}`).join('\n')),
    folder,
    'build/src/cli/main.js',
  )
}

/** By page. */
export const FOUND_BY: Readonly<Record<string, (folder: string) => Promise<void> | void>> = {
  'docs/command-line.md': (folder) =>
    writePng(join(folder, 'digit.png'), { width: 28, height: 28, channels: 1, data: pixelsOf(0) }),
  'docs/own-rule.md': (folder) => put(join(folder, 'my-rule.js'), rule('docs/own-rule.md')),
  'docs/own-goodness.md': (folder) => put(join(folder, 'my-goodness.js'), rule('docs/own-goodness.md')),
  async 'docs/own-data.md'(folder) {
    await pictures(join(folder, 'digits'), 0, 200)
    const arrays = zipOf({
      'x_train.npy': npyOf(images.slice(0, 784 * 100), [100, 28, 28]),
      'y_train.npy': npyOf(Uint8Array.from(classes.slice(0, 100)), [100]),
      'x_test.npy': npyOf(images.slice(784 * 100, 784 * 140), [40, 28, 28]),
      'y_test.npy': npyOf(Uint8Array.from(classes.slice(100, 140)), [40]),
    })
    put(join(folder, 'arrays.npz'), arrays)
    put(join(folder, 'elsewhere/arrays.npz'), arrays)
    put(join(folder, 'new.npy'), npyOf(images.slice(0, 784 * 5), [5, 28, 28]))
    put(
      join(folder, 'emnist-letters-train-images-idx3-ubyte.gz'),
      gzipSync(idxImages([...images.slice(0, 784 * 100)], 28, 28)),
    )
    put(join(folder, 'emnist-letters-train-labels-idx1-ubyte.gz'), gzipSync(idxLabels(classes.slice(0, 100))))
    const rows = Array.from({ length: 60 }, (_, i) => [i % 20, i % 100])
    put(
      join(folder, 'cifar-100-binary/train.bin'),
      cifarOf(rows, (row) => row),
    )
    put(
      join(folder, 'cifar-100-binary/test.bin'),
      cifarOf(rows, (row) => row),
    )
    put(join(folder, 'table.csv'), houses(100, true))
    put(join(folder, 'houses.csv'), houses(100, true))
    put(join(folder, 'new-houses.csv'), houses(5, false))
  },
  'docs/questions.md': (folder) =>
    trained(folder, 'train forward-forward --data glyphs', 'train backprop --data glyphs'),
  'docs/report.md': (folder) =>
    trained(
      folder,
      ...['train forward-forward --data glyphs', 'train backprop --data glyphs'],
      'compare forward-forward backprop --data glyphs --out comparisons/ff-and-backprop',
      'tune forward-forward --data glyphs --study studies/ff.jsonl',
    ),
  async 'docs/federated.md'(folder) {
    await pictures(join(folder, 'reference'), 0, 120)
    for (const [i, party] of ['clinic-a', 'clinic-b', 'clinic-c'].entries())
      await pictures(join(folder, 'parties', party), 120 + 80 * i, 200 + 80 * i)
  },
}
