import { UserError } from '../../../errors.js'
import { type Shape, show, sizeOf } from '../../../graph/types.js'
import type { ArrayNumbers, NamedArray } from '../content.js'
import { bytesOf, type Element, numbersIn } from './elements.js'

/**
 * The NPY format of NumPy, versions 1 to 3 (numpy.lib.format): a magic string, the version, the length of the header (2
 * bytes in version 1, else 4, little-endian), the header, a Python dictionary in text, and the numbers.
 */
interface Header {
  /** As NumPy writes it: '<f4'. */
  readonly descr: string
  readonly isFortran: boolean
  readonly shape: Shape
  /** Bytes before the numbers. */
  readonly start: number
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

/** NumPy's own bound; longer ones describe records of fields. */
const LONGEST_HEADER = 10_000

export const isNpy = (head: Uint8Array): boolean => MAGIC.every((byte, i) => head[i] === byte)

/** Reads an NPY file; `where` names it in messages. Throws a UserError where it is cut or holds no numbers. */
export function readNpy(bytes: Uint8Array, where: string): Omit<NamedArray, 'name'> {
  const header = headerOf(bytes, where)
  const { descr, shape, isFortran } = header
  const { element, isBigEndian } = elementOf(descr, where)
  const numbers = numbersIn(dataOf(bytes, header, bytesOf(element), where), element, where, isBigEndian)
  return { shape, numbers: isFortran ? rowMajor(numbers, shape) : numbers }
}

/** Whether an NPY file holds text, and no numbers. */
export const isText = (bytes: Uint8Array, where: string): boolean => TEXT.test(headerOf(bytes, where).descr)

/** The texts of an NPY file of text, in code points of 4 bytes each, padded with zeros. */
export function readTexts(bytes: Uint8Array, where: string): string[] {
  const header = headerOf(bytes, where)
  const [, order, width] = TEXT.exec(header.descr)!
  const length = Number(width)
  const data = dataOf(bytes, header, 4 * length, where)
  const points = numbersIn(data, 'uint32', where, order === '>')
  return Array.from({ length: sizeOf(header.shape) }, (_, i) => {
    const own = [...points.subarray(i * length, (i + 1) * length)].filter((point) => point > 0 && point <= 0x10ffff)
    return String.fromCodePoint(...own)
  })
}

/**
 * The size of the whole file by its header; undefined where `head` does not hold all of that. Throws a UserError where
 * it is no NPY file.
 */
export function promisedBytes(head: Uint8Array, where: string): number | undefined {
  if (head.length < LENGTH_END || (isNpy(head) && endOfHeader(head) > head.length)) return undefined
  const { descr, shape, start } = headerOf(head, where)
  return start + sizeOf(shape) * bytesOf(elementOf(descr, where).element)
}

/** Bytes after which the length of the header is known, in all versions. */
const LENGTH_END = 12

function endOfHeader(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return bytes[6] === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true)
}

function headerOf(bytes: Uint8Array, where: string): Header {
  if (!isNpy(bytes)) throw new UserError(`${where} is no NPY file: it should begin with the bytes \\x93NUMPY.`)
  const version = bytes[6]
  if (version === undefined || bytes.length < LENGTH_END)
    throw new UserError(`${where} is cut: it has ${bytes.length} bytes, fewer than a header.`)
  if (version < 1 || version > 3)
    throw new UserError(`${where} is of version ${version} of the NPY format; 1 to 3 are read.`)
  const start = endOfHeader(bytes)
  if (start > LONGEST_HEADER)
    throw new UserError(
      `${where} has a header of ${start} bytes; those of arrays of numbers have at most ${LONGEST_HEADER}.`,
    )
  if (start > bytes.length)
    throw new UserError(`${where} is cut: its header takes ${start} bytes, and it has ${bytes.length}.`)
  const text = new TextDecoder('latin1').decode(bytes.subarray(version === 1 ? 10 : 12, start))
  return { ...parseHeader(text, where), start }
}

function parseHeader(text: string, where: string): Omit<Header, 'start'> {
  if (/['"]descr['"]\s*:\s*\[/.test(text))
    throw new UserError(`${where} holds records of several fields: save each field as an array of its own.`)
  const descr = /['"]descr['"]\s*:\s*['"]([^'"]*)['"]/.exec(text)?.[1]
  const order = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1]
  const sizes = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1]
  if (descr === undefined || order === undefined || sizes === undefined)
    throw new UserError(`${where} is damaged: its header does not tell descr, fortran_order and shape.`)
  // A comma may follow the last size, and Python 2 wrote an L behind each.
  const shape = sizes
    .replace(/,\s*$/, '')
    .split(',')
    .map((size) => Number(size.replace(/L\s*$/, '').trim() || Number.NaN))
  if (sizes.trim() === '') return { descr, isFortran: order === 'True', shape: [] }
  if (!shape.every(Number.isSafeInteger) || shape.length > MOST_AXES)
    throw new UserError(`${where} is damaged: its header tells the shape ${JSON.stringify(sizes.slice(0, 80))}.`)
  return { descr, isFortran: order === 'True', shape }
}

/** NumPy's own bound. */
const MOST_AXES = 64

const TEXT = /^([<>=|])U(\d+)$/

const ELEMENTS: Readonly<Record<string, Element>> = {
  ...{ b1: 'bool', u1: 'uint8', i1: 'int8', u2: 'uint16', i2: 'int16', u4: 'uint32', i4: 'int32' },
  ...{ u8: 'uint64', i8: 'int64', f2: 'float16', f4: 'float32', f8: 'float64' },
}

/** What else NumPy saves, by the letter of its type. */
const OTHERS: Readonly<Record<string, string>> = {
  ...{ U: 'text', S: 'text', a: 'text', c: 'complex numbers', f: 'floats of this length', V: 'raw bytes' },
  ...{ M: 'dates', m: 'times' },
}

function elementOf(descr: string, where: string): { readonly element: Element; readonly isBigEndian: boolean } {
  const [, order, type = ''] = /^([<>=|]?)([a-zA-Z?]\d*)/.exec(descr) ?? []
  const element = Object.hasOwn(ELEMENTS, type) ? ELEMENTS[type] : undefined
  if (element) return { element, isBigEndian: order === '>' }
  if (type.startsWith('O'))
    throw new UserError(
      `${where} holds Python objects, a pickle, which is a program and is never run: save numbers, as in ` +
        'numpy.save(file, array.astype("float32")).',
    )
  const what = OTHERS[type.charAt(0)] ?? 'something else'
  throw new UserError(
    `${where} holds ${what} (${JSON.stringify(descr.slice(0, 40))}); read are truth values, whole numbers, and floats up to 64 bits.`,
  )
}

function dataOf(bytes: Uint8Array, { shape, start }: Header, size: number, where: string): Uint8Array {
  const wanted = start + sizeOf(shape) * size
  if (bytes.length !== wanted)
    throw new UserError(
      `${where} is ${bytes.length < wanted ? 'cut' : 'too long'}: its header promises ${wanted} bytes ` +
        `(${show(shape)}, ${size} each), but it has ${bytes.length}.`,
    )
  return bytes.subarray(start)
}

/** Numbers in column-major order, Fortran's, brought to that of rows. */
function rowMajor<T extends ArrayNumbers>(numbers: T, shape: Shape): T {
  const out = numbers.slice() as T
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)))
  const index = shape.map(() => 0)
  let from = 0
  for (let to = 0; to < out.length; to++) {
    out[to] = numbers[from]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return out
}
