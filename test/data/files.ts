/** Small files in the formats of the published data sets, for the tests. */

function bigEndian(...words: number[]): number[] {
  return words.flatMap((word) => [24, 16, 8, 0].map((shift) => (word >> shift) & 0xff))
}

export function idxImages(pixels: readonly number[], height: number, width: number): Uint8Array {
  return new Uint8Array([...bigEndian(2051, pixels.length / (height * width), height, width), ...pixels])
}

export function idxLabels(labels: readonly number[]): Uint8Array {
  return new Uint8Array([...bigEndian(2049, labels.length), ...labels])
}

/** A POSIX ustar archive with a folder entry before the files, as `tar c folder` writes it. */
export function tarOf(files: Record<string, Uint8Array>): Uint8Array {
  const header = (name: string, size: number, type: string) => {
    const block = new Uint8Array(512)
    const put = (text: string, at: number) => block.set(new TextEncoder().encode(text), at)
    put(name, 0)
    put(`${size.toString(8).padStart(11, '0')}\0`, 124)
    put(type, 156)
    put('ustar\0', 257)
    return block
  }
  const parts: Uint8Array[] = [header('folder/', 0, '5')]
  for (const [name, bytes] of Object.entries(files)) {
    parts.push(header(name, bytes.length, '0'), bytes, new Uint8Array((512 - (bytes.length % 512)) % 512))
  }
  parts.push(new Uint8Array(1024))
  return new Uint8Array(parts.flatMap((part) => [...part]))
}

const IDX_TYPES = { Uint8Array: 8, Int8Array: 9, Int16Array: 11, Int32Array: 12, Float32Array: 13, Float64Array: 14 }

/** An IDX file of any type and shape. */
export function idxOf(
  numbers: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array,
  shape: readonly number[],
): Uint8Array {
  const size = numbers.BYTES_PER_ELEMENT
  const own = new Uint8Array(numbers.slice().buffer)
  for (let at = 0; at < own.length; at += size) own.subarray(at, at + size).reverse()
  const type = IDX_TYPES[numbers.constructor.name as keyof typeof IDX_TYPES]
  return new Uint8Array([0, 0, type, shape.length, ...bigEndian(...shape), ...own])
}

/** A record of a binary version of CIFAR for each row of labels; every plane of a picture is one level. */
export const cifarOf = (labels: readonly (readonly number[])[], level = (row: number, plane: number) => row + plane) =>
  new Uint8Array(
    labels.flatMap((own, row) => [
      ...own,
      ...[0, 1, 2].flatMap((plane) => new Array<number>(1024).fill(level(row, plane))),
    ]),
  )

/** An NPY file of bytes, or of 64-bit floats. */
export function npyOf(numbers: Uint8Array | Float64Array, shape: readonly number[]): Uint8Array {
  const descr = numbers instanceof Uint8Array ? '|u1' : '<f8'
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`
  const padded = `${header.padEnd(64 * Math.ceil((header.length + 11) / 64) - 11)}\n`
  const head = new Uint8Array([
    0x93,
    ...new TextEncoder().encode('NUMPY'),
    1,
    0,
    padded.length % 256,
    padded.length >> 8,
  ])
  return new Uint8Array([...head, ...new TextEncoder().encode(padded), ...new Uint8Array(numbers.slice().buffer)])
}

/** A ZIP archive whose members are stored as they are. */
export function zipOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const little = (bytes: number, ...numbers: number[]): number[] =>
    numbers.flatMap((number) => Array.from({ length: bytes }, (_, i) => (number >>> (8 * i)) & 0xff))
  const parts: number[] = []
  const directory: number[] = []
  for (const [name, bytes] of Object.entries(files)) {
    const own = [...new TextEncoder().encode(name)]
    const sizes = [...little(4, crc32(bytes), bytes.length, bytes.length), ...little(2, own.length, 0)]
    const at = parts.length
    parts.push(...little(4, 0x04034b50), ...little(2, 20, 0, 0, 0, 0x21), ...sizes, ...own, ...bytes)
    directory.push(...little(4, 0x02014b50), ...little(2, 20, 20, 0, 0, 0, 0x21), ...sizes)
    directory.push(...little(2, 0, 0, 0), ...little(4, 0, at), ...own)
  }
  const count = Object.keys(files).length
  const end = [
    ...little(4, 0x06054b50),
    ...little(2, 0, 0, count, count),
    ...little(4, directory.length, parts.length),
    0,
    0,
  ]
  return new Uint8Array([...parts, ...directory, ...end])
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

/** A MAT file of level 5 of arrays of bytes, column-major, each in a compressed element. */
export function matOf(
  arrays: Readonly<Record<string, { readonly shape: readonly number[]; readonly bytes: Uint8Array }>>,
  compress: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const little = (...numbers: number[]): number[] =>
    numbers.flatMap((number) => [0, 8, 16, 24].map((shift) => (number >>> shift) & 0xff))
  const element = (type: number, data: readonly number[]): number[] => {
    const padding = new Array<number>((8 - (data.length % 8)) % 8).fill(0)
    // Names of up to four letters are written short, as MATLAB does.
    if (data.length <= 4) return [type, 0, data.length, 0, ...data, ...new Array<number>(4 - data.length).fill(0)]
    return [...little(type, data.length), ...data, ...padding]
  }
  const header = [...new TextEncoder().encode('MATLAB 5.0 MAT-file'.padEnd(124)), 0, 1, 0x49, 0x4d]
  const elements = Object.entries(arrays).flatMap(([name, { shape, bytes }]) => {
    const matrix = element(14, [
      ...element(6, little(9, 0)),
      ...element(5, little(...shape)),
      ...element(1, [...new TextEncoder().encode(name)]),
      ...element(2, [...bytes]),
    ])
    const packed = compress(new Uint8Array(matrix))
    return [...little(15, packed.length), ...packed]
  })
  return new Uint8Array([...header, ...elements])
}
