import { UserError } from '../../errors.js'
import type { Split } from '../dataset.js'
import type { DataSetEntry } from '../source.js'
import { holdOut } from '../split.js'

/** A table of numbers in the UCI Machine Learning Repository; its last columns are the targets. */
interface Published {
  readonly name: string
  readonly title: string
  readonly credit: string
  readonly rows: number
  readonly inputs: number
  readonly targets: readonly string[]
  readonly bytes: number
  readonly sha256: string
}

/** One row in five is for the test, drawn once and for all by this seed. */
const TEST = { share: 0.2, seed: 0 }

/**
 * Read is a CSV file of the published rows in their order, with a line of names. The repository publishes all but the
 * wine as spreadsheets; `--data FILE.csv` takes what one of them is saved as.
 */
function table({ name, title, credit, rows, inputs, targets, bytes, sha256 }: Published): DataSetEntry {
  const test = Math.round(TEST.share * rows)
  return {
    name,
    title,
    input: { shape: [inputs] },
    target: { kind: 'values', count: targets.length },
    names: targets,
    counts: { train: rows - test, test },
    credit: `${credit}, UCI Machine Learning Repository, CC BY 4.0`,
    from: {
      source: {
        files: [{ names: [`${name}.csv`], bytes, sha256 }],
        folders: ['tables', '.', name],
        downloads: [],
        decode([contents], [where]) {
          const all = readRows(contents!, inputs, targets.length, where!)
          const { train, validation } = holdOut(
            all,
            new Uint8Array(all.count),
            Math.round(TEST.share * all.count),
            TEST.seed,
          )
          return { train, test: validation }
        },
      },
    },
  }
}

/** Reads lines of `inputs + targets` numbers below a line of names. A UserError names the first line that is not such. */
export function readRows(bytes: Uint8Array, inputs: number, targets: number, where: string): Split {
  const [, ...lines] = new TextDecoder().decode(bytes).trimEnd().split(/\r?\n/)
  const split = {
    inputs: new Float32Array(lines.length * inputs),
    targets: new Float32Array(lines.length * targets),
    count: lines.length,
  }
  for (const [row, line] of lines.entries()) {
    const numbers = line.split(',').map((text) => (text.trim() === '' ? Number.NaN : Number(text)))
    if (numbers.length !== inputs + targets || !numbers.every(Number.isFinite))
      throw new UserError(
        `${where} is cut or another table: line ${row + 2} should hold ${inputs + targets} numbers, separated by commas; get the file again.`,
      )
    split.inputs.set(numbers.slice(0, inputs), row * inputs)
    split.targets.set(numbers.slice(inputs), row * targets)
  }
  return split
}

export const concrete = table({
  name: 'concrete',
  title: 'Compressive strength of concrete by its mixture and age',
  credit: 'Yeh 1998',
  rows: 1030,
  inputs: 8,
  targets: ['strength'],
  bytes: 40396,
  sha256: 'f4862c6437ad486f926113ba7a35a7b83600024fa06398571c0034a5eaf1e588',
})

export const energy = table({
  name: 'energy',
  title: 'Heating and cooling loads of buildings by their shape',
  credit: 'Tsanas and Xifara 2012',
  rows: 768,
  inputs: 8,
  targets: ['heating_load', 'cooling_load'],
  bytes: 33562,
  sha256: 'd099d26575fdf62dd8d237f720554aefa73524ef083a2fbaf1554c9a37617e76',
})

export const powerPlant = table({
  name: 'power-plant',
  title: 'Output of a power plant by the weather',
  credit: 'Tufekci and Kaya 2014',
  rows: 9568,
  inputs: 4,
  targets: ['output'],
  bytes: 308749,
  sha256: 'd5cb5ddc44c3b977d853b89b66e7a0c719b20c1f9251a7a706ac86b01321e423',
})

export const wineWhite = table({
  name: 'wine-white',
  title: 'Quality of white wine by what was measured in it',
  credit: 'Cortez et al. 2009',
  rows: 4898,
  inputs: 11,
  targets: ['quality'],
  bytes: 264400,
  sha256: '2c842c4c2fa533aa569d9b8182754f89c7587279def660dcbbf4f1e6ef69673c',
})
