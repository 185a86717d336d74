import { z } from 'zod'
import { UsageError, UserError } from '../../errors.js'
import { sizeOf } from '../../graph/types.js'
import type { TaskInput } from '../dataset.js'
import { PICTURE_NAME } from '../picture-formats.js'
import type { Column, OwnOptions, Table } from './content.js'
import { plain } from './plain.js'
import { checkSinglePrecision } from './single-precision.js'
import { isMissing } from './table-target.js'
import { checkNoNumbers } from './written-numbers.js'

/** The columns that a network reads, in the order of its inputs, and those of its target; kept with its run. */
export const tableEncoding = z.object({
  columns: z.array(
    z.object({
      name: z.string(),
      /** Of a column of texts: each becomes an input that is 1 where the text is this one, and 0 elsewhere. */
      categories: z.array(z.string()).exactOptional(),
      /** Cells are pictures, or paths of some. */
      picture: z.literal(true).exactOptional(),
    }),
  ),
  /** How many columns the table has, with its target and those that are not read. Older runs do not tell. */
  width: z.int().exactOptional(),
  target: z
    .object({
      columns: z.array(z.string()),
      /** Of classes in one column: what its cells say, as texts, in the order of the labels. */
      cells: z.array(z.string()).exactOptional(),
    })
    .exactOptional(),
})

export type TableEncoding = Readonly<z.infer<typeof tableEncoding>>
type InputColumn = TableEncoding['columns'][number]

/** What a table's inputs are; those of a column of pictures have their shape from the pictures. */
export interface TableInputs {
  readonly encoding: Pick<TableEncoding, 'columns'>
  readonly input: TaskInput | 'pictures'
  readonly notes: readonly string[]
}

const MOST_CATEGORIES = 1000
const MOST_PLACES = 65_536
/** Of all rows together, 0.4 GB. */
const MOST_NUMBERS = 100_000_000
/** With fewer columns, small whole numbers are rather numbers than pixels. */
const FEWEST_PIXELS = 64

/** Chooses how the columns that are no target are read. Throws a UsageError where one of them cannot be. */
export function inputsOf(table: Table, targets: readonly string[], { size }: OwnOptions): TableInputs {
  const others = table.columns.filter(({ name }) => !targets.includes(name))
  const columns = others.filter((column) => !isIndex(column))
  const notes = others
    .filter(isIndex)
    .map(({ name }) => `column "${plain(name)}" only numbers the rows: it is not read`)
  if (columns.length === 0)
    throw new UsageError('the table has no column besides its target: nothing is left to learn from')
  const pictures = columns.filter(arePictures)
  if (pictures.length > 1)
    throw new UsageError(
      `the columns ${shortened(pictures.map(({ name }) => name))} hold pictures, and a network reads one: take the others out of the file`,
    )
  if (pictures.length === 1) {
    const [{ name }] = pictures as [Column]
    const rest = columns.filter((column) => column !== pictures[0]).map((column) => column.name)
    const left =
      rest.length === 0
        ? []
        : [`beside the pictures of "${plain(name)}" these columns are not read: ${shortened(rest)}`]
    return { encoding: { columns: [{ name, picture: true }] }, input: 'pictures', notes: [...notes, ...left] }
  }
  const image = pixelsOf(columns, size)
  if (image) {
    const { height, width, levels } = image
    return {
      encoding: { columns: columns.map(({ name }) => ({ name })) },
      input: { shape: [1, height, width], levels },
      notes: [
        ...notes,
        `${columns.length} columns of whole numbers below ${levels} are the pixels of images of ${height}x${width}`,
      ],
    }
  }
  const read = columns.map(numbersOrCategories)
  const places = read.reduce((sum, { categories }) => sum + (categories?.length ?? 1), 0)
  if (places > MOST_PLACES || places * table.rows > MOST_NUMBERS)
    throw new UsageError(
      `with an input for each category a row has ${places} inputs: at most ${MOST_PLACES}, and ${MOST_NUMBERS} in all ` +
        'rows, can be read; take columns of texts out of the file',
    )
  const texts = read.filter(({ categories }) => categories)
  const note = texts.map(
    ({ name, categories }) => `column "${plain(name)}" is ${categories!.length} categories, an input each`,
  )
  return { encoding: { columns: read }, input: { shape: [places] }, notes: [...notes, ...note] }
}

/** A column that numbers the rows, as pandas writes it: without a name, or with its own name for none. */
export const isIndex = ({ name, cells }: Column): boolean =>
  (name === '' || name === 'Unnamed: 0') && cells instanceof Float64Array && cells.every((n, i) => n - i === cells[0])

const arePictures = ({ cells }: Column): boolean =>
  cells[0] instanceof Uint8Array ||
  (typeof cells[0] === 'string' && (cells as readonly string[]).every((cell) => PICTURE_NAME.test(cell)))

function numbersOrCategories(column: Column): InputColumn {
  const { name, cells } = column
  if (cells instanceof Float64Array) {
    checkSinglePrecision(`column "${plain(name)}"`, cells)
    return { name }
  }
  checkNoNumbers(column)
  const texts = cells as readonly string[]
  const categories = [...new Set(texts)].filter((text) => text !== '').sort()
  if (categories.length <= Math.min(MOST_CATEGORIES, Math.max(2, texts.length / 2))) return { name, categories }
  const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text))
  const wrong =
    texts.filter(isNumber).length > texts.length / 2 ? texts.findIndex((text) => text !== '' && !isNumber(text)) : -1
  throw new UsageError(
    wrong >= 0
      ? `column "${plain(name)}" holds numbers, but "${plain(texts[wrong])}" in row ${wrong + 1}: put a number there, or take the column out of the file`
      : `column "${plain(name)}" holds ${categories.length} different texts in ${texts.length} rows, which are no categories: take it out of the file, or name it with --target`,
  )
}

const NAMES = /^(pixel|pix|px|column |p|x|v|f)?[ _-]?\d+([x_-]\d+)*$/i

/** Whether columns are the pixels of a grey image, row after row. `size` must then be theirs. */
function pixelsOf(columns: readonly Column[], size: OwnOptions['size']) {
  const count = columns.length
  const arePixels =
    (count >= FEWEST_PIXELS || size !== undefined || columns.every(({ name }) => /^pix/i.test(name))) &&
    columns.every(({ name, cells }) => NAMES.test(name) && cells instanceof Float64Array && cells.every(isByte))
  const side = Math.round(Math.sqrt(count))
  const [height, width] = size ?? [side, side]
  if (size && (!arePixels || height * width !== count))
    throw new UsageError(
      `--size ${height}x${width} needs ${height * width} columns of pixels, whole numbers from 0 to 255, beside the target; the table has ${count} columns`,
    )
  if (!arePixels || height * width !== count) return undefined
  const most = columns.reduce((max, { cells }) => (cells as Float64Array).reduce((a, b) => Math.max(a, b), max), 0)
  return { height, width, levels: most < 128 ? Math.max(2, most + 1) : 256 }
}

const isByte = (number: number): boolean => Number.isInteger(number) && number >= 0 && number <= 255

/**
 * The inputs of a table's rows, [rows, ...shape]; columns are found by their names. `where` names the table in
 * messages. Throws a UserError with the row and the column of a cell that cannot be read.
 */
export function readInputs(
  table: Table,
  encoding: TableEncoding,
  { shape, levels }: TaskInput,
  where: string,
): Float32Array | Uint8Array {
  const size = sizeOf(shape)
  const { columns } = encoding
  const inputs = levels === undefined ? new Float32Array(table.rows * size) : new Uint8Array(table.rows * size)
  const cellsOf = finder(table, encoding, where)
  let place = 0
  for (const [i, column] of columns.entries()) {
    const cells = cellsOf(i)
    const wrong = (row: number, wanted: string): UserError => {
      const cell = cells[row]
      const what = isMissing(cell) ? 'is empty' : `holds ${typeof cell === 'string' ? `"${plain(cell)}"` : cell}`
      return new UserError(`${where}, row ${row + 1}: column "${plain(column.name)}" ${what}; ${wanted}`)
    }
    if (column.categories) {
      const at = new Map(column.categories.map((text, category) => [text, place + category]))
      for (let row = 0; row < table.rows; row++) {
        const own = at.get(`${cells[row]}`)
        if (own === undefined) throw wrong(row, `it is one of ${shortened(column.categories)}`)
        inputs[row * size + own] = 1
      }
      place += column.categories.length
      continue
    }
    const fits = (number: number): boolean =>
      levels === undefined
        ? Number.isFinite(Math.fround(number))
        : Number.isInteger(number) && number >= 0 && number < levels
    const words =
      levels === undefined
        ? 'a number is needed (below 3.4e38): fill it in, or take the row or the column out'
        : `a pixel is a whole number from 0 to ${levels - 1}`
    for (let row = 0; row < table.rows; row++) {
      const number = cells[row]
      if (typeof number !== 'number' || !fits(number)) throw wrong(row, words)
      inputs[row * size + place] = number
    }
    place++
  }
  return inputs
}

/**
 * Finds columns by name, or, where neither table names its columns, by place: among all columns of the table that was
 * trained on, or among those that are read alone.
 */
function finder({ columns }: Table, encoding: TableEncoding, where: string): (i: number) => Column['cells'] {
  const { columns: wanted, width } = encoding
  const areNameless = (all: readonly { readonly name: string }[]): boolean =>
    all.every(({ name }) => /^column \d+$/.test(name))
  if (areNameless(columns)) {
    if (columns.length === wanted.length && (areNameless(wanted) || wanted.length === 1))
      return (i) => columns[i]!.cells
    if (areNameless(wanted) && width !== undefined && columns.length !== width)
      throw new UserError(
        `${where} has ${columns.length} columns without names, and the table that the network was trained on has ${width}: ` +
          `give all ${width}, or only the ${wanted.length} that it reads (${shortened(wanted.map(({ name }) => name))}), in their order`,
      )
  }
  const known = new Map(columns.map(({ name, cells }) => [name, cells]))
  const missing = wanted.filter(({ name }) => !known.has(name)).map(({ name }) => name)
  if (missing.length > 0)
    throw new UserError(
      `${where} lacks ${missing.length === 1 ? 'the column' : `${missing.length} columns:`} ${shortened(missing)}; ` +
        `its columns are ${shortened([...known.keys()])}`,
    )
  return (i) => known.get(wanted[i]!.name)!
}

/** Names in a sentence: the first six. */
export const shortened = (names: readonly string[]): string => {
  const shown = names.slice(0, 6).map((name) => plain(name, 20))
  return names.length > 6 ? `${shown.join(', ')}, ...` : shown.join(', ')
}
